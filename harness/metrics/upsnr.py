"""PSNR without ground truth, from further noisy images of the same content."""

from torch import Tensor

from harness.errors import MetricUnavailableError

NEEDED = 2
"""Further shots at least, whose noise cancels in their product."""


def upsnr(denoised: Tensor, shots: Tensor) -> Tensor:
    r"""Unsupervised PSNR: an unbiased estimate of the MSE from shots that the method has not seen.

    .. math:: \mathrm{uMSE} = \frac{1}{n} \sum_p
        \frac{1}{S (S - 1)} \sum_{i \ne j} (\hat x_p - a_{ip}) (\hat x_p - a_{jp}),
        \qquad \mathrm{uPSNR} = 10 \log_{10} \frac{1}{\mathrm{uMSE}}

    Assumes noise of zero mean that is independent between shots, of each other and of the one that
    was denoised; pixels may correlate. The paper's own estimate,
    :math:`(\hat x - a)^2 - (b - c)^2 / 2` from three shots, has the same expectation (Marcos
    Morales et al., Evaluating Unsupervised Denoising Requires Unsupervised Metrics, ICML 2023,
    Sec. 3); this is the mean over all that pairs of the shots can tell, which strays less.

    Args:
        denoised: N x C x H x W in [0, 1].
        shots: N x S x C x H x W, S at least 2, not clipped to [0, 1].

    Returns:
        N values in dB; NaN where the estimate of the MSE is not above 0, for it is smaller than
        what the noise leaves uncertain.

    Raises:
        MetricUnavailableError: there are fewer than two shots.
    """
    count = shots.shape[1]
    if count < NEEDED:
        raise MetricUnavailableError(
            f"uPSNR needs {NEEDED} further shots of an image, and there is {count}"
        )
    errors = denoised.double()[:, None] - shots.double()
    products = errors.sum(1).square() - errors.square().sum(1)  # over all ordered pairs of shots
    mean_square = products.mean((1, 2, 3)) / (count * (count - 1))
    return -10 * mean_square.log10()
