"""The devices that a run computes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from harness.errors import UsageError
from harness.specs import Precision
from harness.util.text import counted, cut, whole_number
from harness.worker.precision import check_tf32


@dataclass(frozen=True)
class Pool:
    """The devices that the jobs of a run may take, all of one kind.

    Attributes:
        kind: ``cpu``, ``cuda`` or ``mps``.
        gpus: indices of the GPUs, in the order in which they are taken; empty for other kinds.
    """

    kind: str
    gpus: tuple[int, ...] = ()

    @property
    def first(self) -> str:
        """The first of them as torch knows it, such as ``cuda:1``."""
        return self.names[0]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them as torch knows them."""
        return tuple(f"{self.kind}:{index}" for index in self.gpus) or (self.kind,)


def chosen_pool(name: str, precision: Precision, processes: int) -> Pool:
    """The devices that a name means on this machine.

    Args:
        name: ``cpu``; ``cuda`` for all GPUs, ``cuda:1`` or ``cuda:0,2`` for these alone; ``mps``;
            or ``auto`` for the GPUs if there are any.
        precision: of training and inference.
        processes: of a fit; each takes a GPU of its own.

    Raises:
        UsageError: there is no such device, or they cannot do what is asked.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind, colon, text = name.partition(":")
    indices = [whole_number(part) for part in text.split(",")] if colon else [0]
    count = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }.get(kind)
    named = tuple(index for index in indices if index is not None and index >= 0)
    if count is None or len(named) < len(indices):
        raise UsageError(
            f"there is no device {cut(name)!r}: say cpu, cuda, cuda:1, cuda:0,2, mps or auto"
        )
    if len(set(named)) < len(named):
        raise UsageError(f"--device {cut(name)} names a device twice")
    if max(named) >= count:
        raise UsageError(f"this machine has no device {cut(name)!r}; --device cpu always works")
    _check_precision(kind, precision, processes)
    if kind != "cuda":
        return Pool(kind)
    pool = Pool(kind, named if colon else tuple(range(count)))
    if processes > len(pool.gpus):
        there = f"--device {name} names {len(named)}" if colon else f"there are {count}"
        raise UsageError(f"--processes {processes} needs as many GPUs, and {there}")
    if precision == "tf32":
        for gpu in pool.names:
            check_tf32(gpu)
    return pool


def scheduled_pool(name: str, precision: Precision, default: str) -> Pool:
    """The devices that a name means where a launcher schedules the jobs, on whatever machines.

    Args:
        name: ``cpu``, ``cuda`` or ``auto``.
        precision: of training and inference.
        default: the launcher's, which ``auto`` means.

    Raises:
        UsageError: the name is that of certain devices, or these cannot do what is asked.
    """
    kind = default if name == "auto" else name
    if kind not in ("cpu", "cuda"):
        raise UsageError(
            f"--device {cut(name)}: the launcher finds each job its device: say cpu, cuda or auto"
        )
    _check_precision(kind, precision, 1)
    return Pool(kind)


def _check_precision(kind: str, precision: Precision, processes: int) -> None:
    if precision == "fp16" and kind == "cpu":
        raise UsageError("--precision fp16 needs a GPU; bf16 works on a CPU")
    if precision == "tf32" and kind != "cuda":
        raise UsageError(f"--precision tf32 needs a GPU of NVIDIA's; fp32 works on {kind}")
    if kind == "mps" and (precision != "fp32" or processes > 1):
        raise UsageError("--device mps computes in fp32 and in one process: leave out the others")


def precision_notes(pool: Pool, precision: Precision) -> tuple[str, ...]:
    """What the reader of a plan must know of a precision on this machine's devices.

    Args:
        pool: devices of this machine.
        precision: of training and inference.
    """
    if pool.kind != "cpu" or precision != "bf16":
        return ()
    read: Callable[[], dict[str, Any]] = getattr(torch.cpu, "get_capabilities", dict)
    capabilities = read()
    if not capabilities or any(has for name, has in capabilities.items() if "bf16" in name):
        return ()
    return (
        "--precision bf16: this processor has no instructions for it, and fp32 is many times "
        "faster here",
    )


def chosen_device(name: str) -> str:
    """The one device that a name means on this machine, as torch knows it.

    Args:
        name: as for :func:`chosen_pool`; ``cuda`` and ``auto`` are the first GPU.

    Raises:
        UsageError: there is no such device, or the name is that of several.
    """
    pool = chosen_pool(name, "fp32", 1)
    if "," in name:
        raise UsageError(
            f"--device {name} names {counted(len(pool.gpus), 'device')}, and one is needed: "
            f"say --device {pool.first}"
        )
    return pool.first
