"""Adaptive coefficients: how textured an image is around every pixel."""

import torch
from torch import Tensor
from torch.nn import functional as F

from harness_nets.layers import UNITS

WINDOW = 7
"""n, side of the window over which the standard deviation is taken, Sec. 3.2."""

LOWER, UPPER = 1.0, 5.0
"""l and u: standard deviations of flat and of textured places, in units of 8-bit images."""

SMALLEST_SIDE = WINDOW // 2 + 1
"""Of an image around which half a window can be reflected."""


def most_exact(device: torch.device) -> torch.dtype:
    """The most exact type of numbers that a device has."""
    return torch.float32 if device.type == "mps" else torch.float64


@torch.no_grad()
def adaptive_coefficients(estimate: Tensor) -> Tensor:
    r"""How textured an image is around every pixel, Eqs. 2 and 3.

    .. math:: \alpha = S(\min(\sigma - l, 0) + \max(\sigma - u, 0))

    with the sigmoid :math:`S` and the standard deviation :math:`\sigma` of the mean of the
    channels over a window of 7x7 pixels, which is reflected at the border. That is Eq. 3 in one
    line, for S(0) = 1/2. It lies in [0.269, 1): texture has a say everywhere.

    The standard deviation comes from means of values and of squares, by rows and then columns, in
    double precision; single precision, all that mps has, errs by 2e-4 where a bright place is flat.

    Args:
        estimate: N x C x H x W in [0, 1]; H and W are at least 4.

    Returns:
        N x 1 x H x W, without gradient.
    """
    exact = most_exact(estimate.device)
    intensity = UNITS * estimate.to(exact).mean(1, keepdim=True)
    padded = F.pad(intensity, [WINDOW // 2] * 4, mode="reflect")
    mean, square = _window_means(padded), _window_means(padded.square())
    deviation = (square - mean.square()).clamp_min(0).sqrt()
    excess = (deviation - LOWER).clamp_max(0) + (deviation - UPPER).clamp_min(0)
    alpha: Tensor = excess.sigmoid().to(estimate.dtype)
    return alpha


def _window_means(values: Tensor) -> Tensor:
    """Means over every window of 7x7; a CPU adds whole images faster than it pools windows."""
    return _sums_of_seven(_sums_of_seven(values, dim=2), dim=3).div_(WINDOW**2)


def _sums_of_seven(values: Tensor, dim: int) -> Tensor:
    """Sums of every value and the six behind it, in four additions: of two, of four, of seven."""
    inner = values.shape[dim] - WINDOW + 1
    twos = values.narrow(dim, 0, inner + 4) + values.narrow(dim, 1, inner + 4)
    fours = twos.narrow(dim, 0, inner) + twos.narrow(dim, 2, inner)
    return fours.add_(twos.narrow(dim, 4, inner)).add_(values.narrow(dim, 6, inner))
