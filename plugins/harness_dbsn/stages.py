"""The first stages of D-BSN: least squares, the noise model alone, and the joint likelihood."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from harness import NoisyBatch, Recipe, Stage
from harness_dbsn.denoiser import BlindSpotDenoiser, Prediction
from harness_dbsn.likelihood import Likelihood, least_squares, negative_log_likelihood


class BlindSpotStage(Stage):
    """A stage that trains parts of the first stage's denoiser on noisy images.

    Sub-images of different phases of the Bayer pattern have noise networks of their own. Flips and
    rotations of a crop would swap them, so the sub-images are rotated instead, all alike.

    Args:
        denoiser: whose parts are trained.
        recipe: how they are trained.
    """

    def __init__(self, denoiser: BlindSpotDenoiser, recipe: Recipe) -> None:
        super().__init__()
        self.denoiser = denoiser
        if denoiser.groups > 1:
            recipe = replace(recipe, flip=False, rotate=False, align=2)
        self.recipe = recipe

    def subimages(self, batch: NoisyBatch) -> Tensor:
        """The sub-images of a batch, augmented."""
        subimages = self.denoiser.down(batch.noisy)
        return augmented(subimages) if self.denoiser.groups > 1 else subimages


class WarmUpStage(BlindSpotStage):
    """Train the network by least squares; there is no variance yet.

    Args:
        denoiser: whose network is trained.
        recipe: how it is trained.
    """

    name = "warm-up"

    def trained(self) -> Iterable[nn.Module]:
        """The blind-spot network."""
        return [self.denoiser.network]

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The squared error of the mean against the noisy image, in which it is blind."""
        noisy = self.subimages(batch)
        return least_squares(noisy, self.denoiser.network(noisy).mean.to(noisy.dtype))


class LikelihoodStage(BlindSpotStage):
    """Train network, variance head and noise model together by the likelihood.

    Args:
        denoiser: what is trained.
        recipe: how it is trained.
        likelihood: ``plain``, Eq. 6, or ``constrained``, Eq. 8.
    """

    name = "likelihood"

    def __init__(
        self, denoiser: BlindSpotDenoiser, recipe: Recipe, likelihood: Likelihood = "plain"
    ) -> None:
        super().__init__(denoiser, recipe)
        self.likelihood: Likelihood = likelihood

    def trained(self) -> Iterable[nn.Module]:
        """The whole denoiser."""
        return [self.denoiser]

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The negative log-likelihood of the noisy image."""
        prediction: Prediction = self.denoiser(self.subimages(batch))
        noise = self.denoiser.noise_covariance(prediction, batch.image)
        return negative_log_likelihood(*prediction, noise, self.likelihood).mean()


class NoiseStage(LikelihoodStage):
    """Train the variance head and the noise model alone; the network stays as it is.

    As released for colour images, where it keeps the first variances from undoing the warm-up.
    """

    name = "noise"

    def trained(self) -> Iterable[nn.Module]:
        """What gives covariances."""
        return [self.denoiser.head, self.denoiser.noise]


def augmented(images: Tensor) -> Tensor:
    """Rotate all images by the same random multiple of 90 degrees, and flip them or not.

    The images of a batch in parts, of processes or of accumulation, have a turn for each part. It
    is drawn and chosen on their device, so that nothing waits for it and it compiles.

    Args:
        images: N x C x H x W, H = W.
    """
    quarters = torch.randint(4, (), device=images.device)
    flip = torch.randint(2, (), device=images.device)
    images = torch.where(quarters % 2 == 1, images.rot90(1, (2, 3)), images)
    images = torch.where(quarters >= 2, images.rot90(2, (2, 3)), images)
    return torch.where(flip == 1, images.flip(3), images)
