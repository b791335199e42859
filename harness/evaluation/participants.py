"""Which parameters of a module take part in a computation."""

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor
from torch.nn import Parameter
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Participants(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes which parameters any operation of PyTorch reads, while it is entered.

    It sees operations and not modules, so a weight counts that is used without its module, as part
    of another tensor, in another precision, or by NumPy. A copy of a weight that was made before
    is not recognised.

    Args:
        parameters: to look for; the same one given twice is one.
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known: dict[int, list[Parameter]] = {}
        for parameter in dict.fromkeys(parameters):
            self._known.setdefault(_memory(parameter), []).append(parameter)
        self._seen: dict[int, None] = {}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Note what an operation reads, and do it."""
        kwargs = kwargs or {}
        for each in tree_leaves((args, kwargs)):
            if isinstance(each, Tensor) and (memory := _memory(each)) in self._known:
                self._seen[memory] = None
        return func(*args, **kwargs)

    @property
    def found(self) -> list[Parameter]:
        """Those that were read."""
        return [parameter for memory in self._seen for parameter in self._known[memory]]


def _memory(tensor: Tensor) -> int:
    """The place of a tensor's numbers, which all its views share."""
    return tensor.untyped_storage().data_ptr()
