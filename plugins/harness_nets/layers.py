"""Layers that networks share, above all those of blind-spot networks."""

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn import functional as F

UNITS = 255.0
"""White in networks whose released weights, thresholds and losses are for images in [0, 255]."""


WIDE = 32
"""Channels from which on the weights' gradient of a 3x3 or 5x5 convolution takes up to twice as
long with channels last as with planes, on one thread of a CPU; docs/speed.md has the figures."""


def channels_last(images: Tensor) -> Tensor:
    """In this order of memory, convolutions are faster, on CPUs, too; the shape is the same."""
    return images.contiguous(memory_format=torch.channels_last)


def planes_if_wide(images: Tensor, width: int) -> Tensor:
    """The order of memory in which dilated convolutions are fastest; the shape is the same.

    One plane after the other where the network is wide and computes on a CPU, else channels last.

    Args:
        images: N x C x H x W.
        width: channels of the convolutions.
    """
    planes = width >= WIDE and images.device.type == "cpu"
    return images.contiguous() if planes else channels_last(images)


def planes_if_learning(images: Tensor, width: int) -> Tensor:
    """The order of memory in which 3x3 and 5x5 convolutions are fastest; the shape is the same.

    Where gradients are computed, that of :func:`planes_if_wide`, else channels last.

    Args:
        images: N x C x H x W.
        width: channels of the convolutions.
    """
    return planes_if_wide(images, width) if torch.is_grad_enabled() else channels_last(images)


class CentreMaskedConv2d(nn.Conv2d):
    """A convolution that does not see the pixel that it writes; the size is kept.

    The stored weight of the centre has no influence and may be anything.

    Args:
        channels: in and out.
        kernel_size: odd, at least 3.
    """

    mask: Tensor

    def __init__(self, channels: int, kernel_size: int) -> None:
        super().__init__(channels, channels, kernel_size, padding=kernel_size // 2)
        mask = torch.ones(kernel_size, kernel_size)
        mask[kernel_size // 2, kernel_size // 2] = 0
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Convolve N x C x H x W with the masked kernel."""
        return F.conv2d(input, self.weight * self.mask, self.bias, padding=self.padding)


class DilatedResidual(nn.Module):
    """Add to features what a dilated 3x3 convolution, a ReLU and a 1x1 convolution make of them.

    The block of AP-BSN's network and of the local branch of LG-BPN. Nothing follows the sum.

    Args:
        channels: in and out.
        dilation: of the 3x3 convolution; all that it sees is a multiple of it away.
    """

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to the same shape."""
        out: Tensor = features + self.body(features)
        return out


def residual_branch(width: int, blocks: int, dilation: int) -> list[nn.Module]:
    """What follows a masked convolution in a branch of AP-BSN, and in the local one of LG-BPN.

    ReLU, two 1x1 convolutions, residual blocks, and a 1x1 convolution, each convolution with ReLU.

    Args:
        width: channels.
        blocks: residual blocks.
        dilation: of their 3x3 convolutions.
    """
    return [
        nn.ReLU(),
        nn.Conv2d(width, width, 1),
        nn.ReLU(),
        nn.Conv2d(width, width, 1),
        nn.ReLU(),
        *(DilatedResidual(width, dilation) for _ in range(blocks)),
        nn.Conv2d(width, width, 1),
        nn.ReLU(),
    ]


def fusing_tail(features: int, width: int, channels: int) -> nn.Sequential:
    """Four 1x1 convolutions with ReLU between them, from the features of all branches to an image.

    Those of AP-BSN and LG-BPN, 256 -> 128 -> 64 -> 64 -> 3.

    Args:
        features: of all branches together.
        width: behind the first convolution; half of it behind the second and third.
        channels: of the image.
    """
    half = max(1, width // 2)
    return nn.Sequential(
        nn.Conv2d(features, width, 1),
        nn.ReLU(),
        nn.Conv2d(width, half, 1),
        nn.ReLU(),
        nn.Conv2d(half, half, 1),
        nn.ReLU(),
        nn.Conv2d(half, channels, 1),
    )


def initialise_orthogonally(network: nn.Module) -> None:
    """Draw weights through which colour passes: a narrow network learns in a fraction of the time.

    With PyTorch's, every layer weakens what distinguishes the channels, and the network outputs
    grey for hundreds of iterations. Here 1x1 weights are orthogonal times the square root of two
    (for ReLU), others Kaiming's, as if the taps that a mask hides were not there; residual blocks
    are the identity at first, and biases are zero.

    Args:
        network: whose convolutions may have a ``mask`` of their taps, 1 where they see.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            if module.kernel_size == (1, 1):
                nn.init.orthogonal_(module.weight, gain=sqrt(2))
            else:
                nn.init.kaiming_normal_(module.weight)
                _make_up_for_mask(module)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    for module in network.modules():
        if isinstance(module, DilatedResidual):
            nn.init.zeros_(module.get_parameter("body.2.weight"))


@torch.no_grad()
def _make_up_for_mask(convolution: nn.Conv2d) -> None:
    """Scale weights so that those that the mask leaves give what all of them would."""
    mask = getattr(convolution, "mask", None)
    if mask is not None:
        convolution.weight.mul_(mask * (mask.numel() / mask.sum()).sqrt())
