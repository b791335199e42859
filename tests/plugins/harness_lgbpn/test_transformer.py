from harness_lgbpn.transformer import TransformerBody
from harness_nets.restormer import ChannelAttention


def test_pixels_are_mixed_in_steps_of_the_dilation_only(influence, receptive_radius_of):
    body = TransformerBody(8, blocks=2, heads=2, dilation=3).double()
    body.encoder_level1.apply(detach_attention)

    seen = influence(body, (1, 8, 40, 40)) > 0

    assert not seen[[row for row in range(40) if row % 3 != 20 % 3]].any()
    assert not seen[:, [column for column in range(40) if column % 3 != 20 % 3]].any()
    assert receptive_radius_of(seen) == body.receptive_radius


def detach_attention(module):
    if isinstance(module, ChannelAttention):
        weights = module._weights
        module._weights = lambda query, key: weights(query, key).detach()
