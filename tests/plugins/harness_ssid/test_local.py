import pytest
import torch
from torch import nn

from harness import ParameterError
from harness_ssid.local import ChannelAttention, LocallyAwareNetwork


@pytest.mark.parametrize(("entry", "size"), [("lan", 3), ("lan_rect", 3), ("lan_rf5", 5)])
def test_it_computes_what_the_released_network_computes(entry, size, oracle):
    references = oracle("ssid.pt")
    weights = references["lan" if size == 3 else entry]["state_dict"]
    network = LocallyAwareNetwork(size=size)
    network.load_state_dict(weights)
    expected = references[entry]["output"]

    denoised = 255 * network(references[entry]["input"] / 255)

    assert list(network.state_dict()) == list(weights)
    tolerance = float(1e-5 * expected.abs().max() + 1e-4)
    torch.testing.assert_close(denoised, expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize(("size", "parameters"), [(1, 58_011), (3, 94_939), (5, 131_867)])
def test_it_has_as_many_parameters_as_the_released_network(size, parameters):
    network = LocallyAwareNetwork(size=size)

    assert sum(weight.numel() for weight in network.parameters()) == parameters


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_apart_from_attention_it_sees_a_square_of_its_size(size, influence):
    network = LocallyAwareNetwork(channels=1, width=16, size=size, blocks=1).double()
    for module in network.modules():
        if isinstance(module, ChannelAttention):
            nn.init.zeros_(module.conv_du[2].weight)

    seen = influence(network, (1, 1, 15, 15)) > 0

    square = slice(7 - size // 2, 8 + size // 2)
    assert seen[square, square].all()
    assert seen.sum() == size**2


def test_attention_sees_the_whole_image(influence):
    network = LocallyAwareNetwork(channels=1, width=16, blocks=1).double()

    assert (influence(network, (1, 1, 15, 15)) > 0).all()


def test_an_even_square_is_refused():
    with pytest.raises(ParameterError, match="ssid-lan: the local square has an odd side, not 2"):
        LocallyAwareNetwork(size=2)


@torch.no_grad()
def test_with_orthogonal_weights_more_of_the_colours_reaches_the_output(equally_bright):
    colours = equally_bright(8, 12)

    def contrast(init):
        torch.manual_seed(0)
        networks = [LocallyAwareNetwork(width=16, size=5, init=init) for _ in range(5)]
        return sum(float(network(colours)[..., 6, 6].std(0).mean()) for network in networks)

    assert contrast("orthogonal") > 5 * contrast("default")


def test_with_orthogonal_weights_the_residual_group_is_first_the_identity():
    group = LocallyAwareNetwork(width=8, init="orthogonal").conv[-2]
    features = torch.rand(1, 8, 6, 6)

    assert torch.equal(group(features), features)
