"""A machine is described by what numbers and times depend on."""

import platform

import pytest
import torch

from harness.results.machine import Machine
from harness.results.serial import from_text, to_text
from harness.worker import machine as machine_room
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


def test_the_switches_of_cudnn_and_tf32_are_read_for_a_gpu(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    found = settings("cuda")
    assert found["TF32 convolutions"] == "on"
    assert found["TF32 matmul"] == found["cuDNN benchmark"] == found["cuDNN deterministic"] == "off"


def test_a_timing_depends_on_threads_processor_and_switches(monkeypatch):
    before = timing_conditions("cpu", "fp32")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 97)
    changed = timing_conditions("cpu", "fp32")
    assert changed == {**before, "threads": "97"}
    assert before.keys() >= {"device", "processor", "threads", "python", *settings("cpu")}


def test_a_timing_depends_on_the_precision_that_its_job_will_set(monkeypatch):
    monkeypatch.setattr(machine_room, "device_name", lambda _: "a GPU")
    exact, fast = (timing_conditions("cuda:1", precision) for precision in ("fp32", "tf32"))
    assert {name: fast[name] for name in fast if fast[name] != exact[name]} == {
        "float32 matmul precision": "high",
        "TF32 matmul": "on",
        "TF32 convolutions": "on",
    }
    assert exact["cuDNN benchmark"] == "off"


def test_the_driver_s_version_is_read_where_linux_tells_it(monkeypatch, tmp_path):
    file = tmp_path / "version"
    monkeypatch.setattr(machine_room, "DRIVER", file)
    assert machine_room._driver_version() == {}
    file.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19\n")
    assert machine_room._driver_version() == {"driver": "535.104.05"}
    file.write_text("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release\n")
    assert machine_room._driver_version() == {"driver": "570.86.15"}


def test_a_timing_depends_on_how_threads_wait(monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    before = timing_conditions("cpu", "fp32")

    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")

    assert timing_conditions("cpu", "fp32") == {**before, "OMP_WAIT_POLICY": "PASSIVE"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_processor_is_told_as_well():
    found = machine("cuda")
    assert found.device == torch.cuda.get_device_name()
    assert found.processor not in ("", found.device)
    assert found.versions["CUDA"] == torch.version.cuda
    assert timing_conditions("cuda", "fp32")["device"] == found.device
    assert found.gpus == torch.cuda.device_count()
    assert "NCCL" in found.versions
    assert ("driver" in found.versions) == machine_room.DRIVER.exists()  # in some sandboxes not
