"""Pictures as a page shows them: images, errors and residuals on one scale, correlation maps."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features
from scipy import fft

from harness_reports.page.choice import Pixels

Array = NDArray[np.floating]

QUALITY = 85
"""Of pictures within the page, which are compressed; files beside it are exact."""


def encoded(image: Pixels, *, exact: bool) -> tuple[str, bytes]:
    """The suffix and the bytes of a picture's file.

    Args:
        image: to be shown.
        exact: every pixel is kept.
    """
    picture = _picture(image)
    file = io.BytesIO()
    if exact or not features.check("webp"):
        picture.save(file, "PNG")
        return "png", file.getvalue()
    picture.save(file, "WEBP", quality=QUALITY, method=2)
    return "webp", file.getvalue()


def inline(image: Pixels, *, exact: bool = False) -> str:
    """A picture as the address of an image that holds it."""
    suffix, content = encoded(image, exact=exact)
    return f"data:image/{suffix};base64,{base64.b64encode(content).decode()}"


def thumbnail(image: Pixels, side: int) -> Pixels:
    """A picture that fits into a square."""
    picture = _picture(image)
    picture.thumbnail((side, side))
    small = np.asarray(picture)
    return small if small.ndim == 3 else small[..., np.newaxis]


def difference(first: Pixels, second: Pixels) -> Array:
    """One image minus another, H x W x C, where 1 is white."""
    return (first.astype(np.float32) - second.astype(np.float32)) / 255


def error_map(error: Array, brightest: float) -> Pixels:
    """The size of an error, a mean over channels, in colours from black to yellow."""
    from matplotlib import colormaps

    level = np.abs(error).mean(axis=2) / brightest
    return _coloured(colormaps["inferno"](np.clip(level, 0, 1)))


def residual_map(residual: Array, strongest: float) -> Pixels:
    """What a method took away, a mean over channels: darker than grey where it made brighter."""
    level = 0.5 + residual.mean(axis=2, keepdims=True) / (2 * strongest)
    return _to_8bit(np.clip(level, 0, 1))


def colour_scale() -> Pixels:
    """The colours of :func:`error_map`, from left to right."""
    return error_map(np.linspace(0, 1, 128, dtype=np.float32)[np.newaxis, :, np.newaxis], 1.0)


def correlation_map(residuals: list[Array], radius: int) -> Array:
    r"""How residuals correlate with themselves at a distance, pooled over images and channels.

    .. math:: r(d) = \frac{\sum_p x_p x_{p+d} / n_d}{\sum_p x_p^2 / n_0}

    with each image's mean taken off, and :math:`n_d` the pairs of pixels at the distance d.

    Args:
        residuals: H x W x C each, larger than the radius.
        radius: the largest distance.

    Returns:
        (2 radius + 1) squared, the distance 0 in the middle.
    """
    side = 2 * radius + 1
    sums, pairs = np.zeros((side, side)), np.zeros((side, side))
    lags = np.abs(np.arange(-radius, radius + 1))
    for residual in residuals:
        height, width, channels = residual.shape
        centred = residual - residual.mean(axis=(0, 1))
        shape = [fft.next_fast_len(size + radius, real=True) for size in (height, width)]
        spectrum = fft.rfft2(centred, shape, axes=(0, 1))
        products = fft.irfft2(np.abs(spectrum) ** 2, shape, axes=(0, 1)).sum(axis=2)
        at = np.arange(-radius, radius + 1)
        sums += products[np.ix_(at, at)]
        pairs += channels * np.outer(height - lags, width - lags)
    covariance = sums / pairs
    middle = covariance[radius, radius]
    return covariance / middle if middle > 0 else np.full_like(covariance, np.nan)


def correlation_picture(values: Array) -> Pixels:
    """A correlation map in colours: red for positive, blue for negative, white for none."""
    from matplotlib import colormaps

    return _coloured(colormaps["RdBu_r"](np.nan_to_num(values, nan=0.0) / 2 + 0.5))


def _picture(image: Pixels) -> Image.Image:
    return Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image)


def _coloured(colours: Array) -> Pixels:
    return _to_8bit(colours[..., :3])


def _to_8bit(levels: Array) -> Pixels:
    return np.asarray(np.rint(levels * 255), dtype=np.uint8)
