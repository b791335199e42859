"""Restormer: a U-Net of transformer blocks that attend between channels instead of pixels.

Attributes are named as in the state dicts of the released checkpoints. In no layer is a bias.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, NonNegative, ParameterError, Positive
from harness_nets.layers import channels_last
from harness_nets.parameters import AtLeastTwo

LEVELS = 4

EXPANSION = 2.66
"""Channels inside a feed-forward layer over those outside, Sec. 4."""

VARIANCE_FLOOR = 1e-5
NORM_FLOOR = 1e-12


class ScaleNorm(nn.Module):
    r"""Divide every pixel by the standard deviation of its channels.

    .. math:: y_c = w_c\, x_c / \sqrt{\mathrm{Var}_c(x) + \epsilon}

    The bias-free layer normalisation of Restormer: the mean is taken from the variance, but not
    from the numerator. Computed in the precision of the weight, whatever autocast says.

    Args:
        channels: number of channels of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.ParameterDict({"weight": nn.Parameter(torch.ones(channels))})

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        weight = self.body["weight"]
        pixels = features.permute(0, 2, 3, 1).to(weight.dtype)
        # Tensor.var takes several times as long as the two means
        variance = (pixels - pixels.mean(-1, keepdim=True)).square().mean(-1, keepdim=True)
        scaled: Tensor = pixels * torch.rsqrt(variance + VARIANCE_FLOOR) * weight
        return scaled.permute(0, 3, 1, 2)


class ChannelAttention(nn.Module):
    r"""Attention between the channels of a head, Eq. 1.

    .. math:: Y = W_o\, \mathrm{softmax}(t\, \hat Q \hat K^\top)\, V

    where every row of Q and K, that is a channel over all pixels, is scaled to length 1, which the
    equation leaves out, and t is a temperature per head. The weights are statistics of all pixels.

    Args:
        channels: number of channels of the features, a multiple of ``heads``.
        heads: groups of channels that attend to one another.
        dilation: dilation of the depthwise convolutions.
    """

    def __init__(self, channels: int, heads: int, dilation: int = 1) -> None:
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
        """Attention, N x heads x c x c; products are scaled, which saves two images of channels.

        Computed in the precision of the temperature: sums over all pixels overflow half precision.
        """
        with torch.autocast(query.device.type, enabled=False):
            query, key = self._split(query), self._split(key)
            products = query.transpose(-1, -2) @ key
            lengths = _norms(query).unsqueeze(-1) * _norms(key).unsqueeze(-2)
            weights: Tensor = (products / lengths * self.temperature).softmax(dim=-1)
        return weights

    def _project(self, weights: Tensor, value: Tensor) -> Tensor:
        """Attend and project in one 1x1 convolution, whose kernel differs between images."""
        batch, channels, height, width = value.shape
        projection = self.project_out.weight.view(channels, self.heads, -1).transpose(0, 1)
        kernel = (projection @ weights).transpose(-1, -2).flatten(1, 2)
        pixels = value.permute(0, 2, 3, 1).flatten(1, 2)
        return (pixels @ kernel).view(batch, height, width, channels).permute(0, 3, 1, 2)

    def _split(self, features: Tensor) -> Tensor:
        """Pixels of each head, N x heads x HW x c."""
        pixels = features.permute(0, 2, 3, 1).flatten(1, 2).to(self.temperature.dtype)
        return pixels.view(*pixels.shape[:2], self.heads, -1).transpose(1, 2)


class GatedFeedForward(nn.Module):
    r"""Two paths of depthwise convolutions, one the gate of the other, Eq. 2.

    .. math:: y = W_o(\mathrm{GELU}(g^1(x)) \odot g^2(x))

    Args:
        channels: number of channels of the features.
        dilation: dilation of the depthwise convolutions.
    """

    def __init__(self, channels: int, dilation: int = 1) -> None:
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


class TransformerBlock(nn.Module):
    """Attention between channels, then a gated feed-forward layer, each added to its input, Sec. 3.

    Args:
        channels: number of channels of the features.
        heads: number of heads of the attention.
        dilation: dilation of the 3x3 convolutions.
    """

    def __init__(self, channels: int, heads: int, dilation: int = 1) -> None:
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


class Resampling(nn.Module):
    """A convolution, then pixels shuffled into channels or back.

    Args:
        convolution: keeps height and width.
        shuffle: :class:`torch.nn.PixelUnshuffle` or :class:`torch.nn.PixelShuffle`.
    """

    def __init__(self, convolution: nn.Conv2d, shuffle: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(convolution, shuffle)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to another size and number of channels."""
        return channels_last(self.body(features))


class Restormer(nn.Module):
    """Restormer, Zamir et al., CVPR 2022, as released for denoising photographs.

    Four levels of 1, 2, 4 and 8 times the width, each with half the height and width of the last.
    What is decoded at the first level keeps twice the width. The result is added to the image.

    Args:
        channels: number of channels of the images.
        width: channels at the first level; even.
        blocks: number of transformer blocks at each of the four levels; as many in the decoder as
            in the encoder.
        refinement: number of further blocks at full resolution.
        heads: number of attention heads at each of the four levels; they divide its channels.

    Raises:
        ParameterError: ``blocks`` or ``heads`` has not four numbers, or the channels of a level
            cannot be divided into its heads.

    Attributes:
        size_multiple: height and width must be multiples of it.
        receptive_radius: None: attention takes statistics of the whole image.
    """

    size_multiple = 2 ** (LEVELS - 1)
    receptive_radius = None

    def __init__(
        self,
        channels: Channels = 3,
        width: AtLeastTwo = 48,
        blocks: tuple[NonNegative, ...] = (4, 6, 6, 8),
        refinement: NonNegative = 4,
        heads: tuple[Positive, ...] = (1, 2, 4, 8),
    ) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(LEVELS)]
        _check(widths, blocks, heads)

        def level(index: int, of_width: int) -> nn.Sequential:
            return _blocks(blocks[index], of_width, heads[index])

        self.patch_embed = nn.ModuleDict({"proj": _convolution(channels, width)})
        self.encoder_level1 = level(0, widths[0])
        self.down1_2 = _down(widths[0])
        self.encoder_level2 = level(1, widths[1])
        self.down2_3 = _down(widths[1])
        self.encoder_level3 = level(2, widths[2])
        self.down3_4 = _down(widths[2])
        self.latent = level(3, widths[3])
        self.up4_3 = _up(widths[3])
        self.reduce_chan_level3 = nn.Conv2d(widths[3], widths[2], 1, bias=False)
        self.decoder_level3 = level(2, widths[2])
        self.up3_2 = _up(widths[2])
        self.reduce_chan_level2 = nn.Conv2d(widths[2], widths[1], 1, bias=False)
        self.decoder_level2 = level(1, widths[1])
        self.up2_1 = _up(widths[1])
        self.decoder_level1 = level(0, widths[1])
        self.refinement = _blocks(refinement, widths[1], heads[0])
        self.output = _convolution(widths[1], channels)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise N x C x H x W in [0, 1]; H and W are multiples of 8; not clipped."""
        level1 = self.encoder_level1(self.patch_embed["proj"](channels_last(noisy)))
        level2 = self.encoder_level2(self.down1_2(level1))
        level3 = self.encoder_level3(self.down2_3(level2))
        latent = self.latent(self.down3_4(level3))
        joined = torch.cat([self.up4_3(latent), level3], dim=1)
        decoded3 = self.decoder_level3(self.reduce_chan_level3(joined))
        joined = torch.cat([self.up3_2(decoded3), level2], dim=1)
        decoded2 = self.decoder_level2(self.reduce_chan_level2(joined))
        decoded1 = self.decoder_level1(torch.cat([self.up2_1(decoded2), level1], dim=1))
        denoised: Tensor = noisy + self.output(self.refinement(decoded1))
        return denoised


def _check(widths: Sequence[int], blocks: Sequence[int], heads: Sequence[int]) -> None:
    for name, numbers in (("blocks", blocks), ("heads", heads)):
        if len(numbers) != LEVELS:
            raise ParameterError(
                f"restormer: {name} has a number for each of the {LEVELS} levels, "
                f"not {len(numbers)}"
            )
    if widths[0] % 2:
        raise ParameterError(f"restormer: width is even, not {widths[0]}")
    for level, (of_level, number) in enumerate(zip(widths, heads, strict=True), start=1):
        if of_level % number:
            raise ParameterError(
                f"restormer: the {of_level} channels of level {level} cannot be divided into "
                f"{number} heads: set heads or width"
            )


def _norms(pixels: Tensor) -> Tensor:
    """Length of every channel over all pixels, ... x P x c to ... x c."""
    return pixels.square().sum(dim=-2).clamp(min=NORM_FLOOR**2).sqrt()


def _blocks(number: int, channels: int, heads: int) -> nn.Sequential:
    return nn.Sequential(*(TransformerBlock(channels, heads) for _ in range(number)))


def _down(channels: int) -> Resampling:
    """Half the height and width, twice the channels."""
    return Resampling(_convolution(channels, channels // 2), nn.PixelUnshuffle(2))


def _up(channels: int) -> Resampling:
    """Twice the height and width, half the channels."""
    return Resampling(_convolution(channels, 2 * channels), nn.PixelShuffle(2))


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


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
