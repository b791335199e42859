"""Peak memory of a call: of the GPU by its allocator, of the CPU by the kernel's own count."""

from collections.abc import Callable
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def peak_memory(call: Callable[[], object], device: torch.device) -> int | None:
    """Call a function and measure the most memory that it took.

    On a GPU this is the peak of what PyTorch's allocator has handed out, weights and images
    included, its cache and the CUDA context not. On the CPU it is how far the resident memory of
    the process rose above its level before the call: weights and images, there already, do not
    count, and memory that the process had freed but kept is used without being seen. So on the
    CPU the number is exact only for the first call in a fresh process, where it also holds what
    libraries set up once (some MiB).

    Returns:
        Bytes; None on the CPU of a system that does not count it (others than Linux).
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        call()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device)
    try:
        CLEAR.write_text("5")  # sets the peak, VmHWM, back to what is resident now
    except OSError:
        call()
        return None
    before = _status("VmRSS")
    call()
    return max(0, _status("VmHWM") - before)


def _status(key: str) -> int:
    """A count of the process's status, in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024
