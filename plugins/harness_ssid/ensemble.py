"""Self-ensemble: the mean of what a denoiser outputs for an image in eight transforms."""

from collections.abc import Callable

import torch
from torch import Tensor


def self_ensemble(noisy: Tensor, denoise: Callable[[Tensor], Tensor]) -> Tensor:
    r"""Denoise every image flipped and rotated, undo that, and average.

    .. math:: \hat x = \frac{1}{8} \sum_{t} t^{-1}(f(t(y)))

    over flips of rows, flips of columns and a rotation by 90 degrees, each done or not, in this
    order. Nothing is clipped or rounded before it is averaged.

    Args:
        noisy: y, N x C x H x W.
        denoise: f, maps n x C x H x W and n x C x W x H to the same shape, each image on its own.
            Square images come in one batch of eight, others in two of four.

    Returns:
        The same shape.
    """
    flips: tuple[list[int], ...] = ([], [2], [3], [2, 3])
    flipped = torch.cat([noisy.flip(axes) for axes in flips])
    rotated = flipped.rot90(1, (2, 3))
    if noisy.shape[-2] == noisy.shape[-1]:
        upright, lying = denoise(torch.cat([flipped, rotated])).chunk(2)
    else:
        upright, lying = denoise(flipped), denoise(rotated)
    both = (upright + lying.rot90(-1, (2, 3))).chunk(len(flips))
    restored = [part.flip(axes) for part, axes in zip(both, flips, strict=True)]
    return torch.stack(restored).sum(0) / (2 * len(flips))
