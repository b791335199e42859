"""The first stage of D-BSN in use: network, variance head and noise model on sub-images."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from harness_dbsn.bayes import posterior_mean
from harness_dbsn.likelihood import negative_log_likelihood
from harness_dbsn.network import DilatedBlindSpotNetwork
from harness_dbsn.noise_model import NoiseModel, SigmaHead, of_image
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up

NoiseInput = Literal["noisy", "mean", "mean-detached"]

BAYER_PHASES = 4
"""Pixels of the Bayer pattern: (row mod 2, column mod 2)."""


class Belief(NamedTuple):
    """What the blind-spot network makes of noisy sub-images.

    Attributes:
        noisy: y, N s² x C x H/s x W/s: the sub-images, as of :func:`pixel_shuffle_down`.
        mean: of the clean image given each pixel's neighbourhood, of the same shape.
        covariance: of the mean around the clean image, see :mod:`harness_dbsn.covariance`.
    """

    noisy: Tensor
    mean: Tensor
    covariance: Tensor


class BlindSpotDenoiser(nn.Module):
    """Estimates each pixel's mean and covariance from its neighbourhood, and the noise's.

    Args:
        network: the blind-spot network.
        head: gives the covariance of its mean.
        noise: gives the covariance of the noise. It has one network, or one per image of the
            training set; with ``groups`` it has four for each, those of an image one after another.
        stride: s, of pixel-shuffle downsampling, at least 1.
        groups: sub-images have the noise network of their phase in the Bayer pattern; ``stride``
            must be even.
        noise_input: what the noise model sees: the noisy image, or the mean, whose gradient the
            likelihood may use to ask for less noise, or not (``mean-detached``).
    """

    phases: Tensor

    def __init__(
        self,
        network: DilatedBlindSpotNetwork,
        head: SigmaHead,
        noise: NoiseModel,
        stride: int = 1,
        groups: bool = False,
        noise_input: NoiseInput = "mean",
    ) -> None:
        super().__init__()
        self.network = network
        self.head = head
        self.noise = noise
        self.stride = stride
        self.groups = BAYER_PHASES if groups else 1
        self.noise_input: NoiseInput = noise_input
        row, column = torch.arange(stride)[:, None] % 2, torch.arange(stride)[None] % 2
        phases = 2 * row + column if groups else 0 * (row + column)
        self.register_buffer("phases", phases.flatten(), persistent=False)
        self.make_sets(1)

    @property
    def images(self) -> int:
        """How many images have noise networks of their own; 1 where all share them."""
        return self.noise.networks.sets // self.groups

    @property
    def sees_all(self) -> bool:
        """Whether the noise's covariance at a pixel depends on the whole image."""
        return of_image(self.noise.kind) or self.images > 1

    def make_sets(self, images: int) -> None:
        """Give so many images noise networks of their own."""
        self.noise.networks.resize(images * self.groups)

    def down(self, images: Tensor) -> Tensor:
        """Split N x C x H x W into N s² sub-images."""
        return pixel_shuffle_down(images, self.stride)

    def up(self, subimages: Tensor) -> Tensor:
        """Put sub-images together again."""
        return pixel_shuffle_up(subimages, self.stride)

    def forward(self, subimages: Tensor) -> Belief:
        """Estimate sub-images from their pixels' neighbourhoods, in single precision or better."""
        mean, features = self.network(subimages)
        return Belief(subimages, mean.to(subimages.dtype), self.head(features))

    def noise_covariance(self, belief: Belief, image: Tensor) -> Tensor:
        """The covariance of the noise of sub-images.

        Args:
            belief: about them.
            image: N indices of the images whose noise networks are asked.

        Returns:
            In the form and size of :class:`NoiseModel`.
        """
        seen = belief.noisy if self.noise_input == "noisy" else belief.mean
        if self.noise_input == "mean-detached":
            seen = seen.detach()
        covariance: Tensor = self.noise(seen, self.sets(image))
        return covariance

    def noise_of(self, clean: Tensor, image: Tensor) -> Tensor:
        """The covariance of the noise that images would have, on their sub-images, Eq. 3.

        Args:
            clean: N x C x H x W in [0, 1].
            image: N indices of the images whose noise networks are asked.
        """
        covariance: Tensor = self.noise(self.down(clean), self.sets(image))
        return covariance

    def sets(self, image: Tensor) -> Tensor:
        """The noise network of every sub-image: N indices of images -> N s² of networks."""
        if self.images == 1:
            image = torch.zeros_like(image)
        return (image[:, None] * self.groups + self.phases).flatten()

    def likeliest(self, belief: Belief) -> Tensor:
        """The images whose noise networks fit noisy images best, by the likelihood, Eq. 6.

        No truth is needed. An image that was trained on fits its own as a rule.

        Args:
            belief: about N images.

        Returns:
            N indices.
        """
        count = len(belief.noisy) // self.stride**2
        scores = torch.stack(
            [
                self._score(belief, belief.noisy.new_full((count,), image, dtype=torch.long))
                for image in range(self.images)
            ]
        )
        return scores.argmin(0)

    def denoise(
        self, noisy: Tensor, image: Tensor | None = None, bayes: bool = True, gamma: float = 1.0
    ) -> Tensor:
        """Denoise images.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``stride``.
            image: N indices of the images that they are part of; None: the likeliest.
            bayes: join the mean with the noisy image; otherwise the mean is the answer.
            gamma: of Bayes' step, see :func:`posterior_mean`.

        Returns:
            The same shape, not clipped.
        """
        belief = self(self.down(noisy))
        if not bayes:
            return self.up(belief.mean)
        if image is None:
            image = self.likeliest(belief)
        noise = self.noise_covariance(belief, image)
        return self.up(posterior_mean(belief.noisy, belief.mean, belief.covariance, noise, gamma))

    def _score(self, belief: Belief, image: Tensor) -> Tensor:
        noise = self.noise_covariance(belief, image)
        unlikely = negative_log_likelihood(belief.noisy, belief.mean, belief.covariance, noise)
        return unlikely.flatten(1).mean(1).view(len(image), -1).mean(1)
