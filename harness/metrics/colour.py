"""How much of an image's colour is left."""

import torch
from torch import Tensor


def colour_slope(denoised: Tensor, clean: Tensor) -> Tensor:
    r"""Slope of the differences between channels, of the denoised image on the clean one.

    .. math:: \frac{\sum_p \sum_{c<d} (\hat x_{pc} - \hat x_{pd}) (x_{pc} - x_{pd})}
        {\sum_p \sum_{c<d} (x_{pc} - x_{pd})^2}

    Least squares through the origin: 1 where colours are kept, 0 where the image is grey. PSNR
    hardly sees what this measures, for most of an image's power is in the mean of its channels.

    Args:
        denoised: N x C x H x W in [0, 1].
        clean: the same.

    Returns:
        N values; NaN for a clean image that is grey, where no slope is defined.
    """
    seen, meant = (_differences(images.double()) for images in (denoised, clean))
    return (seen * meant).sum((1, 2, 3)) / meant.square().sum((1, 2, 3))


def _differences(images: Tensor) -> Tensor:
    """All differences between two channels, N x C (C - 1) / 2 x H x W."""
    first, second = torch.triu_indices(images.shape[1], images.shape[1], offset=1)
    return images[:, first] - images[:, second]
