"""Constructing methods without memory, to learn whether their parameters fit one another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_VALUES_ONLY = frozenset(
    {"add_", "bernoulli_", "clamp_", "copy_", "div_", "erfinv_", "exponential_", "fill_"}
    | {"masked_fill_", "mul_", "normal_", "sub_", "uniform_", "zero_"}
)
"""Methods of tensors that change values in place and nothing else."""


@contextmanager
def without_memory() -> Iterator[None]:
    """Make new tensors on the meta device, where they have shapes and no values.

    What sets values in place is left out: there is nothing to set, and PyTorch's way to find out
    imports its compiler and SymPy, which takes longer than to construct all methods.
    """
    with torch.device("meta"), _LeavingValuesOut():
        yield


class _LeavingValuesOut(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        tensor = args[0] if args else None
        if isinstance(tensor, Tensor) and tensor.is_meta and func.__name__ in _VALUES_ONLY:
            return tensor
        return func(*args, **(kwargs or {}))
