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


class Prediction(NamedTuple):
    """What the blind-spot network predicts of noisy sub-images.

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
        rows, columns = range(stride), range(stride)
        phases = [2 * (row % 2) + column % 2 if groups else 0 for row in rows for column in columns]
        self.register_buffer("phases", torch.tensor(phases), persistent=False)
        self.make_noise_models(1)

    @property
    def images(self) -> int:
        """How many images have noise networks of their own; 1 where all share them."""
        return self.noise.networks.sets // self.groups

    @property
    def sees_all(self) -> bool:
        """Whether the noise's covariance at a pixel depends on the whole image."""
        return of_image(self.noise.kind) or self.images > 1

    def make_noise_models(self, images: int) -> None:
        """Give so many images noise networks of their own."""
        self.noise.networks.resize(images * self.groups)

    def down(self, images: Tensor) -> Tensor:
        """Split N x C x H x W into N s² sub-images."""
        return pixel_shuffle_down(images, self.stride)

    def up(self, subimages: Tensor) -> Tensor:
        """Put sub-images together again."""
        return pixel_shuffle_up(subimages, self.stride)

    def forward(self, subimages: Tensor) -> Prediction:
        """Estimate sub-images from their pixels' neighbourhoods, in single precision or better."""
        mean, features = self.network(subimages)
        return Prediction(subimages, mean.to(subimages.dtype), self.head(features))

    def noise_covariance(self, prediction: Prediction, image: Tensor) -> Tensor:
        """The covariance of the noise of sub-images.

        Args:
            prediction: what is predicted of them.
            image: N indices of the images whose noise networks are asked.

        Returns:
            In the form and size of :class:`NoiseModel`.
        """
        seen = prediction.noisy if self.noise_input == "noisy" else prediction.mean
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

    def maximum_likelihood(self, prediction: Prediction) -> Tensor:
        """The images whose noise networks have the maximum likelihood for noisy images, Eq. 6.

        No ground truth is needed. An image that was trained on gets its own as a rule.

        Args:
            prediction: what is predicted of N images.

        Returns:
            N indices.
        """
        count = len(prediction.noisy) // self.stride**2
        device = prediction.noisy.device
        scores = [
            self._score(prediction, torch.full((count,), image, device=device))
            for image in range(self.images)
        ]
        return torch.stack(scores).argmin(0)

    def denoise(
        self, noisy: Tensor, image: Tensor | None = None, bayes: bool = True, gamma: float = 1.0
    ) -> Tensor:
        """Denoise images.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``stride``.
            image: N indices of the images that they are part of; None: chosen by maximum
                likelihood.
            bayes: join the mean with the noisy image; otherwise the mean is the output.
            gamma: of Bayes' step, see :func:`posterior_mean`.

        Returns:
            The same shape, not clipped.
        """
        prediction: Prediction = self(self.down(noisy))
        if not bayes:
            return self.up(prediction.mean)
        if image is None:
            image = self.maximum_likelihood(prediction)
        noise = self.noise_covariance(prediction, image)
        return self.up(posterior_mean(*prediction, noise, gamma))

    def _score(self, prediction: Prediction, image: Tensor) -> Tensor:
        noise = self.noise_covariance(prediction, image)
        unlikely = negative_log_likelihood(*prediction, noise)
        return unlikely.flatten(1).mean(1).view(len(image), -1).mean(1)
