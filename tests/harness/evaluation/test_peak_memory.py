import subprocess
import sys

import numpy as np
import pytest
import torch

from harness.evaluation import peak_memory as memory
from harness.evaluation.peak_memory import peak_memory

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
