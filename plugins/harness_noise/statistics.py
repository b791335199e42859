"""Mean, strength and clipping of noise, its correlation between channels, and what they limit."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK = 256
"""Side of the blocks in which a mean of the noise is taken, in pixels; that of SIDD's blocks."""


@dataclass(frozen=True)
class ImageNoise:
    """What is known of the noise of one image.

    Attributes:
        name: the name of the sample.
        mean: mean of the noise, in grey levels.
        std: standard deviation of the noise about the mean of its channel, in grey levels.
        psnr: PSNR of the noisy image against the clean one, in dB; None without ground truth.
        ceiling: PSNR that bounds methods which assume zero-mean noise, in dB, see
            :func:`ceiling_of`; None without ground truth.
    """

    name: str
    mean: float
    std: float
    psnr: float | None
    ceiling: float | None


@dataclass(frozen=True)
class ChannelNoise:
    """What is known of the noise of all images, by channel; in grey levels of 0..255.

    Attributes:
        mean: mean of the noise, per channel.
        std: standard deviation of the noise about the mean of its image, per channel.
        correlation: C x C correlations of channels at the same pixel, about the mean of each image.
        at_black: share of the noisy samples that are 0.
        at_white: share of the noisy samples that are at full scale.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]
    at_black: float
    at_white: float


class ChannelStatistics:
    """Sums over images, added in any order.

    Args:
        channels: number of channels of the images.
    """

    def __init__(self, channels: int) -> None:
        self._pixels = 0
        self._sum = np.zeros(channels)
        self._covariance = np.zeros((channels, channels))
        self._clipped = np.zeros(2)

    def add(self, noise: Array, at_black: int, at_white: int) -> None:
        """Add an image: its noise, H x W x C in grey levels, and its clipped noisy samples."""
        values = noise.reshape(-1, noise.shape[2])
        mean = values.mean(axis=0)
        centred = values - mean
        self._pixels += len(values)
        self._sum += mean * len(values)
        self._covariance += centred.T @ centred
        self._clipped += (at_black, at_white)

    def result(self) -> ChannelNoise:
        """The statistics; a channel without noise correlates with no other (NaN)."""
        std = np.sqrt(np.diag(self._covariance))
        both = np.outer(std, std)
        correlation = np.divide(
            self._covariance, both, out=np.full_like(both, np.nan), where=both > 0
        )
        at_black, at_white = self._clipped / (self._pixels * len(std))
        return ChannelNoise(
            mean=_floats(self._sum / self._pixels),
            std=_floats(std / math.sqrt(self._pixels)),
            correlation=tuple(map(_floats, correlation)),
            at_black=float(at_black),
            at_white=float(at_white),
        )


def describe_image(name: str, noise: Array, *, ground_truth: bool) -> ImageNoise:
    """Measure the noise of one image.

    Args:
        name: the name of the sample.
        noise: H x W x C in grey levels.
        ground_truth: the noise is noisy minus clean, and no method's residual.
    """
    return ImageNoise(
        name=name,
        mean=float(noise.mean()),
        std=float(np.sqrt(noise.var(axis=(0, 1)).mean())),
        psnr=_psnr(float(np.mean(noise**2))) if ground_truth else None,
        ceiling=ceiling_of(noise) if ground_truth else None,
    )


def ceiling_of(noise: Array) -> float:
    r"""The PSNR of a method that removes all noise but its mean.

    A method that learns from noisy images alone, and takes their noise for zero on average, aims
    at the mean of what it sees; where the noise has a mean of its own, that mean stays. If the
    output is the clean image plus the mean noise :math:`m_{bc}` of every block :math:`b` and
    channel :math:`c`, exactly, then

    .. math::
        \mathrm{PSNR} = 10 \log_{10} \frac{255^2}{\frac 1 {|I|} \sum_b |b|
        \frac 1 C \sum_c m_{bc}^2}

    Blocks are about :data:`BLOCK` pixels wide and high: as many equal ones as fit best.

    Args:
        noise: H x W x C in grey levels, noisy minus clean.

    Returns:
        dB; infinite if every mean is exactly 0.
    """
    height, width, _ = noise.shape
    squares = 0.0
    for rows in np.array_split(noise, max(1, round(height / BLOCK)), axis=0):
        for block in np.array_split(rows, max(1, round(width / BLOCK)), axis=1):
            means = block.mean(axis=(0, 1))
            squares += float(np.mean(means**2)) * block.shape[0] * block.shape[1]
    return _psnr(squares / (height * width))


def _psnr(mean_square: float) -> float:
    return 10 * math.log10(255**2 / mean_square) if mean_square > 0 else math.inf


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
