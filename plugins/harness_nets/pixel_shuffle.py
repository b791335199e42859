"""Pixel-shuffle downsampling (PD): break noise correlation by taking every stride-th pixel.

The sub-images come in one of two layouts: as further images of the batch, where a network treats
each on its own, or side by side in one mosaic, where it also sees across their borders.
"""

from torch import Tensor
from torch.nn import functional as F

from harness import DataError


def pixel_shuffle_down(images: Tensor, stride: int) -> Tensor:
    r"""Split images into sub-images of every ``stride``-th pixel, as further images of the batch.

    .. math:: d_{b s^2 + i s + j}(r, c) = y_b(r s + i, c s + j)

    Noise that is correlated over fewer than ``stride`` pixels is independent between the pixels of
    a sub-image.

    Args:
        images: N x C x H x W.
        stride: of the sub-images, at least 1; 1 changes nothing.

    Returns:
        N s² x C x H/s x W/s; the sub-images of an image follow one another, by row, then column.

    Raises:
        DataError: H or W is not a multiple of ``stride``.
    """
    batch, channels = images.shape[:2]
    rows, columns = _subimage_size(images, stride)
    phases = F.pixel_unshuffle(images, stride).view(batch, channels, stride**2, rows, columns)
    return phases.transpose(1, 2).reshape(batch * stride**2, channels, rows, columns)


def pixel_shuffle_up(subimages: Tensor, stride: int) -> Tensor:
    """Put sub-images together again: the inverse of :func:`pixel_shuffle_down`.

    Args:
        subimages: N s² x C x H/s x W/s, in the order of :func:`pixel_shuffle_down`.
        stride: they were made with, at least 1.

    Returns:
        N x C x H x W.

    Raises:
        DataError: the number of sub-images is not a multiple of ``stride`` squared.
    """
    batch, channels, rows, columns = subimages.shape
    if batch % stride**2:
        raise DataError(
            f"cannot put {batch} sub-images together with a stride of {stride}: "
            f"an image has {stride**2} of them"
        )
    phases = subimages.view(batch // stride**2, stride**2, channels, rows, columns)
    merged = phases.transpose(1, 2).reshape(-1, channels * stride**2, rows, columns)
    return F.pixel_shuffle(merged, stride)


def pixel_shuffle_mosaic_down(images: Tensor, stride: int, border: int = 0) -> Tensor:
    r"""Split images into sub-images of every ``stride``-th pixel, side by side in one mosaic.

    .. math:: d_b(i (H/s + 2m) + m + r, j (W/s + 2m) + m + c) = y_b(r s + i, c s + j)

    and zero elsewhere. The layout of AP-BSN (Lee et al., CVPR 2022). Noise is independent between
    the pixels of a block, not between blocks, and a network that reaches further than ``2 m``
    pixels sees from one block into the next.

    Args:
        images: N x C x H x W.
        stride: s, at least 1.
        border: m, the zero pixels around each sub-image.

    Returns:
        N x C x (H + 2ms) x (W + 2ms); the sub-image of phase (i, j) is block row i, column j.

    Raises:
        DataError: H or W is not a multiple of ``stride``.
    """
    batch, channels = images.shape[:2]
    rows, columns = _subimage_size(images, stride)
    phases = images.view(batch, channels, rows, stride, columns, stride).permute(0, 1, 3, 5, 2, 4)
    blocks = F.pad(phases, [border] * 4).transpose(3, 4)
    return blocks.reshape(
        batch, channels, stride * (rows + 2 * border), stride * (columns + 2 * border)
    )


def pixel_shuffle_mosaic_up(mosaics: Tensor, stride: int, border: int = 0) -> Tensor:
    """Put mosaics together again: the inverse of :func:`pixel_shuffle_mosaic_down`.

    Args:
        mosaics: N x C x (H + 2ms) x (W + 2ms), with s and m as there; the borders are dropped.
        stride: s, at least 1.
        border: m, around each sub-image.

    Returns:
        N x C x H x W.

    Raises:
        DataError: the mosaic does not divide into ``stride`` by ``stride`` blocks.
    """
    batch, channels = mosaics.shape[:2]
    height, width = mosaics.shape[-2:]
    if height % stride or width % stride:
        raise DataError(
            f"a mosaic of {width}x{height} pixels does not divide into {stride}x{stride} sub-images"
        )
    rows, columns = height // stride, width // stride
    blocks = mosaics.view(batch, channels, stride, rows, stride, columns).transpose(3, 4)
    phases = blocks[..., border : rows - border, border : columns - border]
    return phases.permute(0, 1, 4, 2, 5, 3).reshape(
        batch, channels, stride * (rows - 2 * border), stride * (columns - 2 * border)
    )


def _subimage_size(images: Tensor, stride: int) -> tuple[int, int]:
    """Rows and columns of each of the ``stride`` by ``stride`` sub-images."""
    height, width = images.shape[-2:]
    if height % stride or width % stride:
        raise DataError(
            f"cannot downsample images of {width}x{height} pixels by a stride of {stride}: "
            "width and height must be multiples of it; pad or crop them first"
        )
    return height // stride, width // stride
