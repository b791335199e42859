"""The locally aware network (LAN): a few neighbours, and statistics of the whole image.

Attributes are named as in the state dicts of the released checkpoints.
"""

from torch import Tensor, nn

from harness import Channels, ParameterError, Positive
from harness_nets.layers import UNITS, channels_last, initialise_orthogonally
from harness_nets.parameters import Init
from harness_ssid.layers import ExactConv2d, PointConv2d

ATTENDED = 16
"""By how much channel attention narrows."""


class ChannelAttention(nn.Module):
    """Scale every channel by what the means of all channels over the image ask for.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        narrow = max(1, width // ATTENDED)
        self.conv_du = nn.Sequential(
            PointConv2d(width, narrow), nn.ReLU(), PointConv2d(narrow, width), nn.Sigmoid()
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        weight: Tensor = self.conv_du(features.mean((2, 3), keepdim=True))
        return features * weight


class ResidualBlock(nn.Module):
    """Two 1x1 convolutions and channel attention, added to what came in.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = PointConv2d(width, width)
        self.relu = nn.ReLU()
        self.conv2 = PointConv2d(width, width)
        self.cuca = ChannelAttention(width)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        out: Tensor = self.cuca(self.conv2(self.relu(self.conv1(features)))) + features
        return out


class ResidualGroup(nn.Module):
    """Residual blocks and a 1x1 convolution, added to what came in.

    Args:
        width: channels.
        blocks: how many.
    """

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.tail = PointConv2d(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        out: Tensor = self.tail(self.body(features)) + features
        return out


class LocallyAwareNetwork(nn.Module):
    """LAN, Sec. 3.2, in the form of the released code.

    Its output at a pixel depends on a small square around it and, through channel attention, on
    averages over the image; so crops and tiles have other outputs than the whole.

    Args:
        channels: number of channels of the images.
        width: channels inside.
        size: side of the local square in pixels; odd.
        blocks: residual blocks with channel attention.
        init: how weights are drawn: ``default``, as PyTorch does and as released; ``orthogonal``:
            so that colour passes, with which a narrow network learns sooner. Its residual group is
            then the identity at first.

    Raises:
        ParameterError: ``size`` is even.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 64,
        size: Positive = 3,
        blocks: Positive = 6,
        init: Init = "default",
    ) -> None:
        super().__init__()
        if size % 2 == 0:
            raise ParameterError(f"ssid-lan: the local square has an odd side, not {size}")
        layers: list[nn.Module] = [PointConv2d(channels, width), nn.ReLU()]
        for _ in range(size // 2):
            layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        group = ResidualGroup(width, blocks)
        self.conv = nn.Sequential(*layers, group, ExactConv2d(width, channels))
        if init == "orthogonal":
            initialise_orthogonally(self)
            nn.init.zeros_(group.tail.weight)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise N x channels x H x W in [0, 1]; any H and W; not clipped."""
        denoised: Tensor = self.conv(channels_last(noisy * UNITS))
        return denoised / UNITS
