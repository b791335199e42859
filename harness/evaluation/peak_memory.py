"""Peak memory of a call: of the GPU by its allocator, of the CPU by the kernel's own count."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import ClassVar

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
        with AllocatedPeak(device) as peak:
            call()
            torch.cuda.synchronize(device)
        return peak.bytes
    try:
        CLEAR.write_text("5")  # sets the peak, VmHWM, back to what is resident now
    except OSError:
        call()
        return None
    before = _status("VmRSS")
    call()
    return max(0, _status("VmHWM") - before)


class AllocatedPeak:
    """The most memory that PyTorch's allocator has handed out on a GPU, while this is entered.

    PyTorch counts one peak, from where it was last set back. Here one may be measured within
    another, and the outer one knows what was before.

    Args:
        device: a GPU.

    Attributes:
        bytes: the peak, once it is left.
    """

    _entered: ClassVar[list["AllocatedPeak"]] = []

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.bytes = 0

    def __enter__(self) -> "AllocatedPeak":
        self._note()
        torch.cuda.reset_peak_memory_stats(self.device)
        self._entered.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._note()
        self._entered.remove(self)

    def _note(self) -> None:
        """Let all that are entered know the peak so far."""
        now = torch.cuda.max_memory_allocated(self.device)
        for each in self._entered:
            if each.device == self.device:
                each.bytes = max(each.bytes, now)


def _status(key: str) -> int:
    """A count of the process's status, in bytes."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024
