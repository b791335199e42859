import numpy as np
import pytest
import torch
from scipy.ndimage import uniform_filter

from harness.data.images import read_image, to_tensor
from harness.metrics.psnr import psnr
from harness_classical.guided_filter import GuidedFilter


def test_a_constant_image_stays_as_it_is():
    flat = torch.full((1, 3, 9, 11), 0.37)

    torch.testing.assert_close(GuidedFilter().denoise(flat), flat)


def test_a_tiny_eps_keeps_the_image():
    noisy = torch.rand(1, 3, 16, 16, dtype=torch.float64)

    torch.testing.assert_close(GuidedFilter(eps=1e-9).denoise(noisy), noisy, atol=1e-4, rtol=0)


def test_a_huge_eps_averages_twice_and_repeats_the_pixels_of_the_border():
    noisy = torch.rand(1, 1, 5, 6, dtype=torch.float64)

    filtered = GuidedFilter(radius=2, eps=1e9).denoise(noisy)

    twice = uniform_filter(
        uniform_filter(noisy[0, 0].numpy(), 5, mode="nearest"), 5, mode="nearest"
    )
    np.testing.assert_allclose(filtered[0, 0].numpy(), twice, atol=1e-8)


def test_the_defining_formula_holds_at_an_inner_pixel():
    image = torch.rand(1, 1, 5, 5, dtype=torch.float64)
    windows = image[0, 0].unfold(0, 3, 1).unfold(1, 3, 1).reshape(9, 9)  # 3x3 windows of 9 pixels
    slope = windows.var(1, correction=0) / (windows.var(1, correction=0) + 0.01)
    offset = windows.mean(1) * (1 - slope)

    filtered = GuidedFilter(radius=1, eps=0.01).denoise(image)

    expected = slope.mean() * image[0, 0, 2, 2] + offset.mean()
    torch.testing.assert_close(filtered[0, 0, 2, 2], expected)


def test_channels_do_not_mix():
    noisy = torch.rand(1, 3, 8, 8)

    apart = [GuidedFilter().denoise(channel) for channel in noisy.split(1, dim=1)]

    torch.testing.assert_close(GuidedFilter().denoise(noisy), torch.cat(apart, dim=1))


@pytest.mark.parametrize("radius", [1, 2])
def test_its_reach_is_what_the_gradient_shows(radius, influence, receptive_radius_of):
    method = GuidedFilter(radius=radius)

    assert receptive_radius_of(influence(method.denoise, (1, 1, 15, 15))) == method.receptive_radius


def test_cc15_reads_what_another_implementation_reads(real_data):
    """33.41 dB noisy, 35.47 dB filtered; not rounded to 8 bit, which costs another 0.02 dB."""
    pairs = [
        (to_tensor(read_image(noisy)), to_tensor(read_image(clean)))
        for noisy, clean in cc15_files(real_data("cc15"))
    ]

    filtered = [
        (GuidedFilter().denoise(noisy[None])[0].clamp(0, 1), clean) for noisy, clean in pairs
    ]

    assert len(pairs) == 15
    assert mean_psnr(pairs) == pytest.approx(33.414, abs=0.001)
    assert mean_psnr(filtered) == pytest.approx(35.47, abs=0.005)


def cc15_files(folder):
    files = sorted(folder.glob("*_real.png"))
    return [(file, file.with_name(file.name.replace("_real", "_mean"))) for file in files]


def mean_psnr(pairs):
    images, truths = (torch.stack(side) for side in zip(*pairs, strict=True))
    return float(psnr(images, truths).mean())
