"""Random-replacing refinement (R3): denoise mixtures of the noisy image and a first estimate."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

PIXELS_AT_ONCE = 8 * 256 * 256
"""Images are denoised together up to so many pixels: all eight passes of a block of 256x256."""

PIXELS_AT_ONCE_ON_CPU = 256 * 256
"""A CPU gains by batches of small images only: those of large ones do not fit its cache."""


def random_replacing_refinement(
    noisy: Tensor,
    initial: Tensor,
    denoise: Callable[[Tensor], Tensor],
    *,
    times: int = 8,
    probability: float = 0.16,
    generator: torch.Generator,
    per_channel: bool = True,
    border: int = 2,
    pixels_at_once: int | None = None,
) -> Tensor:
    r"""Refine a first estimate, in which pixel-shuffle downsampling has left aliasing.

    .. math:: \hat x = \frac{1}{T} \sum_{t=1}^{T} f(m_t \odot y + (1 - m_t) \odot e), \quad
        m_t \sim \mathrm{Bernoulli}(p)

    The estimate :math:`e` holds next to no noise, so a denoiser :math:`f` may see all pixels, not
    only every other; the noisy pixels bring back detail, and their errors average out. From AP-BSN
    (Lee, Son, Lee, CVPR 2022), with its T and p as defaults. There and in the code of LG-BPN (Wang
    et al., CVPR 2023), masks are drawn per pixel and channel; in AMSNet (Liao et al., ECCV
    2024), channels share them. The estimate itself is not averaged in.

    All masks are drawn before the first pass, in the order of t, each in one call, on the
    generator's device, so that a seed means the same on every device. The images of a batch share
    them, so that the result for an image does not depend on the images beside it.

    Args:
        noisy: y, N x C x H x W.
        initial: e, of the same shape.
        denoise: f, maps n x C x (H + 2m) x (W + 2m) to the same shape, each image on its own.
        times: T, at least 1.
        probability: p, from 0 to 1; 0 denoises the estimate again, 1 the noisy image.
        generator: of the masks.
        per_channel: draw masks per pixel and channel; otherwise per pixel.
        border: m, pixels of reflection put around f's input and cut from its output; fewer where
            the image has no more to reflect.
        pixels_at_once: passes are batched up to so many pixels, borders not counted, at least one
            pass; None: as the device likes it.

    Returns:
        The same shape and range.
    """
    batch, channels, height, width = noisy.shape
    below, beside = min(border, height - 1), min(border, width - 1)
    mask_shape = (channels if per_channel else 1, height, width)
    if pixels_at_once is None:
        pixels_at_once = PIXELS_AT_ONCE_ON_CPU if noisy.device.type == "cpu" else PIXELS_AT_ONCE
    at_once = max(1, pixels_at_once // (batch * height * width))

    masks = [
        torch.rand(mask_shape, generator=generator, device=generator.device) < probability
        for _ in range(times)
    ]
    replacements = torch.stack(masks).to(noisy.device).unsqueeze(1)
    total = torch.zeros_like(noisy)
    for replaced in torch.split(replacements, at_once):
        mixtures = torch.where(replaced, noisy, initial)
        padded = F.pad(mixtures.flatten(0, 1), (beside, beside, below, below), mode="reflect")
        refined = denoise(padded)[..., below : below + height, beside : beside + width]
        total += refined.reshape(mixtures.shape).sum(0)
    return total / times
