import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from harness import DataError
from harness_lgbpn.correlation import noise_correlation


def made_noise(shape, kernel_deviation, seed=0):
    """White noise, blurred, of variance 1."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    if kernel_deviation:
        noise = gaussian_filter(noise, (kernel_deviation, kernel_deviation, 0), mode="wrap")
    return noise / noise.std()


def photograph(kernel_deviation, level=8.0):
    """Half of it a slope, half of it stripes, with noise that grows with brightness."""
    rows, columns = np.mgrid[:512, :512]
    clean = 60 + 100 * columns / 512 + 40 * (rows >= 256) * np.sin(columns)
    noise = made_noise((512, 512, 3), kernel_deviation)
    noisy = clean[..., None] + level * (clean[..., None] / 100) * noise
    return np.clip(noisy.round(), 0, 255).astype(np.uint8)


def test_white_noise_does_not_correlate():
    correlation = noise_correlation([photograph(0)], radius=10)

    assert correlation.shape == (21, 21)
    assert correlation[10, 10] == pytest.approx(1)
    correlation[10, 10] = 0
    assert np.abs(correlation).max() < 0.05


@pytest.mark.parametrize("deviation", [0.6, 1.2])
def test_the_correlation_of_made_noise_is_found(deviation):
    lags = np.arange(-10, 11)
    impulse = np.zeros((65, 65))
    impulse[32, 32] = 1
    kernel = gaussian_filter(impulse, deviation)
    shifted = [[np.roll(kernel, (down, right), (0, 1)) for right in lags] for down in lags]
    expected = (kernel * np.array(shifted)).sum(axis=(2, 3))
    expected /= expected[10, 10]

    correlation = noise_correlation([photograph(deviation)], radius=10)

    assert np.abs(correlation - expected).max() < 0.08


def test_it_is_the_same_to_both_sides():
    correlation = noise_correlation([photograph(1.0)], radius=5)

    np.testing.assert_allclose(correlation, correlation[::-1, ::-1], atol=1e-12)


def test_8_and_16_bit_images_agree():
    image = photograph(1.0)

    deep = noise_correlation([image.astype(np.uint16) * 257], radius=5)

    np.testing.assert_allclose(deep, noise_correlation([image], radius=5), atol=1e-9)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64, 3), np.uint8),
        np.full((64, 64, 1), 100, np.uint8),
        np.ones((16, 16, 3), np.uint8),
    ],
    ids=["clipped", "without noise", "small"],
)
def test_an_image_without_noise_to_see_is_refused(image):
    with pytest.raises(DataError, match=r"no block of 32x32 pixels with noise.*set mask=paper"):
        noise_correlation([image], radius=10)
