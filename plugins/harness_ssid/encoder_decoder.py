"""The trunk of SSID's networks, a U-Net as in Noise2Noise, and SSID's denoiser made of it.

Attributes are named as in the state dicts of the released checkpoints.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, Positive
from harness_nets.layers import UNITS, planes_if_learning
from harness_ssid.layers import (
    SLOPE,
    ExactConv2d,
    SpatialConv2d,
    initialise,
    shifted_down,
)

SIZE_MULTIPLE = 32
"""Five poolings, each of which halves the size."""


class EncoderDecoder(nn.Module):
    """Five poolings down and five up-samplings up, joined by the pooled maps.

    What is joined at full size is the input itself.

    Args:
        channels: number of channels of the images.
        width: channels of the encoder; the decoder has twice as many.
        half_plane: every output row depends on nothing below it. For that, convolutions see
            only what lies above, and maps move down a row before they are pooled; the row that
            comes in is zero, even where all features are below.
    """

    size_multiple = SIZE_MULTIPLE

    def __init__(self, channels: int, width: int, *, half_plane: bool) -> None:
        super().__init__()
        self.width = width
        self.half_plane = half_plane
        double = 2 * width

        def block(*sizes: int) -> nn.Sequential:
            convolutions = [
                SpatialConv2d(inputs, outputs, half_plane=half_plane)
                for inputs, outputs in pairwise(sizes)
            ]
            return nn.Sequential(
                *(
                    layer
                    for conv in convolutions
                    for layer in (conv, nn.LeakyReLU(SLOPE, inplace=True))
                )
            )

        def merging(*inputs: int) -> nn.Sequential:
            return nn.Sequential(*block(sum(inputs), double), *block(double, double))

        self.encode_block_1 = block(channels, width, width)
        self.encode_block_2 = block(width, width)
        self.encode_block_3 = block(width, width)
        self.encode_block_4 = block(width, width)
        self.encode_block_5 = block(width, width)
        self.encode_block_6 = block(width, width)
        self.decode_block_5 = merging(width, width)
        self.decode_block_4 = merging(double, width)
        self.decode_block_3 = merging(double, width)
        self.decode_block_2 = merging(double, width)
        self.decode_block_1 = merging(double, channels)

    def features(self, images: Tensor) -> Tensor:
        """Map N x channels x H x W, H and W multiples of 32, to N x 2 width x H x W."""
        skips = [images]
        encoders = (
            self.encode_block_1,
            self.encode_block_2,
            self.encode_block_3,
            self.encode_block_4,
            self.encode_block_5,
        )
        for encoder in encoders:
            skips.append(self._pool(encoder(skips[-1])))
        features: Tensor = self.encode_block_6(skips.pop())
        decoders = (
            self.decode_block_5,
            self.decode_block_4,
            self.decode_block_3,
            self.decode_block_2,
            self.decode_block_1,
        )
        for decoder in decoders:
            first = decoder[0]
            assert isinstance(first, SpatialConv2d)
            features = first.merge(features, skips.pop())
            for layer in decoder[1:]:
                features = layer(features)
        return features

    def _pool(self, features: Tensor) -> Tensor:
        return F.max_pool2d(shifted_down(features, 1) if self.half_plane else features, 2)


class UNet(EncoderDecoder):
    """SSID's denoiser: the trunk with ordinary convolutions, and a 1x1 convolution.

    Args:
        channels: number of channels of the images.
        width: channels of the encoder; the decoder has twice as many.

    Attributes:
        receptive_radius: how many pixels to each side an output pixel depends on.
    """

    receptive_radius = 157

    def __init__(self, channels: Channels = 3, width: Positive = 48) -> None:
        super().__init__(channels, width, half_plane=False)
        self.output_conv = ExactConv2d(2 * width, channels)
        initialise(self, self.output_conv)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise N x channels x H x W in [0, 1], H and W multiples of 32; not clipped."""
        scaled = planes_if_learning(noisy * UNITS, self.width)
        denoised: Tensor = self.output_conv(self.features(scaled))
        return denoised / UNITS
