import math

import pytest
import torch

from harness.errors import MetricUnavailableError
from harness.metrics.psnr import psnr
from harness.metrics.upsnr import upsnr

SIGMA = 0.1


@pytest.fixture(autouse=True)
def _same_draws():
    torch.manual_seed(0)


def burst(clean, shots):
    """Further shots with white noise, N x S x C x H x W."""
    return clean[:, None] + SIGMA * torch.randn(clean.shape[0], shots, *clean.shape[1:])


def mean_square(decibels):
    return 10 ** (-decibels / 10)


@pytest.mark.parametrize("shots", [2, 3, 8])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_estimates_psnr_within_its_standard_error(channels, shots):
    clean = torch.rand(40, channels, 48, 48)
    denoised = clean + 0.05 * torch.rand_like(clean)

    truth = mean_square(psnr(denoised, clean))
    errors = mean_square(upsnr(denoised, burst(clean, shots))) - truth

    assert abs(errors.mean()) < 3 * errors.std() / math.sqrt(len(errors))
    expected = 4 * SIGMA**2 * truth.mean() / shots + 2 * SIGMA**4 / (shots * (shots - 1))
    assert errors.std() == pytest.approx(math.sqrt(expected / clean[0].numel()), rel=0.35)


def test_noise_that_correlates_between_pixels_does_no_harm():
    clean = torch.rand(40, 1, 48, 48)
    noise = torch.nn.functional.avg_pool2d(torch.randn(40, 3, 50, 50), 3, stride=1)
    denoised = clean + 0.2

    errors = mean_square(upsnr(denoised, clean[:, None] + noise[:, :, None])) - 0.2**2

    assert abs(errors.mean()) < 3 * errors.std() / math.sqrt(len(errors))


def test_it_has_the_expectation_of_the_papers_estimate_and_strays_less():
    clean = torch.rand(200, 1, 16, 16)
    shots = burst(clean, 3)
    first, second, third = shots.unbind(1)
    denoised = clean + 0.1

    paper = ((denoised - first).square() - (second - third).square() / 2).mean((1, 2, 3))
    own = mean_square(upsnr(denoised, shots))

    assert abs((own - paper).mean()) < 3 * (own - paper).std() / math.sqrt(200)
    assert own.std() < paper.std()


def test_a_mean_of_the_noise_is_taken_for_part_of_the_image():
    clean = torch.rand(1, 3, 64, 64)
    shots = burst(clean, 3) + 0.1

    assert upsnr(clean + 0.1, shots).isnan() or upsnr(clean + 0.1, shots) > 35
    assert upsnr(clean, shots).item() == pytest.approx(20, abs=0.5)


def test_an_error_below_what_the_noise_leaves_uncertain_has_none():
    denoised = torch.full((1, 1, 2, 2), 0.5)

    assert upsnr(denoised, torch.tensor([0.4, 0.6]).view(1, 2, 1, 1, 1) + 0 * denoised).isnan()


def test_one_further_shot_is_too_few():
    with pytest.raises(MetricUnavailableError, match="uPSNR needs 2 further shots of an image"):
        upsnr(torch.rand(1, 3, 8, 8), torch.rand(1, 1, 3, 8, 8))
