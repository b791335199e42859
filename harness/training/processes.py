"""What the processes of a data-parallel fit have in common: when they stop, what they average."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, distributed, nn

AGREEING_SECONDS = 0.25
"""About so often the processes of a fit agree, and not at every step."""


class Agreement:
    """Lets the processes of a fit stop after the same step, and see the same time.

    A process that stopped a step before the others would leave them waiting for its gradients. They
    agree in the memory of the machine, through gloo, so that no GPU has to be waited for; and every
    :data:`AGREEING_SECONDS` or so, at a step that the main process names the time before. One
    process alone agrees with itself at every step.

    Args:
        accelerator: of the fit; all its processes make an agreement at the same time.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self._is_main: bool = accelerator.is_main_process
        several = accelerator.num_processes > 1
        self._group: Any = distributed.new_group(backend="gloo") if several else None
        self.begin(0.0)

    def begin(self, seconds: float) -> None:
        """Agree after the next step; said by all processes, before the first step of a stage.

        Args:
            seconds: wall time of the stage before it, the same for all.
        """
        self._seconds = seconds
        self._steps = self._left = 1
        self._time = time.monotonic()

    def seconds(self, own: float) -> float:
        """The wall time of the stage for all processes, which this one counts as ``own``."""
        return own if self._group is None else self._seconds

    def stop(self, asked: bool, seconds: float) -> bool:
        """Whether all processes stop now; said by all, once after every step.

        Args:
            asked: this process was asked to stop.
            seconds: wall time of the stage, as this process counts it.
        """
        if self._group is None:
            return asked
        self._left -= 1
        if self._left:
            return False
        told = (asked, seconds, self._next_steps()) if self._is_main else (asked, 0, 0)
        values = torch.tensor(told, dtype=torch.float64)
        distributed.all_reduce(values, distributed.ReduceOp.MAX, self._group)
        anyone, self._seconds, steps = values.tolist()
        self._steps = self._left = int(steps)
        return bool(anyone)

    def _next_steps(self) -> int:
        """Steps until the next time, at the pace of the last ones."""
        now = time.monotonic()
        pace = self._steps / max(now - self._time, 1e-9)
        self._time = now
        return max(1, min(int(AGREEING_SECONDS * pace), 2 * self._steps))


def normalise_together(stage: nn.Module, accelerator: Accelerator) -> None:
    """Let batch normalisation see the crops of all processes, where it can: on GPUs.

    Args:
        stage: whose layers are exchanged, under the same names and with the same weights.
        accelerator: of the fit.
    """
    if accelerator.num_processes > 1 and accelerator.device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(stage)  # type: ignore[no-untyped-call]


@contextmanager
def gradients_like(parameters: Iterable[nn.Parameter], accelerator: Accelerator) -> Iterator[None]:
    """Give gradients the strides of their parameters, in which processes exchange them.

    Those of 1x1 kernels have others where features have their channels last, though the order in
    memory is the same; data parallelism would warn of it.

    Args:
        parameters: that are trained.
        accelerator: of the fit.
    """
    several = accelerator.num_processes > 1
    ambiguous = [p for p in parameters if several and 1 in p.shape and p.is_contiguous()]
    hooks = [p.register_hook(_in_order) for p in ambiguous]  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _in_order(gradient: Tensor) -> Tensor:
    return gradient.flatten().view(gradient.shape)


def normalises_parts(stage: nn.Module, accelerator: Accelerator) -> bool:
    """Whether batch normalisation sees a part of the batch at a time, so that the step differs."""
    parts = accelerator.gradient_accumulation_steps
    if accelerator.device.type != "cuda":
        parts *= accelerator.num_processes
    kinds = (nn.modules.batchnorm._BatchNorm,)
    return parts > 1 and any(isinstance(module, kinds) for module in stage.modules())
