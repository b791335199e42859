import pytest
import torch
from torch.nn import functional as F

from harness import ParameterError
from harness_nets.restormer import (
    ChannelAttention,
    GatedFeedForward,
    Restormer,
    ScaleNorm,
    TransformerBlock,
)

WEIGHTS_OF_A_BLOCK = {
    "norm1.body.weight": (8,),
    "attn.temperature": (2, 1, 1),
    "attn.qkv.weight": (24, 8, 1, 1),
    "attn.qkv_dwconv.weight": (24, 1, 3, 3),
    "attn.project_out.weight": (8, 8, 1, 1),
    "norm2.body.weight": (8,),
    "ffn.project_in.weight": (42, 8, 1, 1),
    "ffn.dwconv.weight": (42, 1, 3, 3),
    "ffn.project_out.weight": (8, 21, 1, 1),
}


def narrow(**options):
    return Restormer(**{"width": 8, "blocks": (1, 1, 1, 1), "refinement": 1} | options)


def varied(network):
    """With gains and temperatures that differ between channels and heads."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim in (1, 3):
                parameter.uniform_(0.5, 2)
    return network


def assert_within(output, reference, share):
    tolerance = share * float(reference.max() - reference.min())
    torch.testing.assert_close(output, reference, atol=tolerance, rtol=0)


@torch.no_grad()
def test_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("amsnet.pt")["restormer"]
    config = reference["config"]
    network = Restormer(
        width=config["dim"],
        blocks=config["num_blocks"],
        refinement=config["num_refinement_blocks"],
        heads=config["heads"],
    )

    network.load_state_dict(reference["state_dict"])

    assert_within(network(reference["input"]), reference["output"], 1e-5)


@torch.no_grad()
def test_at_full_size_it_computes_what_the_released_network_computes(oracle, fill_by_rule):
    reference = oracle("amsnet.pt")["full_size"]["restormer"]
    with torch.device("meta"):
        network = Restormer()
    weights = network.state_dict()
    assert {name: list(w.shape) for name, w in weights.items()} == reference["state_shapes"]
    assert sum(w.numel() for w in weights.values()) == reference["params"] == 26_111_668

    network.load_state_dict(fill_by_rule(weights), assign=True)

    assert_within(network(reference["input"]), reference["output"], 1e-4)


def test_a_block_names_its_weights_as_the_released_one():
    weights = TransformerBlock(8, heads=2).state_dict()

    assert {name: tuple(weight.shape) for name, weight in weights.items()} == WEIGHTS_OF_A_BLOCK


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_norm_divides_by_the_deviation_but_keeps_the_mean(layout):
    norm = varied(ScaleNorm(4)).double()
    features = 5 + torch.randn(2, 4, 3, 5, dtype=torch.float64).contiguous(memory_format=layout)

    deviation = (features.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
    expected = features / deviation * norm.body["weight"].view(-1, 1, 1)

    torch.testing.assert_close(norm(features), expected)


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_attention_is_a_softmax_of_cosines_between_channels(heads, layout):
    attention = varied(ChannelAttention(8, heads)).double()
    features = torch.randn(2, 8, 9, 11, dtype=torch.float64).contiguous(memory_format=layout)

    query, key, value = attention.qkv_dwconv(attention.qkv(features)).flatten(2).chunk(3, dim=1)
    attended = []
    for head, temperature in enumerate(attention.temperature.flatten()):
        own = slice(head * 8 // heads, (head + 1) * 8 // heads)
        cosines = F.cosine_similarity(query[:, own, None], key[:, None, own], dim=-1)
        attended.append((temperature * cosines).softmax(dim=-1) @ value[:, own])
    expected = attention.project_out(torch.cat(attended, dim=1).view_as(features))

    torch.testing.assert_close(attention(features), expected)


def test_attention_does_not_depend_on_the_order_of_pixels():
    attention = varied(ChannelAttention(8, heads=2)).double()
    features = torch.randn(1, 24, 6, 6, dtype=torch.float64)
    order = torch.randperm(36)
    shuffled = features.flatten(2)[..., order].view_as(features)

    def attend(parts):
        query, key, value = parts.chunk(3, dim=1)
        return attention._project(attention._weights(query, key), value)

    torch.testing.assert_close(
        attend(shuffled), attend(features).flatten(2)[..., order].view(1, 8, 6, 6)
    )


def test_the_feed_forward_layer_gates_one_path_by_the_other():
    layer = GatedFeedForward(8)
    features = torch.randn(1, 8, 5, 7)

    gate, content = layer.dwconv(layer.project_in(features)).split(21, dim=1)

    expected = layer.project_out(0.5 * gate * (1 + torch.erf(gate / 2**0.5)) * content)
    torch.testing.assert_close(layer(features), expected)


def test_black_images_have_finite_gradients():
    network = narrow()

    network(torch.zeros(1, 3, 16, 16)).sum().backward()

    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


@torch.no_grad()
def test_the_result_is_what_is_added_to_the_image():
    network = narrow()
    noisy = torch.rand(2, 3, 16, 24)
    torch.nn.init.zeros_(network.output.weight)

    assert torch.equal(network(noisy), noisy)


def test_a_pixel_depends_on_the_whole_image(influence):
    network = varied(narrow()).double()

    seen = influence(network, (1, 3, 64, 64))

    assert network.receptive_radius is None
    assert seen[0, 0] > 0
    assert seen[-1, -1] > 0


@torch.no_grad()
@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_attention_weights_are_of_full_precision_under_autocast(precision):
    attention = ChannelAttention(8, heads=2)
    query, key = 10 * torch.randn(2, 1, 8, 64, 64).to(precision)  # their products overflow float16

    with torch.autocast("cpu", dtype=precision):
        weights = attention._weights(query, key)

    assert weights.dtype == torch.float32
    torch.testing.assert_close(weights, attention._weights(query.float(), key.float()))


@torch.no_grad()
def test_autocast_changes_little():
    network = narrow()
    noisy = torch.rand(1, 3, 32, 32)

    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = network(noisy)

    torch.testing.assert_close(rough, network(noisy), atol=0.02, rtol=0)


@pytest.mark.parametrize("name", ["blocks", "heads"])
def test_a_level_too_few_is_refused(name):
    message = f"restormer: {name} has a number for each of the 4 levels, not 3"

    with pytest.raises(ParameterError, match=message):
        narrow(**{name: (1, 1, 1)})


def test_an_odd_width_is_refused():
    with pytest.raises(ParameterError, match="restormer: width is even, not 7"):
        narrow(width=7, heads=(1, 1, 1, 1))


def test_heads_that_do_not_divide_the_channels_are_refused():
    message = "the 16 channels of level 2 cannot be divided into 3 heads: set heads or width"

    with pytest.raises(ParameterError, match=message):
        narrow(heads=(1, 3, 4, 8))
