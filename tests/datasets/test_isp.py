import numpy as np
import pytest

from harness_datasets import isp


def test_the_colour_matrix_keeps_grey():
    np.testing.assert_allclose(np.sum(isp.PHONE.colour_matrix, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("level", [0.0, 0.2, 1.0])
def test_demosaicking_keeps_a_flat_plane(level):
    rgb = isp.demosaic(np.full((8, 10), level, np.float32))
    np.testing.assert_allclose(rgb, level, atol=1e-6)


def test_demosaicking_keeps_every_grey_ramp_but_at_the_border():
    rows, columns = np.mgrid[0:12, 0:14].astype(np.float32)
    ramp = 0.02 * rows + 0.03 * columns
    inside = isp.demosaic(ramp)[2:-2, 2:-2]
    np.testing.assert_allclose(inside, np.stack([ramp[2:-2, 2:-2]] * 3, axis=2), atol=1e-5)


def test_demosaicking_keeps_what_was_measured():
    mosaic = np.random.default_rng(0).random((9, 11), np.float32)
    rgb = isp.demosaic(mosaic)
    assert np.array_equal(rgb[::2, ::2, 0], mosaic[::2, ::2])
    assert np.array_equal(rgb[::2, 1::2, 1], mosaic[::2, 1::2])
    assert np.array_equal(rgb[1::2, ::2, 1], mosaic[1::2, ::2])
    assert np.array_equal(rgb[1::2, 1::2, 2], mosaic[1::2, 1::2])


@pytest.mark.parametrize("colour", [(128, 128, 128), (200, 90, 60), (40, 80, 160), (255, 255, 255)])
def test_a_flat_colour_comes_back_but_for_the_glare(colour):
    photograph = np.full((16, 16, 3), colour, np.uint8)
    developed = isp.develop(isp.expose(photograph)).astype(int)
    assert np.ptp(developed, axis=(0, 1)).max() == 0
    assert np.abs(developed - photograph).max() <= 10


def test_black_is_lifted_by_the_glare_alone():
    black = isp.develop(isp.expose(np.zeros((8, 8, 3), np.uint8)))
    encoded = 255 * (1.055 * isp.GLARE ** (1 / 2.4) - 0.055)
    assert np.abs(black - encoded).max() <= 0.5


@pytest.mark.parametrize("level", [0.05, 0.2, 0.6])
def test_noise_has_the_mean_and_variance_of_photons_and_reading(level):
    electrons = isp.FULL_WELL * 100 / 3200
    flat = np.full((500, 500), level, np.float32)
    noise = isp.add_noise(flat, 3200, np.random.default_rng(0)) - level
    variance = level / electrons + (isp.PHONE.read_noise / electrons) ** 2
    assert noise.mean() == pytest.approx(0, abs=5 * np.sqrt(variance / flat.size))
    assert noise.var() == pytest.approx(variance, rel=0.02)


def test_developing_clips_at_the_range_of_the_sensor():
    beyond = np.array([[-5, 7], [7, -5]], np.float32).repeat(4, 0).repeat(4, 1)
    at_the_limit = beyond.clip(-isp.PHONE.black_level, 1)
    assert np.array_equal(isp.develop(beyond), isp.develop(at_the_limit))


def test_without_correction_demosaicking_is_bilinear():
    mosaic = np.random.default_rng(0).random((8, 8), np.float32)
    rgb = isp.demosaic(mosaic, correction=0.0)
    assert rgb[2, 2, 1] == pytest.approx(
        np.mean([mosaic[1, 2], mosaic[3, 2], mosaic[2, 1], mosaic[2, 3]])
    )
    assert rgb[2, 3, 0] == pytest.approx(np.mean([mosaic[2, 2], mosaic[2, 4]]))
    assert rgb[3, 2, 0] == pytest.approx(np.mean([mosaic[2, 2], mosaic[4, 2]]))
    corners = mosaic[1, 1], mosaic[1, 3], mosaic[3, 1], mosaic[3, 3]
    assert rgb[2, 2, 2] == pytest.approx(np.mean(corners))


def test_half_the_correction_lies_half_way():
    mosaic = np.random.default_rng(1).random((8, 8), np.float32)
    none, half, all_ = (isp.demosaic(mosaic, part) for part in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half, (none + all_) / 2, atol=1e-6)


def test_light_counts_per_colour():
    grey = np.full((8, 8, 3), 128, np.uint8)
    red = isp.develop(isp.expose(grey, light=(1.0, 0.2, 0.2))).mean(axis=(0, 1))
    assert red[0] > red[1] + 50
    assert red[1] == pytest.approx(red[2], abs=1)
