"""Masks that hide pixels from a denoiser, and what the denoiser makes of the pixels hidden.

Where a mask hides a pixel, the denoiser sees zero and has to predict it from the pixels around. So
any network will do: it cannot pass on noise that it never saw.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Masks:
    r"""Masks that are disjoint and together hide every pixel once, Eq. 5.

    Mask 0 hides each pixel with probability r, each of the others with
    :math:`(1 - r) / (k - 1)`.

    Attributes:
        number: k, at least 2.
        share: r, above 0 and below 1.
    """

    number: int
    share: float

    def draw(
        self,
        batch: int,
        height: int,
        width: int,
        generator: torch.Generator | None = None,
        device: torch.device | None = None,
    ) -> Tensor:
        """Draw, for every pixel, the one mask that hides it; channels share them.

        Equal shares are drawn as whole numbers, in one call, as in the released code.

        Args:
            batch: N.
            height: H.
            width: W.
            generator: of the CPU, so that a seed means the same on every device; None: the device's
                own.
            device: where they are drawn, the generator's; None: the CPU.

        Returns:
            N x 1 x H x W, numbers of masks.
        """
        size = (batch, 1, height, width)
        if self.share == 1 / self.number:
            return torch.randint(self.number, size, generator=generator, device=device)
        drawn = torch.rand(size, generator=generator, device=device)
        others = (drawn - self.share) / (1 - self.share) * (self.number - 1)
        return torch.where(
            drawn < self.share, 0, 1 + others.long().clamp(min=0, max=self.number - 2)
        )


def predict(denoiser: nn.Module, images: Tensor, hidden: Tensor) -> Tensor:
    """What the denoiser makes of images of which it sees a part, Eq. 2 without its outer mask.

    Args:
        denoiser: maps images to images of their shape.
        images: N x C x H x W.
        hidden: N x 1 x H x W, true where the denoiser sees zero.

    Returns:
        N x C x H x W, in the precision of the images; only what was hidden is denoised.
    """
    output: Tensor = denoiser(images.masked_fill(hidden, 0))
    return output.to(images.dtype)


def denoise_by_masks(denoiser: nn.Module, images: Tensor, drawn: Tensor, number: int) -> Tensor:
    r"""Denoise every pixel in the pass that hides it, Eq. 7.

    .. math:: \sum_{j=0}^{k-1} \tilde M_j \odot D(M_j \odot y)

    Args:
        denoiser: D, maps images to images of their shape.
        images: y, N x C x H x W.
        drawn: N x 1 x H x W, the mask that hides each pixel, see :meth:`Masks.draw`.
        number: k, of masks, and of passes.

    Returns:
        The same shape and precision as the images.
    """
    denoised = torch.zeros_like(images)
    for mask in range(number):
        hidden = drawn == mask
        denoised = torch.where(hidden, predict(denoiser, images, hidden), denoised)
    return denoised
