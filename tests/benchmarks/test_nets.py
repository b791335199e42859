"""Restormer and NAFNet against their plain forms, in turn on the same machine."""

import pytest
import torch
from plain_transformer import plain_restormer

from harness_nets.nafnet import NAFNet, NAFNetBaseline
from harness_nets.restormer import Restormer

SIZES = pytest.mark.parametrize(
    ("batch", "side"), [(1, 128), (12, 32)], ids=["image", "sub-images"]
)


def plain_nafnet(network, noisy):
    """The network in PyTorch's own order of memory, on sizes that need no padding."""
    features = network.intro(noisy)
    skips = []
    for encoder, down in zip(network.encoders, network.downs, strict=True):
        features = encoder(features)
        skips.append(features)
        features = down(features)
    features = network.middle_blks(features)
    for decoder, up in zip(network.decoders, network.ups, strict=True):
        features = decoder(up(features) + skips.pop())
    return noisy + network.ending(features)


def shallow_restormer():
    """Of full width, with one block where it has four or more."""
    return Restormer(blocks=(1, 1, 1, 1), refinement=1)


def made(kind):
    """A network whose blocks all have a say."""
    torch.manual_seed(0)
    network = kind()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(("beta", "gamma")):
                parameter.fill_(0.1)
    return network


NETWORKS = pytest.mark.parametrize(
    ("kind", "plain"),
    [(shallow_restormer, plain_restormer), (NAFNetBaseline, plain_nafnet), (NAFNet, plain_nafnet)],
)


@NETWORKS
@SIZES
def test_a_network_at_full_width(compare, kind, plain, batch, side):
    network, noisy = made(kind), torch.rand(batch, 3, side, side)

    with torch.inference_mode():
        torch.testing.assert_close(network(noisy), plain(network, noisy), atol=1e-4, rtol=1e-4)
        compare(lambda: network(noisy), lambda: plain(network, noisy), rounds=3)


@NETWORKS
def test_a_step_of_training_at_full_width(compare, kind, plain):
    network, noisy = made(kind), torch.rand(8, 3, 32, 32)

    compare(
        lambda: network(noisy).abs().mean().backward(),
        lambda: plain(network, noisy).abs().mean().backward(),
        rounds=3,
    )
