"""The device that a run computes on."""

from dataclasses import dataclass

import torch

from harness.errors import UsageError
from harness.specs import Precision
from harness.util.text import cut, whole_number


@dataclass(frozen=True)
class Device:
    """A kind of device, and which of several.

    Attributes:
        kind: ``cpu``, ``cuda`` or ``mps``.
        index: None for the first.
    """

    kind: str
    index: int | None = None

    def __str__(self) -> str:
        return self.kind if self.index is None else f"{self.kind}:{self.index}"


def chosen_device(name: str, precision: Precision, processes: int) -> Device:
    """The device that a name means on this machine.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the GPU if there is one.
        precision: of training and inference.
        processes: of a fit.

    Raises:
        UsageError: there is no such device, or it cannot do what is asked.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind, colon, text = name.partition(":")
    index = whole_number(text) if colon else 0
    count = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }.get(kind)
    if count is None or index is None or index < 0:
        raise UsageError(f"there is no device {cut(name)!r}: say cpu, cuda, cuda:1, mps or auto")
    if index >= count:
        raise UsageError(f"this machine has no device {name!r}; --device cpu always works")
    if precision == "fp16" and kind == "cpu":
        raise UsageError("--precision fp16 needs a GPU; bf16 works on a CPU")
    if kind == "cuda" and processes > count:
        raise UsageError(f"--processes {processes} needs as many GPUs, and there are {count}")
    return Device(kind, index if colon and kind != "cpu" else None)
