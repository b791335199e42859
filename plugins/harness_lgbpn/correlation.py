"""How noise correlates between pixels, estimated from noisy images alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness import DataError, Image, white

BLOCK = 32
"""Side of the blocks that are looked at, in pixels."""

GROUP = 16
"""So many blocks of about the same brightness, in a channel of an image, are compared."""

FLAT = 4
"""So many of them are taken for flat."""

CLIPPED = 0.01
"""Share of the pixels of a block that may be black or white: clipping changes the correlation."""

BLOCKS_AT_MOST = 50_000
"""Looked at over all images, before the choice."""


def noise_correlation(images: Sequence[Image], radius: int) -> NDArray[np.float64]:
    r"""Estimate the autocorrelation of noise from the flat parts of noisy images.

    .. math:: \rho(d) = \operatorname{median}_b
        \frac{\overline{n_b(p)\, n_b(p + d)}}{\overline{n_b(p)^2}}

    over flat blocks b, where :math:`n_b` is what a fitted plane leaves of a block. Of the blocks of
    a channel of an image that are about as bright as one another, and so about as noisy, the
    quarter with the least variance counts as flat. All channels are taken together.

    The paper computes it from noisy minus clean images, Eq. 1. Without clean ones it is biased:
    texture, where images have no flat parts, reads as correlation; and the plane and the choice of
    the least variance take some away, the more the further noise correlates: about 0.01 for white
    noise, up to 0.07 where it correlates by 0.5 over two pixels.

    Args:
        images: noisy images, H x W x C, 8 or 16 bit.
        radius: largest lag in pixels; less than a block.

    Returns:
        (2 radius + 1) x (2 radius + 1), symmetric about its centre, which is 1.

    Raises:
        DataError: there are no blocks to look at, or all are clipped or without noise.
    """
    share = max(1, BLOCKS_AT_MOST // sum((image.shape[2] for image in images), start=1))
    chosen = [
        _flattest(_blocks(image[..., channel], share))
        for image in images
        for channel in range(image.shape[2])
    ]
    flat = np.concatenate([np.empty((0, BLOCK, BLOCK)), *chosen])
    if not len(flat):
        raise DataError(
            "cannot measure how the noise correlates: the training images have no block of "
            f"{BLOCK}x{BLOCK} pixels with noise that is not clipped; set mask=paper"
        )
    return _median_autocorrelation(flat, radius)


def _blocks(channel: Image, count: int) -> NDArray[np.float64]:
    """Blocks of a channel, in [0, 1], spread evenly: at most count x BLOCK x BLOCK."""
    columns = channel.shape[1] // BLOCK
    there = channel.shape[0] // BLOCK * columns
    places = np.linspace(0, there, min(count, there), endpoint=False, dtype=int)
    corners = [(BLOCK * (place // columns), BLOCK * (place % columns)) for place in places]
    blocks = [channel[top : top + BLOCK, left : left + BLOCK] for top, left in corners]
    pixels = np.array(blocks, dtype=np.float64).reshape(-1, BLOCK, BLOCK)
    return pixels / white(channel.dtype)


def _flattest(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """What planes leave of the flattest blocks; those that are clipped, or constant, left out."""
    clipped = ((blocks == 0) | (blocks == 1)).mean(axis=(1, 2)) > CLIPPED
    noisy = blocks[~clipped & (np.ptp(blocks, axis=(1, 2)) > 0)]
    ordered = noisy[np.argsort(noisy.mean(axis=(1, 2)))]
    residuals = _without_plane(ordered)
    variances = residuals.var(axis=(1, 2))
    flattest = [
        start + np.argsort(variances[start : start + GROUP])[:FLAT]
        for start in range(0, len(residuals), GROUP)
    ]
    chosen: NDArray[np.float64] = residuals[np.concatenate([np.empty(0, dtype=int), *flattest])]
    return chosen


def _without_plane(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Subtract from each block the plane that fits it best."""
    centred = blocks - blocks.mean(axis=(1, 2), keepdims=True)
    slope = np.arange(BLOCK) - (BLOCK - 1) / 2
    square = BLOCK * (slope**2).sum()
    down = np.einsum("nij,i->n", centred, slope) / square
    right = np.einsum("nij,j->n", centred, slope) / square
    plane = down[:, None, None] * slope[:, None] + right[:, None, None] * slope
    residuals: NDArray[np.float64] = centred - plane
    return residuals


def _median_autocorrelation(blocks: NDArray[np.float64], radius: int) -> NDArray[np.float64]:
    spectrum = np.fft.rfft2(blocks, s=(2 * BLOCK, 2 * BLOCK))  # padded, so that it does not wrap
    sums = np.fft.irfft2(np.abs(spectrum) ** 2, s=(2 * BLOCK, 2 * BLOCK))
    lags = np.arange(-radius, radius + 1)
    pairs = np.outer(BLOCK - np.abs(lags), BLOCK - np.abs(lags))
    covariance = sums[:, lags[:, None], lags] / pairs
    correlations = covariance / covariance[:, radius, radius, None, None]
    median: NDArray[np.float64] = np.median(correlations, axis=0)
    return median
