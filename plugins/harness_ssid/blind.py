"""The blind-neighbourhood network (BNN): four half-planes around a square that it never sees."""

import torch
from torch import Tensor, nn

from harness import Channels, ParameterError, Positive
from harness_nets.layers import UNITS, planes_if_learning
from harness_ssid.encoder_decoder import EncoderDecoder
from harness_ssid.layers import (
    SLOPE,
    ExactConv2d,
    PointConv2d,
    initialise,
    shifted_down,
)

TRUNK_RADIUS = 314
"""How many pixels backwards the trunk sees, at the phase where it sees most."""


class BlindNeighbourhoodNetwork(EncoderDecoder):
    """The blind-spot network of HQ-SSL with a larger blind spot, Sec. 3.1.

    The image is rotated four ways, and one trunk sees of each what lies above; moved k rows away
    and rotated back, the four leave unseen a square of (2k - 1) x (2k - 1) pixels around the pixel,
    and of the ring around it some pixels, depending on the phase of the poolings.

    Args:
        channels: number of channels of the images.
        width: channels of the encoder; the decoder has twice as many.
        size: side of the blind square in pixels, 2k - 1; odd.
        features: channels of the output, for a method in which the network is a branch; none: an
            image.

    Attributes:
        receptive_radius: how many pixels to each side an output pixel depends on.
        outputs: channels of the output.

    Raises:
        ParameterError: ``size`` is even.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 48,
        size: Positive = 9,
        features: Positive | None = None,
    ) -> None:
        if size % 2 == 0:
            raise ParameterError(f"ssid-bnn: the blind square has an odd side, not {size}")
        super().__init__(channels, width, half_plane=True)
        self.shift = (size + 1) // 2
        self.receptive_radius = TRUNK_RADIUS + self.shift
        first = PointConv2d(8 * width, 8 * width)
        self.outputs = channels if features is None else features
        self.scale = UNITS if features is None else 1.0
        if features is None:
            between = PointConv2d(8 * width, 2 * width)
            last = ExactConv2d(2 * width, channels)
            self.output_conv = last  # a second name in the released files
            head = [
                first,
                nn.LeakyReLU(SLOPE, inplace=True),
                between,
                nn.LeakyReLU(SLOPE, inplace=True),
                last,
            ]
        else:
            last = ExactConv2d(8 * width, features)
            head = [first, nn.LeakyReLU(SLOPE, inplace=True), last]
        self.output_block = nn.Sequential(*head)
        initialise(self, last)

    def forward(self, noisy: Tensor, shift: int | None = None) -> Tensor:
        """Estimate every pixel from what lies outside the square around it.

        Args:
            noisy: N x channels x H x W in [0, 1]; H and W are multiples of 32.
            shift: k, another than the network's own.

        Returns:
            N x channels x H x W in [0, 1], not clipped; or features, as large as for [0, 255].
        """
        seen = self._half_planes(noisy * UNITS, self.shift if shift is None else shift)
        estimate: Tensor = self.output_block(seen)
        return estimate / self.scale

    def _half_planes(self, images: Tensor, shift: int) -> Tensor:
        """Features of what lies above, left, below and right, N x 8 width x H x W.

        One batch of four rotations, or where height and width differ two of two.
        """
        square = images.shape[-2] == images.shape[-1]
        branches: dict[int, Tensor] = {}
        for quarters in [(0, 1, 2, 3)] if square else [(0, 2), (1, 3)]:
            rotated = torch.cat([images.rot90(quarter, (2, 3)) for quarter in quarters])
            features = self.features(planes_if_learning(rotated, self.width))
            above = shifted_down(features, shift)
            for quarter, branch in zip(quarters, above.chunk(len(quarters)), strict=True):
                branches[quarter] = branch.rot90(-quarter, (2, 3)).permute(0, 2, 3, 1)
        return torch.cat([branches[quarter] for quarter in range(4)], dim=3).permute(0, 3, 1, 2)
