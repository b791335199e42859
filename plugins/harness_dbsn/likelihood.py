"""The losses of D-BSN: least squares, and the plain Gaussian likelihood in closed form.

A symmetric matrix per pixel is packed into channels, the upper triangle by rows: one channel for
grey images, (00, 01, 02, 11, 12, 22) for colour. So nothing of N x H x W x 3 x 3 is ever built.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

VARIANCE_FLOOR = 1e-6
"""Added to every variance: (0.255/255)², far below the noise of any photograph."""

DIAGONAL = {1: (0,), 3: (0, 3, 5)}
"""Where the variances stand among the packed entries, by number of channels."""


def least_squares(noisy: Tensor, mean: Tensor) -> Tensor:
    """The loss of the warm-up: mean squared error against the noisy image itself."""
    return F.mse_loss(mean, noisy)


def diagonal_covariance(factor: Tensor) -> Tensor:
    r"""The covariance whose variances are the squares of a head's output, plus a floor.

    .. math:: \Sigma = \mathrm{diag}(l)^2 + 10^{-6} I

    Args:
        factor: N x C x H x W; C = 1 or 3; the sign has no meaning.

    Returns:
        Packed, N x C(C+1)/2 x H x W.
    """
    variance = factor.square() + VARIANCE_FLOOR
    if variance.shape[1] == 1:
        return variance
    first, second, third = variance.unbind(1)
    zero = torch.zeros_like(first)
    return torch.stack([first, zero, zero, second, zero, third], dim=1)


def negative_log_likelihood(noisy: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    r"""The loss of the joint stage, Eq. 6, without its constant.

    .. math:: \frac{1}{2} r^T \Sigma^{-1} r + \frac{1}{2} \log \det \Sigma, \quad r = y - \mu

    averaged over pixels. The inverse is the adjugate over the determinant. The released code
    leaves out the halves for grey images, and clamps the determinant of colour images at 1e-6,
    where noise below a standard deviation of 25.5/255 has no gradient; here it is never clamped.

    Args:
        noisy: N x C x H x W in [0, 1]; C = 1 or 3.
        mean: N x C x H x W.
        covariance: of ``noisy`` around ``mean``, packed, N x C(C+1)/2 x H x W; positive definite.

    Returns:
        A scalar.
    """
    residual = noisy - mean
    if residual.shape[1] == 1:
        distance, determinant = residual.square() / covariance, covariance
    else:
        distance, determinant = _distance(residual, covariance)
    return 0.5 * (distance + determinant.log()).mean()


def _distance(residual: Tensor, covariance: Tensor) -> tuple[Tensor, Tensor]:
    """Squared Mahalanobis distance and determinant, N x H x W each, for three channels."""
    a, b, c, d, e, f = covariance.unbind(1)
    adjugate = (
        d * f - e * e,
        c * e - b * f,
        b * e - c * d,
        a * f - c * c,
        b * c - a * e,
        a * d - b * b,
    )
    determinant = a * adjugate[0] + b * adjugate[1] + c * adjugate[2]
    x, y, z = residual.unbind(1)
    diagonal = adjugate[0] * x * x + adjugate[3] * y * y + adjugate[5] * z * z
    mixed = adjugate[1] * x * y + adjugate[2] * x * z + adjugate[4] * y * z
    return (diagonal + 2 * mixed) / determinant, determinant
