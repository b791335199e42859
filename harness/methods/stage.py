"""A stage of training: a module that maps a batch to its loss, and the batches it is given."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from harness.methods.recipe import Recipe
from harness.specs import View


class NoisyBatch(NamedTuple):
    """What a stage of view ``noisy`` is given.

    Attributes:
        noisy: N x C x H x W in [0, 1].
        image: N indices of the training images that the crops come from.
    """

    noisy: Tensor
    image: Tensor


class UnpairedBatch(NamedTuple):
    """What a stage of view ``unpaired`` is given; the two halves show different scenes.

    Attributes:
        noisy: N x C x H x W in [0, 1].
        clean: N x C x H x W in [0, 1].
        image: N indices of the training images that the noisy crops come from.
    """

    noisy: Tensor
    clean: Tensor
    image: Tensor


class PairedBatch(NamedTuple):
    """What a stage of view ``pairs`` is given: crops of the same place.

    Attributes:
        noisy: N x C x H x W in [0, 1].
        clean: N x C x H x W in [0, 1].
        image: N indices of the training images that the crops come from.
    """

    noisy: Tensor
    clean: Tensor
    image: Tensor


Batch = NoisyBatch | UnpairedBatch | PairedBatch


class Stage(nn.Module, ABC):
    """One stage of training: a module that maps a batch to its loss.

    The trainer wraps the stage itself, so data parallelism, mixed precision and compilation reach
    everything that its ``forward`` does. A stage holds the parts of the method that it uses as
    submodules; parts shared with other stages are shared objects.

    Attributes:
        name: shown in progress bars and loss curves; unique within a method.
        recipe: how it is trained.
        view: what it may see; its batches are a :class:`NoisyBatch`, :class:`UnpairedBatch` or
            :class:`PairedBatch` accordingly.
        progress: how far the stage has come before this step, a scalar tensor in [0, 1), for what
            grows or falls within any budget; the harness sets it, and it is no weight.
    """

    name: str
    recipe: Recipe
    view: ClassVar[View] = "noisy"
    progress: Tensor

    def __init__(self) -> None:
        super().__init__()
        # a buffer, not a number: a compiled stage would be compiled again for every number
        self.register_buffer("progress", torch.zeros(()), persistent=False)

    @abstractmethod
    def forward(self, batch: Any) -> Tensor:
        """The loss of a batch, a scalar tensor."""

    def trained(self) -> Iterable[nn.Module]:
        """The submodules that this stage trains; all others are frozen and in evaluation mode."""
        return [self]

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Groups for the optimizer; a group's ``lr`` replaces the recipe's learning rate."""
        parameters = (p for module in self.trained() for p in module.parameters())
        return [{"params": list(dict.fromkeys(parameters))}]
