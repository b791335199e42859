"""What a denoising method is: a module that denoises, and the stages that train it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from torch import Tensor, nn

from harness.specs import View

if TYPE_CHECKING:
    from harness.dataset import Image


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


@dataclass(frozen=True)
class Constant:
    """A learning rate that does not change."""

    def factor(self, progress: float) -> float:
        """The factor on the learning rate at ``progress`` in [0, 1] through the stage."""
        return 1.0


@dataclass(frozen=True)
class Steps:
    """Multiply the learning rate by ``gamma`` at every milestone.

    Args:
        milestones: where, as fractions of the stage in (0, 1), so that a schedule shrinks with
            its budget.
        gamma: by how much.
    """

    milestones: tuple[float, ...]
    gamma: float = 0.1

    def factor(self, progress: float) -> float:
        """The factor on the learning rate at ``progress`` in [0, 1] through the stage."""
        return self.gamma ** sum(progress >= milestone for milestone in self.milestones)


@dataclass(frozen=True)
class Cosine:
    r"""Cosine annealing from 1 to ``final``.

    .. math:: f(p) = f_1 + (1 - f_1) (1 + \cos \pi p) / 2

    Args:
        final: the factor at the end of the stage.
    """

    final: float = 0.0

    def factor(self, progress: float) -> float:
        """The factor on the learning rate at ``progress`` in [0, 1] through the stage."""
        from math import cos, pi

        return self.final + (1 - self.final) * (1 + cos(pi * progress)) / 2


Schedule = Constant | Steps | Cosine


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a stage is trained, as plain data.

    Args:
        iterations: optimizer steps.
        batch_size: crops in an optimizer step, over all processes.
        crop: side of the square crops in pixels.
        learning_rate: before the schedule.
        optimizer: ``adam``, ``adamw`` or ``sgd`` (with momentum 0.9).
        betas: of Adam.
        weight_decay: of the optimizer.
        schedule: of the learning rate, over the stage's iterations.
        flip: flip crops left-right and up-down, each with probability 1/2.
        rotate: rotate crops by a random multiple of 90 degrees.
        align: crops begin at multiples of this, so that they keep the phase of a pattern of pixels,
            such as the Bayer pattern, as long as they are neither flipped nor rotated.
        clip_norm: clip the gradient's norm to this; None: do not.
        ema: decay of an exponential moving average of the weights, which replaces them when the
            stage ends; None: no average.
    """

    iterations: int
    batch_size: int
    crop: int
    learning_rate: float
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    schedule: Schedule = Constant()
    flip: bool = True
    rotate: bool = True
    align: int = 1
    clip_norm: float | None = None
    ema: float | None = None


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
    """

    name: str
    recipe: Recipe
    view: ClassVar[View] = "noisy"

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


class Method(nn.Module, ABC):
    """A denoising method.

    A subclass declares its parameters in its :class:`harness.MethodSpec` and takes them as
    keyword arguments. If it declares a parameter ``channels``, the harness sets it to the number
    of channels of the images, unless the user does.

    Attributes:
        size_multiple: height and width that :meth:`denoise` gets are multiples of this; the
            harness pads and crops.
        reach: how many pixels to each side an output pixel depends on; None when the output
            depends on the whole image. A large image is cut into tiles that overlap by it.
    """

    size_multiple: int = 1
    reach: int | None = None

    @abstractmethod
    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape; values outside [0, 1] are clipped by the harness.
        """

    def stages(self) -> Sequence[Stage]:
        """The stages of training, in order; none for a method that does not learn."""
        return ()

    def prepare(self, noisy: "Sequence[Image]") -> None:
        """Look at the noisy training images once, before the first stage is made.

        For what a method measures rather than learns, such as how noise correlates. What it finds
        belongs into buffers, so that it is saved with the weights.

        Args:
            noisy: the noisy training images, H x W x C, 8 or 16 bit.
        """

    def load_published(self, checkpoint: Mapping[str, Any]) -> None:
        """Load weights from a file that others published.

        A subclass takes the wrapping apart that its paper's files have, and hands the weights to
        :func:`harness.checkpoints.load_strictly`.

        Args:
            checkpoint: what the file holds, as :func:`harness.checkpoints.read_checkpoint` read it.

        Raises:
            DataError: these are the weights of another network.
        """
        from harness.checkpoints import load_strictly

        load_strictly(self, checkpoint)


class OracleMethod(Method):
    """A method that is shown the truth: an upper bound, marked as such in every table.

    Its spec says ``oracle=True``.
    """

    @abstractmethod
    def denoise_knowing(self, noisy: Tensor, clean: Tensor) -> Tensor:
        """Denoise a batch, given its clean images; shapes and ranges as in :meth:`denoise`."""

    def denoise(self, noisy: Tensor) -> Tensor:
        """Refuse: an oracle cannot denoise without the truth.

        Raises:
            DataError: always.
        """
        from harness.errors import DataError

        raise DataError("an oracle needs clean images, and these have none")
