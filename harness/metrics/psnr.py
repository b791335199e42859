"""Peak signal-to-noise ratio."""

from torch import Tensor


def psnr(denoised: Tensor, clean: Tensor) -> Tensor:
    r"""Peak signal-to-noise ratio per image.

    .. math:: \mathrm{PSNR} = -10 \log_{10} \frac{1}{HWC} \sum (\hat x - x)^2

    One mean squared error over height, width and channels of an image; computed in double
    precision.

    Args:
        denoised: N x C x H x W in [0, 1].
        clean: the same.

    Returns:
        N values in dB; infinity for identical images.
    """
    error = (denoised.double() - clean.double()).square().mean(dim=(1, 2, 3))
    return -10 * error.log10()
