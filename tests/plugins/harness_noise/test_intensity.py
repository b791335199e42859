import numpy as np
import pytest

from harness_noise import IntensityBin
from harness_noise.intensity import IntensityProfile, fit_poisson_gaussian


def profile_of(clean, noise, clipped=None):
    profile = IntensityProfile()
    profile.add(noise, clean, np.zeros(clean.shape, bool) if clipped is None else clipped)
    return profile.bins()


def a_bin(intensity, std, count=1000, clipped=0.0):
    return IntensityBin(intensity, count, 0.0, std, clipped)


def test_noise_of_a_sensor_gives_back_its_line(generator):
    a, b = 0.01, 0.0004
    clean = generator.uniform(0.05, 0.95, (512, 512, 3))
    noise = generator.normal(0, np.sqrt(a * clean + b))
    fit = fit_poisson_gaussian(profile_of(255 * clean, 255 * noise))
    assert fit.a == pytest.approx(a, rel=0.03)
    assert fit.b == pytest.approx(b, rel=0.1)
    assert fit.explained > 0.99
    assert fit.std(np.array([127.5]))[0] == pytest.approx(255 * np.sqrt(a / 2 + b), rel=0.02)


def test_a_bin_holds_the_mean_and_the_strength_of_its_intensity(generator):
    clean = np.where(np.arange(128) < 64, 20.0, 200.0) * np.ones((128, 1))
    noise = np.where(clean < 100, generator.normal(-4, 3, clean.shape), 1.0)
    dark, bright = profile_of(clean, noise, clipped=clean > 100)
    assert (dark.intensity, dark.count, dark.clipped) == (20, 128 * 64, 0)
    assert dark.mean == pytest.approx(-4, abs=0.1)
    assert dark.std == pytest.approx(3, abs=0.1)
    assert (bright.intensity, bright.mean, bright.std, bright.clipped) == (200, 1, 0, 1)


def test_the_range_ends_in_the_last_bin_and_few_samples_make_none():
    clean = np.full((40, 40, 1), 255.0)
    clean[0, :10] = 0
    (only,) = profile_of(clean, np.zeros(clean.shape))
    assert only.intensity == 255


def test_clipped_intensities_are_left_out_of_the_line():
    line = [a_bin(level, np.sqrt(level)) for level in (50, 100, 200)]
    with_clipping = (a_bin(5, 0.1, clipped=0.4), *line)
    assert fit_poisson_gaussian(with_clipping) == fit_poisson_gaussian(tuple(line))
    assert fit_poisson_gaussian(tuple(line)).explained == pytest.approx(1)


def test_two_intensities_make_no_line():
    assert fit_poisson_gaussian((a_bin(10, 1), a_bin(20, 2))) is None
