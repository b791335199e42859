import math
from statistics import fmean

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from harness.metrics.psnr import psnr


def test_identical_images_give_infinity():
    images = torch.rand(2, 3, 4, 4)

    assert psnr(images, images).tolist() == [math.inf, math.inf]


def test_black_against_white_is_zero_decibels():
    assert psnr(torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)).tolist() == [0.0]


def test_an_error_of_one_level_everywhere_is_48_decibels():
    clean = torch.zeros(1, 3, 4, 4)

    assert psnr(clean + 1 / 255, clean).item() == pytest.approx(20 * math.log10(255))


def test_one_error_is_taken_over_height_width_and_channels():
    clean = torch.zeros(1, 3, 2, 2)
    denoised = clean.clone()
    denoised[0, 0] = 0.5  # a mean of three channels' values would be infinite

    assert psnr(denoised, clean).item() == pytest.approx(-10 * math.log10(0.25 / 3))


def test_images_of_a_batch_are_scored_by_themselves():
    denoised, clean = torch.rand(2, 4, 3, 8, 8)

    separate = [psnr(x[None], y[None]).item() for x, y in zip(denoised, clean, strict=True)]

    assert psnr(denoised, clean).tolist() == pytest.approx(separate)


@pytest.mark.parametrize("channels", [1, 3])
def test_it_equals_scikit_image(channels):
    denoised, clean = torch.rand(2, 1, channels, 16, 16, dtype=torch.float64)

    expected = peak_signal_noise_ratio(clean[0].numpy(), denoised[0].numpy(), data_range=1.0)

    assert psnr(denoised, clean).item() == pytest.approx(expected)


def test_a_real_pair_has_the_known_value(cc15):
    noisy, clean = cc15["d800_iso6400_1"]

    assert psnr(noisy, clean).item() == pytest.approx(29.6291, abs=5e-5)


def test_noisy_cc15_has_the_known_mean(cc15):
    assert len(cc15) == 15
    mean = fmean(psnr(noisy, clean).item() for noisy, clean in cc15.values())

    assert mean == pytest.approx(33.4142, abs=5e-5)
