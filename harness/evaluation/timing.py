"""How long a call takes, measured so that the number means something."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, stdev
from time import perf_counter

import torch

from harness.evaluation.peak_memory import peak_memory

REPEATS = 20
"""Timed calls at most."""

WARM_UP_SECONDS = 0.5
"""A GPU works for so long before it is timed, for its clock is low after a pause."""

SECONDS = 3.0
"""No timed call starts after these; so a slow method is timed once."""


@dataclass(frozen=True)
class Timing:
    """Time and memory of denoising one image.

    Attributes:
        seconds: median over the repeats.
        spread: standard deviation over the repeats, in seconds; None for a single one.
        repeats: timed calls; the warm-up before them is not counted.
        height: of the image, in pixels.
        width: of the image, in pixels.
        memory: peak, in bytes, see :mod:`harness.evaluation.peak_memory`; None where it cannot be
            measured.
    """

    seconds: float
    spread: float | None
    repeats: int
    height: int
    width: int
    memory: int | None


def time_call(call: Callable[[], object], device: torch.device, height: int, width: int) -> Timing:
    """Time a call: a warm-up, whose memory is measured, then at most :data:`REPEATS` repeats.

    The warm-up is one call, and on a GPU as many as :data:`WARM_UP_SECONDS` hold. There the clock
    is read when all its work is done. Moving the image to the device is not part of the call.
    """
    begin = perf_counter()
    memory = peak_memory(call, device)
    while device.type != "cpu" and perf_counter() - begin < WARM_UP_SECONDS:
        call()
        _finish(device)
    durations: list[float] = []
    begin = perf_counter()
    while len(durations) < REPEATS and (not durations or perf_counter() - begin < SECONDS):
        start = perf_counter()
        call()
        _finish(device)
        durations.append(perf_counter() - start)
    return Timing(
        seconds=median(durations),
        spread=stdev(durations) if len(durations) > 1 else None,
        repeats=len(durations),
        height=height,
        width=width,
        memory=memory,
    )


def _finish(device: torch.device) -> None:
    """Wait until a GPU has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
