"""Bayes' step: join what a pixel's neighbourhood says of it with what it says itself."""

from torch import Tensor

from harness_dbsn.covariance import apply, solve


def posterior_mean(
    noisy: Tensor,
    mean: Tensor,
    mean_covariance: Tensor,
    noise_covariance: Tensor,
    gamma: float = 1.0,
) -> Tensor:
    r"""The clean image's expected value, given mean, noisy image and both covariances.

    .. math:: \hat x = \mu + \Sigma_\mu (\Sigma_\mu + \Sigma_n)^{-1} (y - \mu)

    Eq. 9 has the inverse on the left, where it is right only if the matrices commute. As in the
    released code, ``gamma`` multiplies the noise's covariance for grey images and divides it for
    colour images, so below 1 it trusts the noisy image more for grey and less for colour.

    Args:
        noisy: y, N x C x H x W.
        mean: N x C x H x W.
        mean_covariance: of the mean around the clean image, see :mod:`harness_dbsn.covariance`.
        noise_covariance: of the noisy image around the clean one; of the same form.
        gamma: the released scripts use 1, and 0.9 for colour.

    Returns:
        N x C x H x W.
    """
    scale = gamma if noisy.shape[1] == 1 else 1 / gamma
    residual = noisy - mean
    return mean + apply(
        mean_covariance, solve(mean_covariance + scale * noise_covariance, residual)
    )
