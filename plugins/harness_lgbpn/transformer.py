"""Dilated transformer block (DTB): attention between channels that mixes no adjacent pixels.

Attributes are named as in the state dicts of the released checkpoints. In no layer is a bias.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

EXPANSION = 2.66
"""Channels inside the feed-forward layer over those outside; in the released code alone."""

VARIANCE_FLOOR = 1e-5
NORM_FLOOR = 1e-12


class ScaleNorm(nn.Module):
    r"""Divide every pixel by the standard deviation of its channels.

    .. math:: y_c = w_c\, x_c / \sqrt{\mathrm{Var}_c(x) + \epsilon}

    The bias-free layer normalisation of Restormer: the mean is taken from the variance, but not
    from the numerator.

    Args:
        channels: of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.ParameterDict({"weight": nn.Parameter(torch.ones(channels))})

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        variance = features.var(dim=1, correction=0, keepdim=True)
        scale = torch.rsqrt(variance + VARIANCE_FLOOR)
        scaled: Tensor = features * scale * self.body["weight"].view(-1, 1, 1)
        return scaled


class ChannelAttention(nn.Module):
    r"""Attention between the channels of a head, with dilated depthwise convolutions, Eq. 4.

    .. math:: V' = \mathrm{softmax}(t\, \hat Q \hat K^\top)\, V

    where every row of Q and K, that is a channel over all pixels, is scaled to length 1. The paper
    leaves out the scaling, the temperature t and the heads. The weights are statistics of all
    pixels, the blind ones included.

    Args:
        channels: of the features.
        heads: groups of channels that attend to one another.
        dilation: of the depthwise convolutions.
    """

    def __init__(self, channels: int, heads: int, dilation: int) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.qkv_dwconv = _depthwise(3 * channels, dilation)
        self.project_out = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        query, key, value = self.qkv_dwconv(self.qkv(features)).chunk(3, dim=1)
        return self._project(self._weights(query, key), value)

    def _weights(self, query: Tensor, key: Tensor) -> Tensor:
        """Attention, N x heads x c x c; scaling the products saves two images of channels."""
        query, key = self._rows(query), self._rows(key)
        query_norm = torch.linalg.vector_norm(query, dim=-1, keepdim=True).clamp(min=NORM_FLOOR)
        key_norm = torch.linalg.vector_norm(key, dim=-1, keepdim=True).clamp(min=NORM_FLOOR)
        products = query @ key.transpose(-1, -2)
        cosines = products / query_norm / key_norm.transpose(-1, -2)
        weights: Tensor = (cosines * self.temperature).softmax(dim=-1)
        return weights

    def _project(self, weights: Tensor, value: Tensor) -> Tensor:
        """Attend and project in one 1x1 convolution, whose kernel differs between images."""
        batch, channels, height, width = value.shape
        projection = self.project_out.weight.view(channels, self.heads, -1).transpose(0, 1)
        kernel = (projection @ weights).transpose(1, 2).reshape(batch, channels, channels)
        return (kernel @ value.flatten(2)).view(batch, channels, height, width)

    def _rows(self, features: Tensor) -> Tensor:
        batch, channels = features.shape[:2]
        return features.flatten(2).view(batch, self.heads, channels // self.heads, -1)


class GatedFeedForward(nn.Module):
    r"""Two paths of dilated depthwise convolutions, one the gate of the other, Eq. 5.

    .. math:: y = W_o(\mathrm{GELU}(g^1(x)) \odot g^2(x))

    Args:
        channels: of the features.
        dilation: of the depthwise convolutions.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        hidden = int(channels * EXPANSION)
        self.project_in = nn.Conv2d(channels, 2 * hidden, 1, bias=False)
        self.dwconv = _depthwise(2 * hidden, dilation)
        self.project_out = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        gate, content = self.dwconv(self.project_in(features)).chunk(2, dim=1)
        out: Tensor = self.project_out(F.gelu(gate) * content)
        return out


class DilatedTransformerBlock(nn.Module):
    """Attention between channels, then a gated feed-forward layer, Sec. 3.3.

    Args:
        channels: of the features.
        heads: of the attention.
        dilation: of all 3x3 convolutions, so that what is blind behind a patch stays blind.
    """

    def __init__(self, channels: int, heads: int, dilation: int) -> None:
        super().__init__()
        self.norm1 = ScaleNorm(channels)
        self.attn = ChannelAttention(channels, heads, dilation)
        self.norm2 = ScaleNorm(channels)
        self.ffn = GatedFeedForward(channels, dilation)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        features = features + self.attn(self.norm1(features))
        out: Tensor = features + self.ffn(self.norm2(features))
        return out


class TransformerBody(nn.Module):
    """Dilated transformer blocks and a dilated 3x3 convolution.

    Args:
        channels: of the features.
        blocks: how many.
        heads: of their attention.
        dilation: of all 3x3 convolutions.

    Attributes:
        reach: how many pixels to each side a pixel depends on, but for the attention's weights.
    """

    def __init__(self, channels: int, blocks: int, heads: int, dilation: int) -> None:
        super().__init__()
        self.encoder_level1 = nn.Sequential(
            *(DilatedTransformerBlock(channels, heads, dilation) for _ in range(blocks))
        )
        self.output = nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.reach = dilation * (2 * blocks + 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        out: Tensor = self.output(self.encoder_level1(features))
        return out


def _depthwise(channels: int, dilation: int) -> nn.Conv2d:
    return nn.Conv2d(
        channels,
        channels,
        3,
        padding=dilation,
        dilation=dilation,
        groups=channels,
        bias=False,
    )
