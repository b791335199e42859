"""Small images of which everything is known: smooth, with white noise of a known strength."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.data.dataset import Image, Sample
from harness.data.images import to_tensor

NOISE = 25.0
"""Standard deviation of the noise, in grey levels of 255."""

SIDE = 48
"""Height and width of a training image, in pixels."""


def clean_image(height: int, width: int, channels: int, index: int = 0) -> Image:
    """A slanted wave and an edge, H x W x C, uint8; images of other indices show other waves."""
    rows, columns = np.mgrid[:height, :width]
    phases = np.arange(channels) + index
    waves = np.sin((rows + (index % 3 + 1) * columns)[..., np.newaxis] / 6 + phases)
    image = 128 + 60 * waves + 30 * (columns > width // 2)[..., np.newaxis]
    pixels: NDArray[np.uint8] = image.astype(np.uint8)
    return pixels


def noisy_image(clean: Image, seed: int, strength: float = NOISE) -> Image:
    """An image with white noise, clipped and rounded.

    Args:
        clean: H x W x C, uint8.
        seed: of the noise.
        strength: standard deviation of the noise, in grey levels.
    """
    noise = np.random.default_rng(seed).normal(0, strength, clean.shape)
    return (clean + noise).clip(0, 255).round().astype(np.uint8)


def image_pair(
    height: int, width: int, channels: int, count: int = 1, first: int = 0
) -> tuple[Tensor, Tensor]:
    """A batch of noisy images and their clean ones, N x C x H x W in [0, 1]."""
    indices = range(first, first + count)
    clean = [clean_image(height, width, channels, index) for index in indices]
    noisy = [noisy_image(image, index) for index, image in zip(indices, clean, strict=True)]
    return torch.stack([*map(to_tensor, noisy)]), torch.stack([*map(to_tensor, clean)])


def other_image(clean: Image, seed: int) -> Image:
    """Uniform noise in the shape of a clean image, which has nothing in common with it."""
    return np.random.default_rng(seed).integers(0, 256, clean.shape, np.uint8)


def training_samples(
    channels: int, count: int = 4, *, clean_of: Callable[[Image, int], Image] | None = None
) -> Sequence[Sample]:
    """Images to train on, each a scene of its own.

    Args:
        channels: of the images.
        count: how many.
        clean_of: makes what takes the place of a clean image, from it and its number; None: it
            stays.
    """
    return [_sample(index, channels, clean_of) for index in range(count)]


def _sample(index: int, channels: int, clean_of: Callable[[Image, int], Image] | None) -> Sample:
    genuine = clean_image(SIDE, SIDE, channels, index)
    noisy = noisy_image(genuine, index)
    clean = clean_of(genuine, index) if clean_of else genuine
    name = f"image-{index}"
    return Sample(name=name, scene=name, noisy=lambda: noisy, clean=lambda: clean)
