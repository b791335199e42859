"""Supervised training on pairs, "noise to clean": the upper bound of what a network can learn."""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, Iterations, NonNegativeFloat, PairedBatch, Positive, Recipe, Stage
from harness_baselines.method import DenoiserMethod
from harness_nets.parameters import Denoiser

Loss = Literal["l1", "l2"]


class Supervised(Stage):
    r"""Train a denoiser by the clean image.

    .. math:: L = | f(y) - x |_1 \quad \text{or} \quad L = \| f(y) - x \|_2^2

    both as means over pixels and channels.

    Args:
        denoiser: f.
        recipe: how it is trained.
        loss: ``l1`` or ``l2``.
    """

    name = "supervised"
    view = "pairs"

    def __init__(self, denoiser: nn.Module, recipe: Recipe, loss: Loss) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.recipe = recipe
        self.error = F.l1_loss if loss == "l1" else F.mse_loss

    def forward(self, batch: PairedBatch) -> Tensor:
        """The error against the clean image, in [0, 1]."""
        return self.error(self.denoiser(batch.noisy).float(), batch.clean)


class NoiseToClean(DenoiserMethod):
    """A denoiser that learns from pairs of noisy and clean images.

    What the methods that learn from noisy images alone are measured against: with the same network,
    none of them can be expected to do better.

    Args:
        channels: number of channels of the images.
        denoiser: any network from image to image.
        loss: l1, the absolute error, or l2, the squared one.
        iterations: steps of training.
        batch_size: crops in a step.
        crop: side of the crops in pixels; a multiple of what the network asks for.
        learning_rate: initial learning rate; it falls to zero along a cosine.

    Raises:
        ParameterError: ``crop`` is not what the network asks for.
        UsageError: the network does not exist, or has another role.
    """

    def __init__(
        self,
        channels: Channels = 3,
        denoiser: Denoiser = "unet",
        loss: Loss = "l1",
        iterations: Iterations = 400_000,
        batch_size: Positive = 8,
        crop: Positive = 128,
        learning_rate: NonNegativeFloat = 3e-4,
    ) -> None:
        super().__init__(
            "n2c",
            channels=channels,
            denoiser=denoiser,
            stride=1,
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
        )
        self.loss: Loss = loss

    def stages(self) -> Sequence[Stage]:
        """One stage, which sees pairs."""
        return [Supervised(self.denoiser, self.recipe, self.loss)]
