import numpy as np
import pytest
import torch

from harness.metrics.colour import colour_slope


def test_an_image_that_keeps_its_colours_has_a_slope_of_one():
    clean = torch.rand(2, 3, 8, 8)

    assert colour_slope(clean, clean).tolist() == pytest.approx([1, 1])


def test_a_grey_image_has_a_slope_of_zero():
    clean = torch.rand(1, 3, 8, 8)

    assert colour_slope(clean.mean(1, keepdim=True).expand(-1, 3, -1, -1), clean).item() == 0


@pytest.mark.parametrize("saturation", [0.5, 0.8, 1.2])
def test_the_slope_is_the_saturation_that_is_left(saturation):
    clean = torch.rand(1, 3, 8, 8)
    grey = clean.mean(1, keepdim=True)

    assert colour_slope(grey + saturation * (clean - grey), clean).item() == pytest.approx(
        saturation
    )


def test_light_and_blur_that_leave_the_differences_alone_change_nothing():
    clean = torch.rand(1, 3, 8, 8)
    light = torch.rand(1, 1, 8, 8)

    assert colour_slope(clean + light, clean).item() == pytest.approx(1)


def test_it_is_the_slope_of_least_squares_through_the_origin():
    denoised, clean = torch.rand(2, 1, 3, 8, 8, dtype=torch.float64)
    pairs = [(0, 1), (0, 2), (1, 2)]
    seen, meant = (
        np.concatenate([(images[0, c] - images[0, d]).ravel() for c, d in pairs])
        for images in (denoised.numpy(), clean.numpy())
    )

    (expected,), *_ = np.linalg.lstsq(meant[:, None], seen, rcond=None)

    assert colour_slope(denoised, clean).item() == pytest.approx(expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_no_slope_is_defined_on_a_grey_image(channels):
    clean = torch.rand(1, 1, 8, 8).expand(-1, channels, -1, -1)

    assert colour_slope(torch.rand(1, channels, 8, 8), clean).isnan().all()
