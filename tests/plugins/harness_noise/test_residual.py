"""What a residual tells: nothing of white noise, and more where there is more structure in it."""

import pytest
import torch
from torch.nn import functional

from harness import MetricUnavailableError
from harness.testing.contracts import MetricContract
from harness_noise.residual import residual_correlation, residual_structure

METRICS = [residual_correlation, residual_structure]


class TestResidualCorrelation(MetricContract):
    name = "residual-correlation"
    ranks_noise = False


class TestResidualStructure(MetricContract):
    name = "residual-structure"
    ranks_noise = False


@pytest.fixture(autouse=True)
def _same_draws():
    torch.manual_seed(0)


@pytest.fixture
def clean():
    """Bars that begin on the left and get narrower, a flat half, 1 x 1 x 192 x 192."""
    place = torch.arange(192) / 192
    bars = 0.2 * torch.sin(200 * place**2).sign() * (place > 0.5)
    return (0.5 + bars).expand(1, 1, 192, 192)


def noisy(clean):
    return clean + 0.1 * torch.randn_like(clean)


def blurred(image, by):
    """Between an image and its mean over 5x5 pixels, which is reached at 1."""
    padded = functional.pad(image, (2, 2, 2, 2), mode="replicate")
    return (1 - by) * image + by * functional.avg_pool2d(padded, 5, stride=1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_residual_of_the_truth_under_white_noise_tells_nothing(metric, clean, channels):
    image = clean.expand(-1, channels, -1, -1)

    (score,) = metric(image, noisy(image))

    assert float(score) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("metric", METRICS)
def test_the_more_structure_is_taken_away_the_more_it_tells(metric, clean):
    given = noisy(clean)

    scores = [float(*metric(blurred(clean, by), given)) for by in (0, 0.3, 0.6, 1)]

    assert scores == sorted(scores)
    assert scores[-1] > scores[0] + 0.3


def test_noise_that_grows_with_intensity_is_no_structure():
    image = torch.linspace(0.1, 0.4, 256).expand(1, 1, 256, 256)
    image = image + 0.02 * torch.randn(32, 32).repeat_interleave(8, 0).repeat_interleave(8, 1)
    image = image * (1 + 0.1 * torch.rand(1, 1, 256, 256))

    (score,) = residual_structure(image, image + image * 0.3 * torch.randn_like(image))

    assert score < 0.15


def test_noise_that_correlates_shows_in_the_residual_of_the_truth():
    image = torch.full((1, 3, 64, 64), 0.5)
    noise = functional.avg_pool2d(torch.randn(1, 3, 65, 65), 2, stride=1)

    assert residual_correlation(image, image + noise)[0] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_is_told_where_nothing_was_taken_away(metric, clean):
    (score,) = metric(clean, clean)

    assert float(score) != float(score)


@pytest.mark.parametrize("metric", METRICS)
def test_too_small_an_image_has_no_score(metric):
    with pytest.raises(MetricUnavailableError, match=r"images of 5x5 pixels (are|have) too"):
        metric(torch.rand(1, 1, 5, 5), torch.rand(1, 1, 5, 5))
