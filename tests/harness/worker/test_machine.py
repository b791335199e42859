"""A machine is described by what numbers and times depend on."""

import platform

import pytest
import torch

from harness.results.machine import Machine
from harness.results.serial import from_text, to_text
from harness.worker.machine import library_versions, machine, settings, timing_conditions


def test_versions_are_those_installed():
    assert library_versions()["torch"].startswith(torch.__version__.partition("+")[0])
    assert library_versions(["no-such-package"]) == {}


def test_a_machine_is_read_as_it_was_written():
    found = machine("cpu")
    assert from_text(Machine, to_text(found)) == found


def test_a_machine_says_with_what_it_computes():
    found = machine("cpu")
    assert found.device == found.processor != ""
    assert found.threads == torch.get_num_threads()
    assert found.versions["python"] == platform.python_version()
    assert "denoise-harness" in found.versions


def test_a_switch_of_precision_is_told(monkeypatch):
    assert settings("cpu")["float32 matmul precision"] == "highest"
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: "medium")
    assert settings("cpu")["float32 matmul precision"] == "medium"


def test_a_switch_that_pytorch_cannot_tell_is_unknown(monkeypatch):
    def refuse():
        raise RuntimeError("mixed interfaces")

    monkeypatch.setattr(torch, "get_float32_matmul_precision", refuse)
    assert settings("cpu")["float32 matmul precision"] == "unknown"


def test_the_switches_of_cudnn_and_tf32_are_read_for_a_gpu():
    found = settings("cuda")
    assert found["TF32 convolutions"] == "on"  # as PyTorch has it
    assert found["TF32 matmul"] == found["cuDNN benchmark"] == found["cuDNN deterministic"] == "off"


def test_a_timing_depends_on_threads_processor_and_switches(monkeypatch):
    before = timing_conditions("cpu")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 97)
    changed = timing_conditions("cpu")
    assert changed == {**before, "threads": "97"}
    assert before.keys() >= {"device", "processor", "threads", "python", *settings("cpu")}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_processor_is_told_as_well():
    found = machine("cuda")
    assert found.device == torch.cuda.get_device_name()
    assert found.processor not in ("", found.device)
    assert found.versions["CUDA"] == torch.version.cuda
    assert timing_conditions("cuda")["device"] == found.device
