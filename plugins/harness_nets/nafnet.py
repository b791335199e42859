"""NAFNet and the baseline that its paper starts from: U-Nets of convolutions with channel weights.

Attributes are named as in the state dicts of the released checkpoints.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, NonNegative, ParameterError
from harness_nets.layers import channels_last
from harness_nets.parameters import AtLeastTwo

EXPANSION = 2
"""Channels inside the second half of a block over those outside, Sec. 3."""

VARIANCE_FLOOR = 1e-6


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of every pixel over its channels.

    Args:
        channels: number of channels of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=VARIANCE_FLOOR)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.LayerNorm gives it)
        """Map N x C x H x W to the same shape."""
        return super().forward(input.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module, ABC):
    r"""A depthwise convolution with channel weights, then two 1x1 convolutions, Fig. 3.

    .. math:: y = x + \beta\, W_3(a(\phi(D(W_1(\mathrm{LN}(x))))), \quad
        z = y + \gamma\, W_5(\phi(W_4(\mathrm{LN}(y))))

    with an activation :math:`\phi` and channel weights a, in which the two kinds of block differ.
    Beta and gamma are zero at the start: a new block changes nothing.

    Args:
        channels: number of channels of the features.
        expanded: channels of the depthwise convolution.
        activated: channels that the activation leaves of those.
    """

    def __init__(self, channels: int, expanded: int, activated: int) -> None:
        super().__init__()
        inner = EXPANSION * channels
        self.norm1 = ChannelNorm(channels)
        self.conv1 = nn.Conv2d(channels, expanded, 1)
        self.conv2 = nn.Conv2d(expanded, expanded, 3, padding=1, groups=expanded)
        self.conv3 = nn.Conv2d(activated, channels, 1)
        self.norm2 = ChannelNorm(channels)
        self.conv4 = nn.Conv2d(channels, inner, 1)
        self.conv5 = nn.Conv2d(inner * activated // expanded, channels, 1)
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    @abstractmethod
    def activate(self, features: Tensor) -> Tensor:
        """The activation, N x C x H x W; it may leave half of the channels."""

    @abstractmethod
    def channel_weights(self, features: Tensor) -> Tensor:
        """The factor of every channel, N x C x 1 x 1, from averages over the image."""

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        inner = self.activate(self.conv2(self.conv1(self.norm1(features))))
        spatial = self.conv3(inner * self.channel_weights(inner))
        features = torch.addcmul(features, spatial, self.beta)
        mixed = self.conv5(self.activate(self.conv4(self.norm2(features))))
        return torch.addcmul(features, mixed, self.gamma)


class BaselineBlock(Block):
    """The block of the baseline: GELU, and channel weights by squeeze and excitation.

    Args:
        channels: number of channels of the features, at least 2.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, expanded=channels, activated=channels)
        self.se = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // 2, 1),
            nn.ReLU(),
            nn.Conv2d(channels // 2, channels, 1),
            nn.Sigmoid(),
        )

    def activate(self, features: Tensor) -> Tensor:
        """GELU."""
        return F.gelu(features)

    def channel_weights(self, features: Tensor) -> Tensor:
        """Weights in [0, 1]."""
        weights: Tensor = self.se(features)
        return weights


class SimpleBlock(Block):
    """The block of NAFNet, which has no activation functions.

    One half of the channels is multiplied by the other (SimpleGate, Eq. 4), and channel weights are
    linear in the averages (simplified channel attention, Eq. 6).

    Args:
        channels: number of channels of the features.
        expansion: channels of the depthwise convolution over those outside.
    """

    def __init__(self, channels: int, expansion: int = 2) -> None:
        expanded = expansion * channels
        super().__init__(channels, expanded, expanded // 2)
        self.sca = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(expanded // 2, expanded // 2, 1)
        )

    def activate(self, features: Tensor) -> Tensor:
        """Multiply one half of the channels by the other."""
        first, second = features.chunk(2, dim=1)
        return first * second

    def channel_weights(self, features: Tensor) -> Tensor:
        """Weights of any size and sign."""
        weights: Tensor = self.sca(features)
        return weights


class NAFNet(nn.Module):
    """NAFNet, Chen et al., ECCV 2022, with the numbers of blocks released for photographs.

    A U-Net: every level has half the height and width of the last and twice its channels, and the
    encoder's features are added to the decoder's. The result is added to the image. An image is
    extended by zeros, at the bottom and at the right, to a multiple of 2 to the number of levels,
    and the result is cropped.

    Args:
        channels: number of channels of the images.
        width: channels at full resolution.
        encoder: number of blocks at each level, from full resolution down.
        middle: number of blocks at the lowest resolution.
        decoder: number of blocks at each level, from the lowest but one up; as many levels as the
            encoder has.

    Raises:
        ParameterError: encoder and decoder have not the same number of levels.

    Attributes:
        size_multiple: 1: any height and width.
        receptive_radius: None: channel weights are averages over the whole image.
    """

    block: ClassVar[type[BaselineBlock | SimpleBlock]] = SimpleBlock

    size_multiple = 1
    receptive_radius = None

    def __init__(
        self,
        channels: Channels = 3,
        width: AtLeastTwo = 32,
        encoder: tuple[NonNegative, ...] = (2, 2, 4, 8),
        middle: NonNegative = 12,
        decoder: tuple[NonNegative, ...] = (2, 2, 2, 2),
    ) -> None:
        super().__init__()
        levels = len(encoder)
        if len(decoder) != levels:
            raise ParameterError(
                f"nafnet: encoder and decoder have the same number of levels, "
                f"not {levels} and {len(decoder)}"
            )
        widths = [width * 2**level for level in range(levels + 1)]
        self.multiple = 2**levels
        self.intro = nn.Conv2d(channels, width, 3, padding=1)
        self.encoders = nn.ModuleList(map(self._blocks, encoder, widths))
        self.downs = nn.ModuleList(nn.Conv2d(c, 2 * c, 2, stride=2) for c in widths[:-1])
        self.middle_blks = self._blocks(middle, widths[-1])
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, 2 * c, 1, bias=False), nn.PixelShuffle(2))
            for c in reversed(widths[1:])
        )
        self.decoders = nn.ModuleList(map(self._blocks, decoder, reversed(widths[:-1])))
        self.ending = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise N x C x H x W in [0, 1]; not clipped."""
        height, width = noisy.shape[-2:]
        padded = F.pad(noisy, (0, -width % self.multiple, 0, -height % self.multiple))
        features = self.intro(channels_last(padded))
        skips = []
        for encoder, down in zip(self.encoders, self.downs, strict=True):
            features = encoder(features)
            skips.append(features)
            features = down(features)
        features = self.middle_blks(features)
        for decoder, up in zip(self.decoders, self.ups, strict=True):
            features = decoder(channels_last(up(features)) + skips.pop())
        denoised: Tensor = padded + self.ending(features)
        return denoised[..., :height, :width]

    @classmethod
    def _blocks(cls, number: int, channels: int) -> nn.Sequential:
        return nn.Sequential(*(cls.block(channels) for _ in range(number)))


class NAFNetBaseline(NAFNet):
    """The baseline of NAFNet's paper, Sec. 3: the same network with GELU and squeeze-excitation.

    What AMSNet calls NAFNet.
    """

    block = BaselineBlock
