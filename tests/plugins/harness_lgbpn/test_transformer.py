import torch
from torch.nn import functional as F

from harness_lgbpn.transformer import ChannelAttention, ScaleNorm, TransformerBody


def test_the_norm_divides_by_the_deviation_but_keeps_the_mean():
    norm = ScaleNorm(4).double()
    features = 5 + torch.randn(1, 4, 3, 3, dtype=torch.float64)

    expected = features / (features.var(1, correction=0, keepdim=True) + 1e-5).sqrt()

    torch.testing.assert_close(norm(features), expected)


def test_attention_is_a_softmax_of_cosines_between_channels():
    attention = ChannelAttention(8, heads=2, dilation=3).double()
    with torch.no_grad():
        attention.temperature.copy_(torch.tensor([0.5, 2.0]).view(2, 1, 1))
    features = torch.randn(2, 8, 9, 11, dtype=torch.float64)

    query, key, value = attention.qkv_dwconv(attention.qkv(features)).flatten(2).chunk(3, dim=1)
    attended = []
    for head, temperature in ((slice(0, 4), 0.5), (slice(4, 8), 2.0)):
        cosines = F.cosine_similarity(query[:, head, None], key[:, None, head], dim=-1)
        attended.append((temperature * cosines).softmax(dim=-1) @ value[:, head])
    expected = attention.project_out(torch.cat(attended, dim=1).view_as(features))

    torch.testing.assert_close(attention(features), expected)


def test_attention_over_nothing_is_finite():
    attention = ChannelAttention(8, heads=2, dilation=3)

    assert attention(torch.zeros(1, 8, 8, 8)).isfinite().all()


def test_pixels_are_mixed_in_steps_of_the_dilation_only(influence, reach_of):
    body = TransformerBody(8, blocks=2, heads=2, dilation=3).double()
    body.encoder_level1.apply(detach_attention)

    seen = influence(body, (1, 8, 40, 40)) > 0

    assert not seen[[row for row in range(40) if row % 3 != 20 % 3]].any()
    assert not seen[:, [column for column in range(40) if column % 3 != 20 % 3]].any()
    assert reach_of(seen) == body.reach


def detach_attention(module):
    if isinstance(module, ChannelAttention):
        weights = module._weights
        module._weights = lambda query, key: weights(query, key).detach()
