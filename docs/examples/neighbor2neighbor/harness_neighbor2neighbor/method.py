"""Neighbor2Neighbor (Huang et al., CVPR 2021, arXiv 2101.02824).

Written from memory of the paper, without a published source. Sections are those of the paper, as
far as remembered; its equations are written out, for their numbers are not.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from harness import (
    Channels,
    Iterations,
    Method,
    NoisyBatch,
    NonNegativeFloat,
    ParameterError,
    Positive,
    Recipe,
    Role,
    Stage,
    Steps,
    build_network,
    receptive_radius_of,
    size_multiple_of,
)
from harness_neighbor2neighbor.sampling import CELL, draw_pairs, sub_sample


class Neighbours(Stage):
    """Predict one sub-image of a noisy image from the other (Sec. 4.2).

    The loss is the mean over pixels of

        (f(g1(y)) - g2(y))^2 + gamma (f(g1(y)) - g2(y) - (g1(f(y)) - g2(f(y))))^2

    where y is the noisy image, g1 and g2 the two sub-samplers and f the network. The second term,
    the regulariser, makes up for the clean values of two neighbours not being the same.

    Args:
        network: that is trained.
        gamma: weight of the regulariser at the end of training.
        recipe: how it is trained.
    """

    name = "neighbours"

    def __init__(self, network: nn.Module, gamma: float, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.gamma = gamma
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The loss of a batch: reconstruction and weighted regulariser."""
        pairs = draw_pairs(batch.noisy)
        difference, change = self.differences(batch.noisy, pairs)
        return difference.square().mean() + self.weight() * (difference - change).square().mean()

    def differences(self, noisy: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """The two terms that the loss is made of.

        Args:
            noisy: N x C x H x W, y.
            pairs: N x H/2 x W/2, what is drawn.

        Returns:
            f(g1(y)) - g2(y), and g1(f(y)) - g2(f(y)), which passes no gradient: by how much two
            neighbours of a clean image differ. Both are N x C x H/2 x W/2.
        """
        source, target = sub_sample(noisy, pairs)
        predicted = self.network(source)
        with torch.no_grad():
            first, second = sub_sample(self.network(noisy), pairs)
        return predicted - target, first - second

    def weight(self) -> Tensor:
        """The weight of the regulariser, which grows linearly with training.

        That it grows is the authors' recipe rather than the paper's text, as far as remembered.
        """
        return self.gamma * self.progress


class Neighbor2Neighbor(Method):
    """Train a denoiser on pairs of sub-images, whose pixels are neighbours in the noisy image.

    Args:
        channels: number of channels of the images.
        denoiser: any network from image to image.
        gamma: weight of the regulariser at the end of training; 2 for synthetic noise, 16 for real
            raw images.
        iterations: steps of training.
        batch_size: crops in a step.
        crop: side of the crops in pixels; a multiple of twice what the denoiser asks for.
        learning_rate: initial learning rate, which is halved after each fifth of the steps.

    Raises:
        ParameterError: the denoiser cannot take halves of such crops.
    """

    def __init__(
        self,
        channels: Channels = 3,
        denoiser: Annotated[str, Role("denoiser")] = "unet",
        gamma: NonNegativeFloat = 2.0,
        iterations: Iterations = 1_108_200,
        batch_size: Positive = 4,
        crop: Positive = 256,
        learning_rate: NonNegativeFloat = 3e-4,
    ) -> None:
        super().__init__()
        self.denoiser = build_network(denoiser, "denoiser", channels=channels)
        self.size_multiple = size_multiple_of(self.denoiser)
        self.receptive_radius = receptive_radius_of(self.denoiser)
        if crop % (CELL * self.size_multiple):
            raise ParameterError(
                f"crop must be a multiple of {CELL * self.size_multiple}, not {crop}"
            )
        self.gamma = gamma
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            schedule=Steps((0.2, 0.4, 0.6, 0.8), gamma=0.5),
        )

    def stages(self) -> list[Stage]:
        """Its one stage of training."""
        return [Neighbours(self.denoiser, self.gamma, self.recipe)]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise N x C x H x W in [0, 1] at full size (Sec. 4.2)."""
        denoised: Tensor = self.denoiser(noisy)
        return denoised
