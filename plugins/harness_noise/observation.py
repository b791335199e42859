"""The noise of an image: from its clean half, or from what a method takes away."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness import DataError, Image, Sample, Subject, read_pair, to_tensor, white


@dataclass(frozen=True)
class Observation:
    """The noise of one image; all H x W x C, in grey levels of 0..255 whatever the depth.

    Attributes:
        name: the name of the sample.
        noise: noisy minus clean, or minus denoised.
        intensity: the clean or denoised image.
        at_black: true where the noisy image is 0.
        at_white: true where the noisy image is at full scale.
    """

    name: str
    noise: NDArray[np.float64]
    intensity: NDArray[np.float64]
    at_black: NDArray[np.bool_]
    at_white: NDArray[np.bool_]


def observe_pairs(samples: Iterable[Sample]) -> Iterator[Observation]:
    """Noisy minus clean, image by image; one is in memory at a time.

    Raises:
        DataError: an image cannot be read, or has no clean half.
    """
    for sample in samples:
        noisy, clean = read_pair(sample)
        if clean is None:
            raise DataError(f"image {sample.name!r} has no clean image")
        levels = _grey_levels(clean)
        yield _observation(sample, noisy, _grey_levels(noisy) - levels, levels)


def observe_residuals(samples: Iterable[Sample], subject: Subject) -> Iterator[Observation]:
    """Noisy minus denoised (clipped to the range of images), image by image.

    It is not the noise: what the method leaves of the noise is missing, and what it takes of the
    image is added.

    Raises:
        DataError: an image cannot be read.
    """
    for sample in samples:
        noisy = sample.noisy()
        tensor = to_tensor(noisy)
        denoised = subject.denoise(tensor[None])[0].clamp(0, 1).cpu()
        residual, levels = (
            255 * image.permute(1, 2, 0).double().numpy() for image in (tensor - denoised, denoised)
        )
        yield _observation(sample, noisy, residual, levels)


def _observation(
    sample: Sample, noisy: Image, noise: NDArray[np.float64], intensity: NDArray[np.float64]
) -> Observation:
    return Observation(
        name=sample.name,
        noise=noise,
        intensity=intensity,
        at_black=noisy == 0,
        at_white=noisy == white(noisy.dtype),
    )


def _grey_levels(image: Image) -> NDArray[np.float64]:
    """On the scale 0..255; values of 8 bit stay whole numbers."""
    levels = image.astype(np.float64)
    depth = white(image.dtype)
    return levels if depth == 255 else levels * (255 / depth)
