r"""Covariances of pixels in closed form: never anything of N x H x W x 3 x 3.

A covariance per pixel comes in one of two forms, which are told apart by the number of channels:

- *diagonal*: the variances, N x C x H x W; all that grey images need;
- *full*, for three channels: the upper triangle by rows (00, 01, 02, 11, 12, 22), N x 6 x H x W.

H and W may be 1 where all pixels share it. Full ones are taken apart as :math:`\Sigma = L D L^T`,
whose pivots D keep their precision where a determinant loses it: noise that is almost the same in
all channels.
"""

from typing import NamedTuple

import torch
from torch import Tensor

FLOOR = 1e-6
"""Added to every variance: (0.255/255)², far below the noise of any photograph."""

FULL = 6
"""Entries of a full covariance."""

_DIAGONAL = (1.0, 0.0, 0.0, 1.0, 0.0, 1.0)

_LEAST_PIVOT = 0.1 * FLOOR
"""What a pivot can round to; the exact ones are at least FLOOR."""


class Factors(NamedTuple):
    """A full covariance as L D L^T; L has ones on its diagonal.

    Attributes:
        pivots: the diagonal of D, N x 3 x H x W, positive.
        below: the entries 10, 20 and 21 of L, N x H x W each.
    """

    pivots: Tensor
    below: tuple[Tensor, Tensor, Tensor]


def diagonal(deviations: Tensor) -> Tensor:
    """The diagonal covariance of standard deviations of any sign, plus a floor; N x C x H x W."""
    return deviations.square() + FLOOR


def full(factor: Tensor) -> Tensor:
    r"""The full covariance of an upper triangle, :math:`U U^T`, plus a floor.

    Args:
        factor: U by rows (00, 01, 02, 11, 12, 22), N x 6 x H x W; any sign.

    Returns:
        N x 6 x H x W, positive definite.
    """
    a, b, c, d, e, f = factor.unbind(1)
    entries = (
        a * a + b * b + c * c + FLOOR,
        b * d + c * e,
        c * f,
        d * d + e * e + FLOOR,
        e * f,
        f * f + FLOOR,
    )
    return torch.stack(entries, dim=1)


def factorise(covariance: Tensor) -> Factors:
    """Take a full covariance, N x 6 x H x W, apart."""
    a, b, c, d, e, f = covariance.unbind(1)
    first = a.clamp(min=_LEAST_PIVOT)
    l10, l20 = b / first, c / first
    second = (d - l10 * b).clamp(min=_LEAST_PIVOT)
    rest = e - l20 * b
    l21 = rest / second
    third = (f - l20 * c - l21 * rest).clamp(min=_LEAST_PIVOT)
    return Factors(torch.stack([first, second, third], dim=1), (l10, l20, l21))


def distance_and_log_determinant(residual: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor]:
    r"""How far a residual is out, and how wide its covariance.

    Args:
        residual: r, N x C x H x W.
        covariance: :math:`\Sigma` in either form.

    Returns:
        :math:`r^T \Sigma^{-1} r`, N x H x W, and :math:`\log\det\Sigma`, the same or N x 1 x 1.
    """
    if not _is_full(covariance):
        return (residual.square() / covariance).sum(1), covariance.log().sum(1)
    pivots, below = factorise(covariance)
    return (_forward(residual, below).square() / pivots).sum(1), pivots.log().sum(1)


def solve(covariance: Tensor, residual: Tensor) -> Tensor:
    r""":math:`\Sigma^{-1} r`, N x C x H x W, for a covariance in either form."""
    if not _is_full(covariance):
        return residual / covariance
    pivots, below = factorise(covariance)
    l10, l20, l21 = below
    first, second, third = (_forward(residual, below) / pivots).unbind(1)
    second = second - l21 * third
    return torch.stack([first - l10 * second - l20 * third, second, third], dim=1)


def apply(covariance: Tensor, residual: Tensor) -> Tensor:
    r""":math:`\Sigma r`, N x C x H x W, for a covariance in either form."""
    if not _is_full(covariance):
        return covariance * residual
    a, b, c, d, e, f = covariance.unbind(1)
    x, y, z = residual.unbind(1)
    rows = (a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z)
    return torch.stack(rows, dim=1)


def log_determinant_and_trace(covariance: Tensor, inner: Tensor) -> tuple[Tensor, Tensor]:
    r"""The first two terms of the expansion of :math:`\log\det(\Sigma + \Sigma_i)`, Eq. 7.

    With :math:`\Sigma = L D L^T` the trace is :math:`\sum_k w_k \Sigma_i w_k^T / D_k`, where
    :math:`w_k` are the rows of :math:`L^{-1}`.

    Args:
        covariance: :math:`\Sigma` in either form.
        inner: :math:`\Sigma_i` in the same form.

    Returns:
        :math:`\log\det\Sigma` and :math:`\mathrm{tr}(\Sigma^{-1} \Sigma_i)`, N x H x W; H and W
        are 1 where they do not vary.
    """
    if not _is_full(covariance):
        return covariance.log().sum(1), (inner / covariance).sum(1)
    pivots, (l10, l20, l21) = factorise(covariance)
    a, b, c, d, e, f = inner.unbind(1)
    w20 = l10 * l21 - l20
    products = (
        a.expand_as(w20 * a),
        d - 2 * l10 * b + l10 * l10 * a,
        f - 2 * l21 * e + l21 * l21 * d + w20 * (w20 * a + 2 * (c - l21 * b)),
    )
    return pivots.log().sum(1), (torch.stack(products, dim=1) / pivots).sum(1)


def shaped(covariance: Tensor, white: Tensor) -> Tensor:
    r"""Give white noise a covariance: :math:`L D^{1/2} n`, with :math:`n \sim \mathcal N(0, I)`.

    Args:
        covariance: in either form.
        white: n, N x C x H x W.

    Returns:
        Noise of that covariance, N x C x H x W.
    """
    if not _is_full(covariance):
        return covariance.sqrt() * white
    pivots, (l10, l20, l21) = factorise(covariance)
    x, y, z = (pivots.sqrt() * white).unbind(1)
    return torch.stack([x, y + l10 * x, z + l20 * x + l21 * y], dim=1)


def diagonal_factor(deviation: float) -> tuple[float, ...]:
    """The upper triangle, by rows, of a diagonal matrix with equal entries."""
    return tuple(deviation * entry for entry in _DIAGONAL)


def _is_full(covariance: Tensor) -> bool:
    return covariance.shape[1] == FULL


def _forward(residual: Tensor, below: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    r""":math:`L^{-1} r`, N x 3 x H x W."""
    l10, l20, l21 = below
    x, y, z = residual.unbind(1)
    second = y - l10 * x
    return torch.stack([x.expand_as(second), second, z - l20 * x - l21 * second], dim=1)
