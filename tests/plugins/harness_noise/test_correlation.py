import numpy as np
import pytest
from scipy.ndimage import convolve1d

from harness.errors import DataError
from harness_noise import CORRELATION_MAPS, DirectionCorrelation, PooledCorrelation, correlation

BOTH = pytest.mark.parametrize("definition", ["pooled", "rgb-direction"])


def map_of(definition, images, radius):
    correlation_map = CORRELATION_MAPS[definition](radius)
    for image in images:
        correlation_map.add(image)
    return correlation_map.values()


def noise_like_a_camera(generator, height, width, channels=3):
    """Correlated, rounded noise with a mean per channel and a patch of grey noise."""
    white = generator.normal(0, 12, (height, width, channels))
    smooth = convolve1d(convolve1d(white, [0.3, 1, 0.6], axis=0), [0.5, 1, 0.1], axis=1)
    noise = np.rint(smooth + generator.normal(0, 5, channels))
    noise[2:5, 3:6] = noise[2:5, 3:6, :1]
    return noise


@BOTH
@pytest.mark.parametrize("shape", [(9, 9), (8, 13), (14, 7)])
def test_the_map_is_that_of_brute_force(definition, shape, generator, brute_force):
    images = [noise_like_a_camera(generator, *shape)]
    expected = brute_force(definition, images, 4)
    np.testing.assert_allclose(map_of(definition, images, 4), expected, rtol=0, atol=1e-12)


@BOTH
def test_images_of_different_sizes_make_one_map(definition, generator, brute_force):
    shapes = [(9, 9), (8, 13), (14, 7), (5, 20)]
    images = [noise_like_a_camera(generator, *shape) for shape in shapes]
    expected = brute_force(definition, images, 4)
    np.testing.assert_allclose(map_of(definition, images, 4), expected, rtol=0, atol=1e-12)


def test_grey_images_have_a_pooled_map(generator, brute_force):
    images = [noise_like_a_camera(generator, 10, 12, 1), noise_like_a_camera(generator, 11, 9, 1)]
    expected = brute_force("pooled", images, 5)
    np.testing.assert_allclose(map_of("pooled", images, 5), expected, rtol=0, atol=1e-12)


def test_on_one_grey_image_the_pooled_map_is_the_coefficient_of_pearson(generator):
    noise = noise_like_a_camera(generator, 20, 30, 1)
    found = map_of("pooled", [noise], 3)
    expected = np.corrcoef(noise[:-2, 1:, 0].ravel(), noise[2:, :-1, 0].ravel())[0, 1]
    assert found[3 + 2, 3 - 1] == pytest.approx(expected, abs=1e-12)


@BOTH
@pytest.mark.parametrize("band", [1, 3, 7, 20])
def test_bands_of_rows_change_nothing(definition, band, generator, brute_force, monkeypatch):
    monkeypatch.setattr(correlation, "BAND", band)
    images = [noise_like_a_camera(generator, 16, 9)]
    expected = brute_force(definition, images, 4)
    np.testing.assert_allclose(map_of(definition, images, 4), expected, rtol=0, atol=1e-12)


@BOTH
def test_the_order_of_the_images_does_not_matter(definition, generator):
    images = [noise_like_a_camera(generator, 20 + index, 24) for index in range(6)]
    forth, back = map_of(definition, images, 6), map_of(definition, images[::-1], 6)
    np.testing.assert_allclose(forth, back, rtol=0, atol=1e-13)


@BOTH
def test_the_map_is_one_in_the_middle_and_symmetric_about_it(definition, generator):
    found = map_of(definition, [noise_like_a_camera(generator, 30, 40)], 10)
    assert found.shape == (21, 21)
    assert found[10, 10] == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(found, found[::-1, ::-1], rtol=0, atol=1e-14)


@BOTH
def test_white_noise_correlates_with_itself_alone(definition, generator):
    found = map_of(definition, [generator.normal(0, 10, (256, 256, 3))], 10)
    found[10, 10] -= 1
    assert np.abs(found).max() < 5 / 256  # five standard errors of 256^2 pairs


def test_filtered_noise_has_the_correlation_of_its_filter(generator):
    down, right = np.array([1.0, 2.0, 1.0]), np.array([1.0, 0.0, -1.0])
    white = generator.normal(0, 10, (512, 512, 3))
    noise = convolve1d(convolve1d(white, down, axis=0), right, axis=1)[2:-2, 2:-2]
    expected = np.outer([1, 4, 6, 4, 1], [-1, 0, 2, 0, -1]) / 12  # of the filter with itself
    np.testing.assert_allclose(map_of("pooled", [noise], 2), expected, rtol=0, atol=0.01)


def test_a_mean_per_image_and_channel_is_no_correlation(generator):
    images = [noise_like_a_camera(generator, 20, 30) for _ in range(3)]
    shifted = [image + generator.normal(0, 100, 3) for image in images]
    np.testing.assert_allclose(
        map_of("pooled", images, 5), map_of("pooled", shifted, 5), rtol=0, atol=1e-12
    )


def test_the_direction_of_colour_knows_neither_strength_nor_grey(generator):
    noise = generator.normal(0, 10, (20, 30, 3))
    stronger = noise * generator.uniform(0.5, 9, (20, 30, 1))
    brighter = stronger + generator.normal(0, 50, (20, 30, 1))
    np.testing.assert_allclose(
        map_of("rgb-direction", [noise], 5),
        map_of("rgb-direction", [brighter], 5),
        rtol=0,
        atol=1e-12,
    )


def test_noise_without_colour_has_no_direction(generator):
    grey = np.repeat(np.rint(generator.normal(0, 10, (20, 30, 1))), 3, axis=2)
    assert np.isnan(map_of("rgb-direction", [grey], 5)).all()


def test_no_noise_has_no_correlation():
    assert np.isnan(map_of("pooled", [np.zeros((20, 30, 3))], 5)).all()


def test_grey_images_have_no_direction_of_colour():
    with pytest.raises(DataError, match=r"^the definition rgb-direction needs colour images, and "):
        DirectionCorrelation(2).add(np.zeros((20, 30, 1)))


def test_an_image_smaller_than_the_map_is_an_error_and_one_just_larger_is_not(generator):
    PooledCorrelation(10).add(generator.normal(0, 1, (11, 11, 3)))
    with pytest.raises(
        DataError, match=r"^an image of 30x10 pixels is too small .* 10; say --radius 9 or less$"
    ):
        PooledCorrelation(10).add(generator.normal(0, 1, (10, 30, 3)))
