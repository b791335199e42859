"""What the residual, noisy minus denoised, tells without ground truth: hints, and no ranking.

Where the noise is white and independent of the image, so is the residual of a perfect method. But
the residual of one that does nearly nothing looks just as well, and real noise is seldom white.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from harness import MetricUnavailableError, Positive
from harness_noise.correlation import PooledCorrelation


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


def residual_structure(denoised: Tensor, noisy: Tensor) -> Tensor:
    r"""How much the residual correlates with the detail of the denoised image.

    .. math:: |\operatorname{corr}(y - \hat x, \; \hat x - m * \hat x)|

    over pixels and channels, each channel less its mean, with m the mean of 3x3 pixels. Edges that
    were blurred lie in both, and so does noise that was left. Assumes noise that is independent of
    the image, of whose residual about 0 is expected.

    Args:
        denoised: N x C x H x W in [0, 1].
        noisy: the same, not clipped.

    Returns:
        N values from 0 to 1; NaN where nothing was taken away, or the denoised image is flat.
    """
    denoised, noisy = denoised.double(), noisy.double()
    padded = functional.pad(denoised, (1, 1, 1, 1), mode="replicate")
    detail = denoised - functional.avg_pool2d(padded, 3, stride=1)
    residual, detail = (
        each - each.mean((2, 3), keepdim=True) for each in (noisy - denoised, detail)
    )
    powers = [each.square().sum((1, 2, 3)) for each in (residual, detail)]
    correlation = (residual * detail).sum((1, 2, 3)).abs() / (powers[0] * powers[1]).sqrt()
    return torch.where((powers[0] > 0) & (powers[1] > 0), correlation, torch.nan)


def _levels(residual: Tensor) -> NDArray[np.float64]:
    """H x W x C in grey levels."""
    return 255 * residual.permute(1, 2, 0).double().cpu().numpy()


def _strongest(residual: NDArray[np.float64], radius: int) -> float:
    correlation = PooledCorrelation(radius)
    correlation.add(residual)
    values = np.abs(correlation.values())
    values[radius, radius] = 0  # with itself
    return float(values.max())
