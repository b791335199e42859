import numpy as np
import pytest

from harness_noise import measure_noise
from harness_noise.text import describe


@pytest.fixture
def text(generator, observe):
    def make(channels=3, **options):
        noise = generator.normal(2, 10, (80, 80, channels))
        return describe(measure_noise([observe(noise)], radius=3, **options))

    return make


def line(text, start):
    return next(line for line in text.splitlines() if line.startswith(start))


def test_every_fact_has_a_line(text):
    lines = text().splitlines()
    for start in (
        "standard deviation  ",
        "mean  ",
        "clipped samples     0.00% at black, 0.00% at white",
        "between channels    R-G ",
        "variance  ",
        "PSNR, noisy  ",
        "PSNR, ceiling  ",
        "lag (pooled)    1 ",
        "lag (rgb-direction)    1 ",
        "horizontal  ",
        "vertical  ",
        "stride (pooled)    1 ",
        "blind square (pooled)    1x1    3x3    5x5",
        "suggestion",
        "  pixel-shuffle stride 1: ",
        "  blind neighbourhood 1x1: ",
    ):
        assert any(each.startswith(start) for each in lines), start


def test_the_mean_has_a_sign_and_one_per_channel(text):
    found = line(text(), "mean")
    assert found.count("+") == 4
    assert "grey levels (R +" in found


def test_the_ceiling_says_whose_it_is(text):
    assert line(text(), "PSNR, ceiling").endswith("for a method that assumes noise of zero mean")


def test_without_ground_truth_what_needs_it_is_not_available(text):
    found = text(ground_truth=False)
    for start in ("mean", "PSNR, noisy", "PSNR, ceiling"):
        assert line(found, start).endswith("n/a: it needs ground truth")


def test_grey_noise_has_no_channels(text):
    found = text(channels=1)
    assert "between channels" not in found
    assert "(R " not in found


def test_one_intensity_allows_no_line(generator, observe):
    profile = measure_noise([observe(generator.normal(0, 3, (60, 60, 1)))], radius=2)
    assert line(describe(profile), "variance").endswith(
        "too few intensities without clipping for a line"
    )


def test_what_is_undefined_is_a_dash_and_zero_has_no_sign(observe):
    checks = np.indices((20, 21)).sum(axis=0) % 2 * 2.0 - 1
    grey = np.repeat(checks[..., np.newaxis], 3, axis=2)
    found = describe(measure_noise([observe(grey)], radius=2))
    assert line(found.split("lag (rgb-direction)")[1], "horizontal").split() == [
        "horizontal",
        "-",
        "-",
    ]
    assert "-0.00" not in found
