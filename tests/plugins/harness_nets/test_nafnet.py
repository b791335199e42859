from functools import partial

import pytest
import torch
from torch.nn import functional as F

from harness import ParameterError
from harness_nets.nafnet import (
    BaselineBlock,
    ChannelNorm,
    NAFNet,
    NAFNetBaseline,
    SimpleBlock,
)

KINDS = pytest.mark.parametrize("kind", [NAFNet, NAFNetBaseline])


def narrow(kind, **options):
    return kind(**{"width": 4, "encoder": (1, 1), "middle": 1, "decoder": (1, 1)} | options)


def varied(network):
    """With gains, and with blocks that change something."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(("beta", "gamma")) or parameter.ndim == 1:
                parameter.uniform_(0.5, 2)
    return network


def assert_within(output, reference, share):
    tolerance = share * float(reference.max() - reference.min())
    torch.testing.assert_close(output, reference, atol=tolerance, rtol=0)


def size_of(make):
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make().parameters())


@torch.no_grad()
def test_the_baseline_computes_what_the_released_network_computes(oracle):
    reference = oracle("amsnet.pt")["nafnet"]
    config = reference["config"]
    network = NAFNetBaseline(
        width=config["width"],
        encoder=config["enc_blk_nums"],
        middle=config["middle_blk_num"],
        decoder=config["dec_blk_nums"],
    )

    network.load_state_dict(reference["state_dict"])

    assert_within(network(reference["input"]), reference["output"], 1e-5)


@torch.no_grad()
def test_at_full_size_the_baseline_computes_what_the_released_network_computes(
    oracle, fill_by_rule
):
    reference = oracle("amsnet.pt")["full_size"]["nafnet"]
    with torch.device("meta"):
        network = NAFNetBaseline()
    weights = network.state_dict()
    assert {name: list(w.shape) for name, w in weights.items()} == reference["state_shapes"]
    assert sum(w.numel() for w in weights.values()) == reference["params"] == 29_056_227

    network.load_state_dict(fill_by_rule(weights), assign=True)

    assert_within(network(reference["input"]), reference["output"], 1e-4)


def test_nafnet_has_as_many_weights_as_the_released_network():
    class Unexpanded(NAFNet):
        block = partial(SimpleBlock, expansion=1)  # with the numbers of AMSNet's configuration

    assert size_of(NAFNet) == 29_159_715
    assert size_of(Unexpanded) == 20_226_659


def test_the_blocks_differ_in_the_names_of_their_channel_weights_alone():
    simple, baseline = SimpleBlock(8).state_dict(), BaselineBlock(8).state_dict()

    assert simple.keys() - baseline.keys() == {"sca.1.weight", "sca.1.bias"}
    assert baseline.keys() - simple.keys() == {
        f"se.{layer}.{part}" for layer in (1, 3) for part in ("weight", "bias")
    }


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_norm_is_over_the_channels_of_every_pixel(layout):
    norm = varied(ChannelNorm(4)).double()
    features = torch.randn(2, 4, 3, 5, dtype=torch.float64).contiguous(memory_format=layout)

    variance, mean = torch.var_mean(features, dim=1, correction=0, keepdim=True)
    gain, offset = norm.weight.view(-1, 1, 1), norm.bias.view(-1, 1, 1)
    expected = (features - mean) / (variance + 1e-6).sqrt() * gain + offset

    torch.testing.assert_close(norm(features), expected)


def test_a_simple_block_multiplies_halves_and_weighs_channels_by_their_means():
    block = varied(SimpleBlock(4)).double()
    features = torch.randn(2, 4, 6, 6, dtype=torch.float64)

    first, second = block.conv2(block.conv1(block.norm1(features))).split(4, dim=1)
    gated = first * second
    gated = gated * block.sca[1](gated.mean((2, 3), keepdim=True))
    middle = features + block.beta * block.conv3(gated)
    first, second = block.conv4(block.norm2(middle)).split(4, dim=1)
    expected = middle + block.gamma * block.conv5(first * second)

    torch.testing.assert_close(block(features), expected)


def test_a_baseline_block_has_gelu_and_squeeze_and_excitation():
    block = varied(BaselineBlock(4)).double()
    features = torch.randn(2, 4, 6, 6, dtype=torch.float64)

    inner = F.gelu(block.conv2(block.conv1(block.norm1(features))))
    squeezed = block.se[1](inner.mean((2, 3), keepdim=True)).relu()
    middle = features + block.beta * block.conv3(inner * block.se[3](squeezed).sigmoid())
    mixed = block.conv5(F.gelu(block.conv4(block.norm2(middle))))
    expected = middle + block.gamma * mixed

    torch.testing.assert_close(block(features), expected)


@pytest.mark.parametrize("block", [SimpleBlock, BaselineBlock])
def test_a_new_block_changes_nothing(block):
    features = torch.randn(1, 4, 5, 5)

    assert torch.equal(block(4)(features), features)


@KINDS
@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 12), (13, 7)])
def test_an_image_of_any_size_is_extended_by_zeros_and_cropped(kind, size):
    network = varied(narrow(kind))
    noisy = torch.rand(2, 3, *size)
    extended = torch.zeros(2, 3, -(-size[0] // 4) * 4, -(-size[1] // 4) * 4)
    extended[..., : size[0], : size[1]] = noisy

    expected = network(extended)[..., : size[0], : size[1]]

    torch.testing.assert_close(network(noisy), expected)


@KINDS
@torch.no_grad()
def test_the_result_is_what_is_added_to_the_image(kind):
    network = varied(narrow(kind))
    noisy = torch.rand(2, 3, 9, 10)
    for parameter in network.ending.parameters():
        torch.nn.init.zeros_(parameter)

    assert torch.equal(network(noisy), noisy)


@KINDS
def test_a_pixel_depends_on_the_whole_image(kind, influence):
    network = varied(narrow(kind)).double()

    seen = influence(network, (1, 3, 64, 64))

    assert network.receptive_radius is None
    assert seen[0, 0] > 0
    assert seen[-1, -1] > 0


@KINDS
def test_other_numbers_of_levels_in_encoder_and_decoder_are_refused(kind):
    message = "nafnet: encoder and decoder have the same number of levels, not 3 and 2"

    with pytest.raises(ParameterError, match=message):
        narrow(kind, encoder=(1, 1, 1))
