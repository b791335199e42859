"""SSID's networks and its coefficients against their plain forms, in turn on the same machine."""

import pytest
import torch
from torch.nn import functional as F

from harness_ssid.adaptive import adaptive_coefficients
from harness_ssid.blind import BlindNeighbourhoodNetwork
from harness_ssid.encoder_decoder import UNet

SIDE = 128


def plain_trunk(network, images):
    """Moved maps are copies, and the decoder convolves enlarged and joined features."""
    half_plane = network.half_plane

    def moved(features, rows):
        if not half_plane:
            return features
        zeros = features.new_zeros(*features.shape[:2], rows, features.shape[3])
        return torch.cat([zeros, features], dim=2)[..., : features.shape[2], :]

    def convolve(layer, features):
        taller = F.pad(features, (0, 0, 1, 0)) if half_plane else features
        out = F.conv2d(taller, layer.weight, layer.bias, padding=1)
        return F.leaky_relu(out[..., :-1, :] if half_plane else out, 0.1)

    def block(name, features):
        for layer in getattr(network, name):
            if hasattr(layer, "weight"):
                features = convolve(layer, features)
        return features

    skips = [images]
    for level in range(1, 6):
        features = block(f"encode_block_{level}", skips[-1])
        skips.append(F.max_pool2d(moved(features, 1), 2))
    features = block("encode_block_6", skips.pop())
    for level in range(5, 0, -1):
        enlarged = F.interpolate(features, scale_factor=2)
        features = block(f"decode_block_{level}", torch.cat([enlarged, skips.pop()], dim=1))
    return features


def plain_head(layers, features):
    for layer in layers:
        if hasattr(layer, "weight"):
            features = F.conv2d(features, layer.weight, layer.bias)
        else:
            features = F.leaky_relu(features, 0.1)
    return features


def plain_unet(network, noisy):
    return plain_head([network.output_conv], plain_trunk(network, 255 * noisy)) / 255


def plain_bnn(network, noisy):
    rotated = torch.cat([255 * noisy.rot90(turn, (2, 3)) for turn in range(4)])
    features = plain_trunk(network, rotated)
    rows = features.new_zeros(*features.shape[:2], network.shift, features.shape[3])
    above = torch.cat([rows, features], dim=2)[..., : features.shape[2], :].chunk(4)
    branches = [branch.rot90(-turn, (2, 3)) for turn, branch in enumerate(above)]
    return plain_head(network.output_block, torch.cat(branches, dim=1)) / 255


def plain_alpha(estimate):
    grey = 255 * estimate.mean(1, keepdim=True)
    windows = F.unfold(F.pad(grey, [3] * 4, mode="reflect"), 7)
    deviation = (windows - windows.mean(1, keepdim=True)).square().mean(1).sqrt()
    deviation = deviation.view_as(grey)
    alpha = torch.full_like(deviation, 0.5)
    alpha = torch.where(deviation < 1, (deviation - 1).sigmoid(), alpha)
    return torch.where(deviation > 5, (deviation - 5).sigmoid(), alpha)


@pytest.mark.parametrize(
    ("network", "plain"), [(BlindNeighbourhoodNetwork, plain_bnn), (UNet, plain_unet)]
)
def test_a_network_at_full_width(compare, network, plain):
    torch.manual_seed(0)
    made, noisy = network(), torch.rand(1, 3, SIDE, SIDE)

    with torch.inference_mode():
        torch.testing.assert_close(made(noisy), plain(made, noisy), atol=1e-4, rtol=1e-4)
        compare(lambda: made(noisy), lambda: plain(made, noisy), rounds=5)


@pytest.mark.parametrize(
    ("network", "plain"), [(BlindNeighbourhoodNetwork, plain_bnn), (UNet, plain_unet)]
)
def test_a_step_of_training_at_full_width(compare, network, plain):
    torch.manual_seed(0)
    made, noisy = network(), torch.rand(1, 3, 64, 64)

    compare(
        lambda: made(noisy).abs().mean().backward(),
        lambda: plain(made, noisy).abs().mean().backward(),
        rounds=3,
    )


def test_the_adaptive_coefficients(compare):
    torch.manual_seed(0)
    estimate = torch.rand(1, 3, SIDE, SIDE)

    torch.testing.assert_close(
        adaptive_coefficients(estimate), plain_alpha(estimate), atol=1e-5, rtol=0
    )
    compare(
        lambda: adaptive_coefficients(estimate),
        lambda: plain_alpha(estimate),
        rounds=21,
    )
