import subprocess
import sys

import numpy as np
import pytest
import torch

from harness.evaluation import peak_memory as memory
from harness.evaluation.peak_memory import AllocatedPeak, peak_memory

CPU = torch.device("cpu")
MIB = 2**20

linux = pytest.mark.skipif(not memory.CLEAR.exists(), reason="the system counts no peak memory")


@linux
def test_memory_that_is_freed_before_the_call_ends_is_seen():
    peak = peak_memory(lambda: np.ones(100 * MIB, np.uint8).sum(), CPU)

    assert 95 * MIB < peak < 120 * MIB


@linux
def test_an_earlier_peak_does_not_count():
    np.ones(200 * MIB, np.uint8).sum()

    assert peak_memory(lambda: np.ones(50 * MIB, np.uint8).sum(), CPU) < 80 * MIB


@linux
def test_a_fresh_process_sees_the_tensors_of_the_call():
    script = (
        "import torch; from harness.evaluation.peak_memory import peak_memory;"
        "print(peak_memory(lambda: torch.ones(64, 2**20).sum(), torch.device('cpu')))"
    )

    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert 256 * MIB <= int(output) < 300 * MIB


def test_a_system_that_does_not_count_has_no_number(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "missing" / "clear_refs")
    calls = []

    assert peak_memory(lambda: calls.append(1), CPU) is None
    assert calls == [1]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_the_allocator_counts():
    device = torch.device("cuda")
    before = torch.cuda.memory_allocated(device)

    peak = peak_memory(lambda: torch.ones(64, 2**20, device=device).sum(), device)

    assert peak - before >= 256 * MIB


class Allocator:
    """Stands for PyTorch's on a GPU, which knows one peak."""

    def __init__(self, monkeypatch) -> None:
        self.now = self.peak = 0
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _: self.peak)
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: self.take(0))
        monkeypatch.setattr(torch.cuda, "synchronize", lambda _: None)

    def take(self, size: int) -> None:
        """Set the peak back, and hand out so much for a moment."""
        self.peak = self.now + size if size == 0 else max(self.peak, self.now + size)


def test_a_peak_within_another_leaves_the_outer_one_right(monkeypatch):
    allocator, gpu = Allocator(monkeypatch), torch.device("cuda")
    inner = []

    def call() -> None:
        allocator.take(500)
        for size in (100, 200):
            with AllocatedPeak(gpu) as peak:
                allocator.take(size)
            inner.append(peak.bytes)
        allocator.take(300)

    assert peak_memory(call, gpu) == 500
    assert inner == [100, 200]


def test_an_outer_peak_knows_the_inner_one(monkeypatch):
    allocator, gpu = Allocator(monkeypatch), torch.device("cuda")

    def call() -> None:
        with AllocatedPeak(gpu):
            allocator.take(700)

    assert peak_memory(call, gpu) == 700
