"""A job sets the precision of float32 itself, whatever PyTorch, containers or shells say."""

import os
from dataclasses import replace

import pytest
import torch
from made_records import make_cell_job, make_fit_job

from harness.errors import UsageError
from harness.worker.machine import settings
from harness.worker.precision import start_device, switches_of_test


@pytest.fixture(autouse=True)
def switches(monkeypatch):
    """Switches that are not those of a job; they are put back after the test."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.setattr(torch.cuda, "init", lambda: None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    yield
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
def test_a_cell_sets_what_its_key_says(precision):
    start_device(replace(make_cell_job(), device="cuda", precision=precision))
    found = settings("cuda")
    expected = switches_of_test("cuda", precision)
    assert {name: found[name] for name in expected} == expected


def test_a_gpu_without_tf32_does_no_job_of_it(monkeypatch):
    """Of a cluster nobody knows before which GPU it will be."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    with pytest.raises(UsageError, match=r"^cuda has no TF32: say --precision fp32"):
        start_device(replace(make_cell_job(), device="cuda", precision="tf32"))


def test_cudnn_chooses_by_measurement_for_crops_of_one_size_alone():
    start_device(make_fit_job())
    assert torch.backends.cudnn.benchmark
    start_device(make_cell_job())
    assert not torch.backends.cudnn.benchmark


@pytest.mark.parametrize("name", ["NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"])
def test_what_a_container_sets_is_taken_back(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    start_device(make_cell_job())
    assert name not in os.environ
    assert settings("cpu")["float32 matmul precision"] == "highest"
