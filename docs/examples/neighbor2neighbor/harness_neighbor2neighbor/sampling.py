"""The random neighbour sub-sampler (Neighbor2Neighbor, Sec. 4.1)."""

import torch
from torch import Tensor
from torch.nn import functional

CELL = 2
"""Side of a cell in pixels."""

PAIRS = ((0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (2, 0), (1, 3), (3, 1))
"""The ordered pairs of places of a cell, counted row by row, that touch along a side."""


def draw_pairs(images: Tensor) -> Tensor:
    """Draw a pair of neighbours for every cell.

    Args:
        images: N x C x H x W; H and W are even.

    Returns:
        N x H/2 x W/2, indices into ``PAIRS``, each as likely.
    """
    count, _, height, width = images.shape
    size = (count, height // CELL, width // CELL)
    return torch.randint(len(PAIRS), size, device=images.device)


def sub_sample(images: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """Take the two sub-images g1 and g2 of an image.

    All channels of a cell are taken from the same place.

    Args:
        images: N x C x H x W; H and W are even.
        pairs: N x H/2 x W/2, as ``draw_pairs`` drew them.

    Returns:
        Two of N x C x H/2 x W/2, which never hold the same pixel.
    """
    count, channels, height, width = images.shape
    cells = functional.pixel_unshuffle(images, CELL)
    cells = cells.reshape(count, channels, CELL**2, height // CELL, width // CELL)
    places = torch.tensor(PAIRS, device=images.device)[pairs]
    first, second = (
        cells.gather(2, place[:, None, None].expand(-1, channels, -1, -1, -1)).squeeze(2)
        for place in places.unbind(-1)
    )
    return first, second
