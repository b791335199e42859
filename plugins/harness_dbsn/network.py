"""D-BSN: two branches of dilated convolutions behind a convolution with a blind centre.

Attributes are named as in the state dicts of the released checkpoints.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness_nets.layers import CentreMaskedConv2d

INITIAL_MEAN = 0.5
"""Mid-grey: about what the untrained network answers everywhere."""

INITIAL_CONTRAST = 0.01
"""What is left of the last layer's first weights."""

INITIAL_FACTOR = 0.1
"""A standard deviation of 25.5/255, as of a noisy photograph."""


class Estimate(NamedTuple):
    """What the network says of a noisy image.

    Attributes:
        mean: N x C x H x W, the expected clean image given each pixel's neighbourhood.
        features: N x width x H x W, what the mean is made of; the variance head reads it too.
    """

    mean: Tensor
    features: Tensor


class MultiDilationBlock(nn.Module):
    """Multi-dilated convolution (MDC) module, Fig. 2, in the form of the released code.

    The paper's widest path has two 3x3 convolutions where the code has one of 5x5, and its module
    ends with one 1x1 convolution where the code has a ReLU, the addition, and two.

    Args:
        width: channels in and out.
        dilation: of the 3x3 and 5x5 convolutions; a multiple of it is all that they see.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.inception_br1 = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 5, padding=2 * dilation, dilation=dilation),
            nn.ReLU(),
        )
        self.inception_br2 = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
        )
        self.inception_br3 = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU())
        self.concat = nn.Conv2d(3 * width, width, 1)
        self.middle_1x1_convs = nn.Sequential(
            nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU()
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        paths = (self.inception_br1, self.inception_br2, self.inception_br3)
        merged = self.concat(torch.cat([path(features) for path in paths], dim=1))
        out: Tensor = self.middle_1x1_convs(F.relu(merged) + features)
        return out


class Branch(nn.Module):
    """A masked convolution and MDC modules whose dilation keeps its centre blind.

    A k x k mask hides the centre from its neighbours' windows only as long as all that follows
    moves in steps of (k + 1) / 2 pixels, Sec. 3.2.

    Args:
        width: channels.
        blocks: how many MDC modules.
        kernel_size: of the masked convolution, odd.
    """

    def __init__(self, width: int, blocks: int, kernel_size: int) -> None:
        super().__init__()
        dilation = (kernel_size + 1) // 2
        self.branch = nn.Sequential(
            CentreMaskedConv2d(width, kernel_size),
            nn.ReLU(),
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            *(MultiDilationBlock(width, dilation) for _ in range(blocks)),
            nn.Conv2d(width, width, 1),
        )
        self.reach = kernel_size // 2 + 2 * dilation * blocks

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        out: Tensor = self.branch(features)
        return out


class DilatedBlindSpotNetwork(nn.Module):
    """D-BSN in the form of the released code, Sec. 3.2 and Fig. 2.

    One branch sees odd offsets, the other those that are no multiple of three, so the mean at a
    pixel depends neither on the pixel itself nor on any that lies multiples of six away from it.

    Weights are drawn from Kaiming's normal distribution, and biases are zero, save that of the
    convolution that joins the branches: so does the released code. Its untrained answers are off
    by two orders of magnitude, which costs a short training dearly; so here, unlike there, the last
    layer starts at little more than mid-grey.

    Args:
        channels: of the images.
        width: channels inside.
        blocks: MDC modules per branch.

    Attributes:
        reach: how many pixels to each side the mean depends on.
    """

    def __init__(self, channels: int = 3, width: int = 96, blocks: int = 8) -> None:
        super().__init__()
        self.dbsn_head = nn.Sequential(nn.Conv2d(channels, width, 1), nn.ReLU())
        self.br1 = Branch(width, blocks, kernel_size=3)
        self.br2 = Branch(width, blocks, kernel_size=5)
        self.concat = nn.Conv2d(2 * width, width, 1)
        last = nn.Conv2d(width, channels, 1)
        self.dbsn_tail = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            last,
        )
        self.reach = max(self.br1.reach, self.br2.reach)
        initialise(self, but=self.concat)
        start_at(last, INITIAL_MEAN, INITIAL_CONTRAST)

    def forward(self, noisy: Tensor) -> Estimate:
        """Estimate the clean image, pixel by pixel, from all but the pixel.

        Args:
            noisy: N x C x H x W in [0, 1]; any H and W.

        Returns:
            The mean, not clipped, and the features.
        """
        shared = self.dbsn_head(noisy.contiguous(memory_format=torch.channels_last))
        features = self.concat(torch.cat([self.br1(shared), self.br2(shared)], dim=1))
        return Estimate(self.dbsn_tail(features), features)


class SigmaHead(nn.Module):
    """Three 1x1 convolutions from the features to the entries of a factor of a covariance.

    Its first answer is ``INITIAL_FACTOR`` everywhere. The released code draws the last layer like
    the others; then some first variances are next to zero, and their gradients undo the warm-up.

    Args:
        width: channels of the features.
        outputs: entries of the factor: C for a diagonal one.
        hidden: channels inside.
    """

    def __init__(self, width: int, outputs: int, hidden: int = 32) -> None:
        super().__init__()
        last = nn.Conv2d(hidden, outputs, 1)
        self.conv = nn.Sequential(
            nn.Conv2d(width, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, 1),
            nn.ReLU(),
            last,
        )
        initialise(self)
        start_at(last, INITIAL_FACTOR, contrast=0)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to N x outputs x H x W; its square is a variance."""
        out: Tensor = self.conv(features)
        return out


def initialise(network: nn.Module, but: nn.Module | None = None) -> None:
    """Draw all weights as Kaiming's for ReLU and set the biases to zero, except ``but``'s bias."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.kaiming_normal_(module.weight)
            if module is not but:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def start_at(layer: nn.Conv2d, answer: float, contrast: float) -> None:
    """Let a last layer start by answering ``answer``, plus its drawn weights times ``contrast``."""
    layer.weight.mul_(contrast)
    if layer.bias is not None:
        layer.bias.fill_(answer)
