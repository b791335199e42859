"""Dilated transformer blocks (DTB): Restormer's, dilated so that they mix no adjacent pixels.

Attributes are named as in the state dicts of the released checkpoints. In no layer is a bias.
"""

from torch import Tensor, nn

from harness_nets.restormer import TransformerBlock


class TransformerBody(nn.Module):
    """Dilated transformer blocks and a dilated 3x3 convolution.

    Args:
        channels: number of channels of the features.
        blocks: number of blocks.
        heads: number of their attention heads.
        dilation: dilation of all 3x3 convolutions.

    Attributes:
        receptive_radius: how many pixels to each side a pixel depends on, but for the attention's
            weights.
    """

    def __init__(self, channels: int, blocks: int, heads: int, dilation: int) -> None:
        super().__init__()
        self.encoder_level1 = nn.Sequential(
            *(TransformerBlock(channels, heads, dilation) for _ in range(blocks))
        )
        self.output = nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.receptive_radius = dilation * (2 * blocks + 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        out: Tensor = self.output(self.encoder_level1(features))
        return out
