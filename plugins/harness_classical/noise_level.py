"""How strong the noise of an image is, from the image alone, by scikit-image."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.restoration import estimate_sigma

STRIDE = 2
"""Of the sub-images whose noise tells that of neighbours apart from it."""

SMALLEST = 5
"""Side in pixels from which scikit-image's estimate takes an image for one."""


def noise_level(image: NDArray[Any]) -> float:
    """The mean over channels of the wavelet estimate of the noise's standard deviation.

    It takes the finest details for noise, and so reads too low where noise correlates between
    neighbours, as it does in photographs. A flat channel, such as one that is all black, has no
    detail to tell by, and counts as without noise.

    Args:
        image: H x W x C in [0, 1].
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a median of nothing, which is NaN
        levels = estimate_sigma(image, channel_axis=-1)  # type: ignore[no-untyped-call]
    return float(np.nan_to_num(levels).mean())


def correlation_ratio(image: NDArray[Any]) -> float:
    """How much stronger the noise of sub-images reads than that of the image; 1 for white noise.

    The pixels of a sub-image are two pixels apart, so their noise correlates less; the finest
    details of the image count as noise, too, and raise the ratio a little.

    Args:
        image: H x W x C in [0, 1], with noise.

    Returns:
        At least 1; 1 for an image too small to tell.
    """
    if min(image.shape[:2]) < STRIDE * SMALLEST:
        return 1.0
    levels = [
        noise_level(image[top::STRIDE, left::STRIDE])
        for top in range(STRIDE)
        for left in range(STRIDE)
    ]
    return max(1.0, float(np.mean(levels)) / noise_level(image))
