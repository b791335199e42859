from statistics import fmean

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch.nn import functional as F

from harness.data.images import to_8bit
from harness.errors import MetricUnavailableError
from harness.metrics.ssim import ssim

PROTOCOLS = ["skimage", "wang", "matlab-volume"]


def ssim_by_the_book(x, y, window, *, sample_covariance=False):
    """The formula over explicit windows, which the last axes of ``window`` hold."""
    axes = tuple(range(-window.ndim, 0))
    mean_x, mean_y = (x * window).sum(axes), (y * window).sum(axes)
    centred_x = x - mean_x[(..., *[None] * window.ndim)]
    centred_y = y - mean_y[(..., *[None] * window.ndim)]
    norm = window.size / (window.size - 1) if sample_covariance else 1
    variance_x = norm * (centred_x**2 * window).sum(axes)
    variance_y = norm * (centred_y**2 * window).sum(axes)
    covariance = norm * (centred_x * centred_y * window).sum(axes)
    c1, c2 = 0.01**2, 0.03**2
    numerator = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return (numerator / (mean_x**2 + mean_y**2 + c1) / (variance_x + variance_y + c2)).mean()


def gaussian(dimensions):
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = line
    for _ in range(dimensions - 1):
        window = window[..., None] * line
    return window / window.sum()


def windows(image, size, dimensions):
    """All windows of a C x H x W image; over C too if there are three dimensions."""
    axes = (1, 2) if dimensions == 2 else (0, 1, 2)
    return np.lib.stride_tricks.sliding_window_view(image, (size,) * dimensions, axes)


@pytest.fixture
def pair():
    generator = torch.Generator().manual_seed(0)
    clean = F.interpolate(torch.rand(1, 3, 4, 5, generator=generator), (17, 19), mode="bicubic")
    clean = clean.clamp(0, 1).double()
    return clean + 0.1 * torch.randn(clean.shape, generator=generator), clean


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_identical_images_give_one(protocol):
    images = torch.rand(2, 3, 16, 16)

    assert ssim(images, images, protocol=protocol) == pytest.approx([1, 1])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_it_is_symmetric(pair, protocol):
    noisy, clean = pair

    assert ssim(noisy, clean, protocol=protocol) == pytest.approx(
        ssim(clean, noisy, protocol=protocol)
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_flat_images_leave_the_luminance_term(protocol):
    denoised, clean = torch.full((1, 3, 16, 16), 0.5), torch.full((1, 3, 16, 16), 0.25)

    expected = (2 * 0.5 * 0.25 + 1e-4) / (0.5**2 + 0.25**2 + 1e-4)

    assert ssim(denoised, clean, protocol=protocol) == pytest.approx([expected])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_images_of_a_batch_are_scored_by_themselves(protocol):
    denoised, clean = torch.rand(2, 3, 3, 16, 16)

    separate = [
        ssim(x[None], y[None], protocol=protocol)[0] for x, y in zip(denoised, clean, strict=True)
    ]

    assert ssim(denoised, clean, protocol=protocol) == separate


def test_skimage_is_the_formula_over_uniform_windows(pair):
    noisy, clean = (windows(images[0].numpy(), 7, 2) for images in pair)

    expected = ssim_by_the_book(noisy, clean, np.full((7, 7), 1 / 49), sample_covariance=True)

    assert ssim(*pair, protocol="skimage") == pytest.approx([expected])


def test_wang_is_the_formula_over_gaussian_windows(pair):
    noisy, clean = (windows(images[0].numpy(), 11, 2) for images in pair)

    expected = ssim_by_the_book(noisy, clean, gaussian(2))

    assert ssim(*pair, protocol="wang") == pytest.approx([expected])


@pytest.mark.parametrize("channels", [1, 3])
def test_matlab_volume_is_the_formula_over_gaussian_cubes(pair, channels):
    noisy, clean = (
        windows(np.pad(images[0, :channels].numpy(), 5, mode="edge"), 11, 3) for images in pair
    )

    expected = ssim_by_the_book(noisy, clean, gaussian(3))

    grey_or_rgb = [images[:, :channels] for images in pair]
    assert ssim(*grey_or_rgb, protocol="matlab-volume") == pytest.approx([expected])


@pytest.mark.parametrize(("protocol", "window"), [("skimage", 7), ("wang", 11)])
def test_images_smaller_than_the_window_have_no_score(protocol, window):
    enough, too_small = torch.rand(1, 3, window, 30), torch.rand(1, 3, window - 1, 30)

    assert ssim(enough, enough, protocol=protocol) == pytest.approx([1])
    with pytest.raises(
        MetricUnavailableError,
        match=rf"^images of 30x{window - 1} pixels are smaller than the window of "
        rf"{window}x{window}$",
    ):
        ssim(too_small, too_small, protocol=protocol)


@pytest.mark.parametrize(
    ("protocol", "noisy_value", "blurred_value"),
    [("skimage", 0.6952, 0.8257), ("wang", 0.7107, 0.8484), ("matlab-volume", 0.8620, 0.9168)],
)
def test_a_real_pair_has_the_known_values(cc15, protocol, noisy_value, blurred_value):
    noisy, clean = cc15["d800_iso6400_1"]
    blurred = to_8bit(torch.from_numpy(gaussian_filter(noisy.numpy(), (0, 0, 1, 1))))

    assert ssim(noisy, clean, protocol=protocol) == pytest.approx([noisy_value], abs=5e-5)
    assert ssim(blurred, clean, protocol=protocol) == pytest.approx([blurred_value], abs=5e-5)


@pytest.mark.parametrize(
    ("protocol", "mean"), [("skimage", 0.8429), ("wang", 0.8483), ("matlab-volume", 0.9563)]
)
def test_noisy_cc15_has_the_known_mean(cc15, protocol, mean):
    scores = [ssim(noisy, clean, protocol=protocol)[0] for noisy, clean in cc15.values()]

    assert fmean(scores) == pytest.approx(mean, abs=5e-5)
