"""Errors and residuals are drawn on one scale; correlation is that of the definition."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from harness_reports.page import pixels


def decoded(address):
    head, content = address.split(",")
    assert head.startswith("data:image/")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


@pytest.mark.parametrize("channels", [1, 3])
def test_an_exact_picture_keeps_every_pixel(channels):
    image = np.random.default_rng(0).integers(0, 256, (9, 7, channels), dtype=np.uint8)
    read = decoded(pixels.inline(image, exact=True))
    assert np.array_equal(read.reshape(image.shape), image)


def test_errors_are_brighter_where_they_are_larger_and_never_beyond_the_scale():
    error = np.array([[[0.0], [0.1], [-0.2], [0.9]]])
    brightness = pixels.error_map(error, 0.2).sum(axis=2)[0]
    assert list(np.diff(brightness.astype(int)) > 0) == [True, True, False]
    assert brightness[2] == brightness[3]


def test_a_residual_of_nothing_is_grey():
    residual = np.array([[[0.0], [0.5], [-0.5]]])
    assert pixels.residual_map(residual, 0.5)[0, :, 0].tolist() == [128, 255, 0]


def test_white_noise_is_not_correlated():
    noise = np.random.default_rng(0).normal(size=(200, 200, 3))
    values = pixels.correlation_map([noise], 3)
    assert values[3, 3] == 1
    values[3, 3] = 0
    assert np.abs(values).max() < 0.02


def test_the_correlation_of_a_moving_mean_is_known():
    noise = np.random.default_rng(0).normal(size=(300, 301, 1))
    smooth = noise[:, :-1] + noise[:, 1:]
    values = pixels.correlation_map([smooth, smooth[:100]], 2)
    assert values[2].round(2).tolist() == pytest.approx([0, 0.5, 1, 0.5, 0], abs=0.02)
    assert np.allclose(values, values[::-1, ::-1])


def test_a_correlation_is_the_mean_product_of_pairs_at_that_distance():
    residual = np.random.default_rng(0).normal(size=(12, 10, 2))
    centred = residual - residual.mean(axis=(0, 1))
    expected = (centred[1:, :-2] * centred[:-1, 2:]).mean() / (centred**2).mean()
    assert pixels.correlation_map([residual], 3)[4, 1] == pytest.approx(expected)


def test_no_residual_has_no_correlation():
    assert np.isnan(pixels.correlation_map([np.zeros((9, 9, 1))], 2)).all()
