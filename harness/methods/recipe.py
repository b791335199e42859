"""How a stage is trained, as plain data."""

from dataclasses import dataclass
from typing import Literal


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


@dataclass(frozen=True)
class OneCycle:
    r"""Up to the learning rate and down to zero, each along half a cosine.

    .. math:: f(p) = s + (1 - s) (1 - \cos(\pi p / w)) / 2 \text{ for } p < w, \quad
        (1 + \cos(\pi (p - w) / (1 - w))) / 2 \text{ after}

    A short training bears a higher rate if it does not begin with it (Smith and Topin,
    Super-convergence, 2018, arXiv 1708.07120); without the second, smaller fall at the end.

    Args:
        warmup: w, the fraction of the stage in which the rate rises, between 0 and 1.
        start: s, the factor at the beginning.
    """

    warmup: float = 0.1
    start: float = 0.05

    def factor(self, progress: float) -> float:
        """The factor on the learning rate at ``progress`` in [0, 1] through the stage."""
        from math import cos, pi

        if progress < self.warmup:
            return self.start + (1 - self.start) * (1 - cos(pi * progress / self.warmup)) / 2
        return (1 + cos(pi * (progress - self.warmup) / (1 - self.warmup))) / 2


Schedule = Constant | Steps | Cosine | OneCycle


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
