"""What the residual, noisy minus denoised, tells without ground truth: hints, and no ranking.

Where the noise is white and independent of the image, so is the residual of a perfect method. But
the residual of one that does nearly nothing looks just as well, and real noise is seldom white.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor
from torch.nn.functional import avg_pool2d

from harness import MetricUnavailableError, Positive
from harness_noise.correlation import PooledCorrelation

BLOCK = 8
"""Side of the blocks in which residual and detail are compared, in pixels."""

BLOCKS = 25
"""In an image at least: of fewer, chance correlations are large."""


def residual_correlation(denoised: Tensor, noisy: Tensor, *, radius: Positive = 5) -> list[float]:
    r"""The strongest correlation of the residual with itself at a distance.

    .. math:: \max_{0 < |d|_\infty \le R} |r(d)|

    with r as ``pooled``, see :mod:`harness_noise.correlation`, over the channels of one image.
    Assumes white noise, of whose residual 0 is expected.

    Args:
        denoised: N x C x H x W in [0, 1].
        noisy: the same, not clipped.
        radius: R, in pixels.

    Returns:
        N values from 0 to 1; NaN where nothing was taken away.

    Raises:
        MetricUnavailableError: the images are not larger than the radius.
    """
    height, width = noisy.shape[-2:]
    if min(height, width) <= radius:
        raise MetricUnavailableError(
            f"images of {width}x{height} pixels are too small for a correlation within {radius}"
        )
    return [_strongest(_levels(residual), radius) for residual in noisy - denoised]


def residual_structure(denoised: Tensor, noisy: Tensor) -> list[float]:
    r"""How much the strength of the residual depends on the detail of the image.

    .. math:: |\operatorname{corr}(e, s \mid m, |m - \tfrac 1 2|)|

    over blocks of 8x8 pixels, with e the mean square of the residual in a block, s the variance and
    m the mean of the denoised image, its channels averaged. All four are ranks, and what m and its
    distance from middle grey explain is taken off e and s: noise of photons grows with intensity,
    and clipping takes it away at both ends. Assumes noise whose strength depends on nothing else.

    Args:
        denoised: N x C x H x W in [0, 1].
        noisy: the same, not clipped.

    Returns:
        N values from 0 to 1; NaN where nothing was taken away, or the denoised image is flat.

    Raises:
        MetricUnavailableError: the images have too few blocks.
    """
    height, width = noisy.shape[-2:]
    if (height // BLOCK) * (width // BLOCK) < BLOCKS:
        raise MetricUnavailableError(
            f"images of {width}x{height} pixels have too few blocks of {BLOCK}x{BLOCK}: "
            f"{BLOCKS} are needed"
        )
    powers = _of_blocks((noisy - denoised).double().square().mean(1))
    grey = denoised.double().mean(1)
    means = _of_blocks(grey)
    variances = _of_blocks(grey.square()) - means**2
    return [_partial(*each) for each in zip(powers, variances, means, strict=True)]


def _of_blocks(images: Tensor) -> NDArray[np.float64]:
    """Means of blocks, N x blocks, of N x H x W; what is left at the border is not counted."""
    return avg_pool2d(images[:, None], BLOCK).flatten(1).cpu().numpy()


def _partial(
    powers: NDArray[np.float64], variances: NDArray[np.float64], means: NDArray[np.float64]
) -> float:
    """Rank correlation of powers and variances, but for what means explain of both."""
    power, variance, mean, extreme = map(
        stats.rankdata, (powers, variances.round(9), means, np.abs(means - 0.5))
    )
    known = np.stack([np.ones_like(mean), mean, extreme], axis=1)
    rests = [
        each - known @ np.linalg.lstsq(known, each, rcond=None)[0] for each in (power, variance)
    ]
    first, second = (np.sqrt((rest**2).mean()) for rest in rests)
    if min(first, second) < 1e-6 * len(mean):  # rounding errors alone
        return math.nan
    return float(abs((rests[0] * rests[1]).mean() / (first * second)))


def _levels(residual: Tensor) -> NDArray[np.float64]:
    """H x W x C in grey levels."""
    return 255 * residual.permute(1, 2, 0).double().cpu().numpy()


def _strongest(residual: NDArray[np.float64], radius: int) -> float:
    correlation = PooledCorrelation(radius)
    correlation.add(residual)
    values = np.abs(correlation.values())
    values[radius, radius] = 0  # with itself
    return float(values.max())
