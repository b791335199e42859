"""The losses of D-BSN: least squares, and two Gaussian likelihoods in closed form.

Covariances come as in :mod:`harness_dbsn.covariance`.
"""

from typing import Literal

from torch import Tensor
from torch.nn import functional as F

from harness_dbsn.covariance import distance_and_log_determinant, log_determinant_and_trace

Likelihood = Literal["plain", "constrained"]


def least_squares(noisy: Tensor, mean: Tensor) -> Tensor:
    """The loss of the warm-up: mean squared error against the noisy image itself."""
    return F.mse_loss(mean, noisy)


def negative_log_likelihood(
    noisy: Tensor,
    mean: Tensor,
    mean_covariance: Tensor,
    noise_covariance: Tensor,
    likelihood: Likelihood = "plain",
) -> Tensor:
    r"""How unlikely a noisy image is, pixel by pixel, without the constant.

    With :math:`r = y - \mu`, ``plain`` is Eq. 6,

    .. math:: \frac{1}{2} r^T (\Sigma_\mu + \Sigma_n)^{-1} r
        + \frac{1}{2} \log\det(\Sigma_\mu + \Sigma_n)

    and ``constrained`` Eq. 8, whose second term is expanded around :math:`\Sigma_\mu = 0`:

    .. math:: \frac{1}{2} r^T (\Sigma_\mu + \Sigma_n)^{-1} r + \frac{1}{2} \log\det\Sigma_n
        + \frac{1}{2} \mathrm{tr}(\Sigma_n^{-1} \Sigma_\mu)

    The released code leaves out the halves for grey images, and clamps the determinant of colour
    images at 1e-6, where noise below a standard deviation of 25.5/255 has no gradient; here it is
    never clamped.

    Args:
        noisy: y, N x C x H x W in [0, 1].
        mean: N x C x H x W.
        mean_covariance: of the mean around the clean image.
        noise_covariance: of the noisy image around the clean one; of the same form.
        likelihood: which of the two.

    Returns:
        N x H x W; the loss is its mean.
    """
    distance, log_determinant = distance_and_log_determinant(
        noisy - mean, mean_covariance + noise_covariance
    )
    if likelihood == "plain":
        return 0.5 * (distance + log_determinant)
    log_determinant, trace = log_determinant_and_trace(noise_covariance, mean_covariance)
    return 0.5 * (distance + log_determinant + trace)
