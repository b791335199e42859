"""Pixel-shuffle downsampling (PD): break noise correlation by taking every stride-th pixel."""

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
    batch, channels, height, width = images.shape
    if height % stride or width % stride:
        raise DataError(
            f"cannot downsample images of {width}x{height} pixels by a stride of {stride}: "
            "width and height must be multiples of it; pad or crop them first"
        )
    rows, columns = height // stride, width // stride
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
