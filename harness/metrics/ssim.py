"""Structural similarity, by the conventions that papers use without naming them."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import MetricUnavailableError

SIGMA = 1.5  # Wang et al. 2004, Sec. III-B
RADIUS = 5  # of the 11-pixel Gaussian window, same place
K1, K2 = 0.01, 0.03  # same place

Pixels = NDArray[np.float64]
Protocol = Literal["skimage", "wang", "matlab-volume"]


def ssim(denoised: Tensor, clean: Tensor, *, protocol: Protocol = "skimage") -> list[float]:
    r"""Structural similarity per image, the mean of its map over pixels and channels.

    .. math::
        \mathrm{SSIM} = \frac{(2 \mu_x \mu_y + c_1)(2 \sigma_{xy} + c_2)}
                             {(\mu_x^2 + \mu_y^2 + c_1)(\sigma_x^2 + \sigma_y^2 + c_2)},
        \quad c_1 = 0.01^2, c_2 = 0.03^2

    for images in [0, 1]. The protocol says over which window the means and covariances go:

    * ``skimage``: uniform 7 x 7, sample covariance, windows inside the image only, per channel;
      what scikit-image computes by default.
    * ``wang``: Gaussian 11 x 11 with sigma 1.5, biased covariance, windows inside the image only,
      per channel (Wang et al. 2004).
    * ``matlab-volume``: Gaussian 11 x 11 x 11 that runs across the colour channels too, borders
      replicated, all voxels; what MATLAB's ``ssim`` does to an RGB array, and most SIDD tables
      report.

    Args:
        denoised: N x C x H x W in [0, 1].
        clean: the same.
        protocol: window, covariance and border, as above; docs/metrics.md says who reports which.

    Raises:
        MetricUnavailableError: the images are smaller than the window.
    """
    compare = _PROTOCOLS[protocol]
    return [compare(_pixels(x), _pixels(y)) for x, y in zip(denoised, clean, strict=True)]


def _skimage(denoised: Pixels, clean: Pixels) -> float:
    _check_window(denoised, 7)
    return _structural_similarity(
        denoised, clean, win_size=7, gaussian_weights=False, use_sample_covariance=True
    )


def _wang(denoised: Pixels, clean: Pixels) -> float:
    _check_window(denoised, 2 * RADIUS + 1)
    return _structural_similarity(
        denoised,
        clean,
        gaussian_weights=True,  # 11 pixels wide at this sigma; the border of 5 is cut off
        sigma=SIGMA,
        use_sample_covariance=False,
    )


def _structural_similarity(denoised: Pixels, clean: Pixels, **convention: Any) -> float:
    from skimage.metrics import structural_similarity  # SciPy takes long to import

    fixed = {"data_range": 1.0, "channel_axis": 2}
    return float(structural_similarity(denoised, clean, **fixed, **convention))  # type: ignore[no-untyped-call]


def _matlab_volume(denoised: Pixels, clean: Pixels) -> float:
    from scipy.ndimage import gaussian_filter

    def local_mean(volume: Pixels) -> Pixels:
        return np.asarray(gaussian_filter(volume, SIGMA, radius=RADIUS, mode="nearest"))

    mean_x, mean_y = local_mean(denoised), local_mean(clean)
    variance_x = local_mean(denoised**2) - mean_x**2
    variance_y = local_mean(clean**2) - mean_y**2
    covariance = local_mean(denoised * clean) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + K1**2) / (mean_x**2 + mean_y**2 + K1**2)
    structure = (2 * covariance + K2**2) / (variance_x + variance_y + K2**2)
    return float((luminance * structure).mean())


_PROTOCOLS: Mapping[str, Callable[[Pixels, Pixels], float]] = {
    "skimage": _skimage,
    "wang": _wang,
    "matlab-volume": _matlab_volume,
}


def _pixels(image: Tensor) -> Pixels:
    """H x W x C in double precision."""
    return image.permute(1, 2, 0).double().cpu().numpy()


def _check_window(image: Pixels, window: int) -> None:
    height, width, _ = image.shape
    if min(height, width) < window:
        raise MetricUnavailableError(
            f"images of {width}x{height} pixels are smaller than the window of {window}x{window}"
        )
