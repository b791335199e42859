"""The blind-spot network of AP-BSN: two branches of dilated convolutions, lighter than D-BSN's.

Attributes are named as in the state dicts of the released checkpoints.
"""

import torch
from torch import Tensor, nn

from harness import Channels, Positive
from harness_nets.layers import (
    UNITS,
    CentreMaskedConv2d,
    fusing_tail,
    initialise_orthogonally,
    planes_if_wide,
    residual_branch,
)
from harness_nets.parameters import Init


class Branch(nn.Module):
    """A masked convolution and residual blocks whose dilation keeps its centre blind.

    The mask of (2d - 1) x (2d - 1) hides the centre from all windows of the branch, because what
    follows moves in steps of d pixels.

    Args:
        width: channels.
        blocks: number of residual blocks.
        dilation: d, at least 2.
        dilated: whether the residual blocks are; if not, they bring back what the mask hides.
    """

    def __init__(self, width: int, blocks: int, dilation: int, dilated: bool = True) -> None:
        super().__init__()
        step = dilation if dilated else 1
        self.body = nn.Sequential(
            CentreMaskedConv2d(width, 2 * dilation - 1), *residual_branch(width, blocks, step)
        )
        self.receptive_radius = dilation - 1 + step * blocks

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        out: Tensor = self.body(features)
        return out


class LightBlindSpotNetwork(nn.Module):
    """The blind-spot network of AP-BSN, ``DBSNl`` in its released code.

    One branch sees no pixel at an even distance in both directions, the other none at a multiple of
    three in both. So the estimate at a pixel depends neither on the pixel itself nor on any that
    lies multiples of six away from it.

    Inside, intensities run from 0 to 255 as in the released code, whose weights fit.

    Args:
        channels: number of channels of the images.
        width: channels inside the network.
        blocks: number of residual blocks in each of the two branches.
        init: how weights are drawn: ``default``, as PyTorch does and as released; ``orthogonal``:
            so that colour passes, with which a narrow network learns sooner.
        dilated: dilate the convolutions behind the masked ones, as released; without, the network
            is not blind. AMSNet (Liao et al., ECCV 2024, Table 3) shows by this that it need not.

    Attributes:
        receptive_radius: how many pixels to each side the estimate depends on.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 128,
        blocks: Positive = 9,
        init: Init = "default",
        dilated: bool = True,
    ) -> None:
        super().__init__()
        self.width = width
        self.head = nn.Sequential(nn.Conv2d(channels, width, 1), nn.ReLU())
        self.branch1 = Branch(width, blocks, 2, dilated)
        self.branch2 = Branch(width, blocks, 3, dilated)
        self.tail = fusing_tail(2 * width, width, channels)
        self.receptive_radius = max(self.branch1.receptive_radius, self.branch2.receptive_radius)
        if init == "orthogonal":
            initialise_orthogonally(self)

    def forward(self, noisy: Tensor) -> Tensor:
        """Estimate the clean image, pixel by pixel, from all but the pixel.

        Args:
            noisy: N x C x H x W in [0, 1]; any H and W.

        Returns:
            The same shape, not clipped.
        """
        scaled = planes_if_wide(UNITS * noisy, self.width)
        features = self.head(scaled)
        seen = torch.cat([self.branch1(features), self.branch2(features)], dim=1)
        out: Tensor = self.tail(seen) / UNITS
        return out
