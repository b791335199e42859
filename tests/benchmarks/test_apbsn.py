"""AP-BSN at full width against its plain form: PyTorch's own order of memory, pass after pass."""

import pytest
import torch
from torch.nn import functional as F

from harness_apbsn.method import APBSN, BORDER
from harness_nets.layers import UNITS
from harness_nets.pixel_shuffle import pixel_shuffle_mosaic_down, pixel_shuffle_mosaic_up

STRIDE = 5
BLOCKS = 3
"""A third of them, with which both ways take a third of the time."""
TIMES = 2


def plain_network(network, noisy):
    features = network.head(UNITS * noisy)
    seen = torch.cat([network.branch1(features), network.branch2(features)], dim=1)
    return network.tail(seen) / UNITS


def plain_subsampled(method, noisy, stride):
    mosaics = pixel_shuffle_mosaic_down(noisy, stride, BORDER)
    return pixel_shuffle_mosaic_up(plain_network(method.network, mosaics), stride, BORDER)


def plain_denoise(method, noisy):
    """The refinement as published: an image that is padded, denoised and cropped T times."""
    estimate = plain_subsampled(method, noisy, method.test_stride)
    generator, total = torch.Generator().manual_seed(method.r3_seed), 0
    for _ in range(method.r3_times):
        replaced = torch.rand(noisy.shape[1:], generator=generator) < method.r3_probability
        mixture = torch.where(replaced, noisy, estimate)
        padded = F.pad(mixture, [BORDER] * 4, mode="reflect")
        total = total + plain_network(method.network, padded)[..., BORDER:-BORDER, BORDER:-BORDER]
    return total / method.r3_times


@pytest.fixture
def method():
    torch.manual_seed(0)
    return APBSN(blocks=BLOCKS, r3_times=TIMES)


def test_a_step_of_training_at_full_width(compare, method):
    noisy = torch.rand(1, 3, 60, 60)

    compare(
        lambda: method.subsampled(STRIDE)(noisy).abs().mean().backward(),
        lambda: plain_subsampled(method, noisy, STRIDE).abs().mean().backward(),
        rounds=5,
    )


def test_an_image_and_its_refinement_at_full_width(compare, method):
    noisy = torch.rand(1, 3, 64, 64)

    with torch.inference_mode():
        torch.testing.assert_close(method.denoise(noisy), plain_denoise(method, noisy))
        compare(lambda: method.denoise(noisy), lambda: plain_denoise(method, noisy), rounds=5)
