"""The U-Net that AMSNet denoises with: that of Noise2Noise, with transposed convolutions.

Attributes are named as in the state dicts of the released checkpoints.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, Positive
from harness_nets.layers import planes_if_learning

SLOPE = 0.2
"""Slope of the leaky ReLU for negative values."""

INITIAL_CONTRAST = 0.1
"""What the released code leaves of Kaiming's weights."""


class UpSampling(nn.Module):
    """Enlarge features to twice their size by a transposed convolution, and join others.

    Args:
        width: channels of the features; they stay as many.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(width, width, 2, stride=2)

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        """Map N x width x H/2 x W/2 and N x S x H x W to N x (width + S) x H x W."""
        return torch.cat([self.deconv(coarse), skip], dim=1)


class UNet(nn.Module):
    """The U-Net of AMSNet (Liao et al., ECCV 2024), in the form of the released code.

    Poolings down and transposed convolutions up, joined by the pooled maps; what is joined at full
    size is the input itself. Every convolution but the last is followed by a leaky ReLU; nothing is
    added to the input. As released it has five levels and 7,935,555 weights; with fewer, the same
    names are left for the levels that remain.

    Args:
        channels: number of channels of the images.
        width: channels of the encoder; the decoder has twice as many below full size.
        levels: number of poolings, each of which halves the size.
        tail: channels of the decoder at full size, where most of a narrow network's time goes.
        init: how weights are drawn: ``released``, a tenth of Kaiming's, or ``kaiming``, the whole
            of them, with which a narrow network learns sooner.

    Attributes:
        size_multiple: height and width must be multiples of it.
        receptive_radius: how many pixels to each side an output pixel depends on.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 128,
        levels: Positive = 5,
        tail: Positive = 96,
        init: Literal["released", "kaiming"] = "released",
    ) -> None:
        super().__init__()
        self.levels = levels
        self.size_multiple = 2**levels
        self.receptive_radius = 5 * 2**levels - 3
        double = 2 * width
        self.width = width
        self.enc_conv0 = _convolution(channels, width)
        for level in range(1, levels + 2):
            self.add_module(f"enc_conv{level}", _convolution(width, width))
        below = width
        for level in range(levels, 1, -1):
            self.add_module(f"up{level}", UpSampling(below))
            self.add_module(f"dec_conv{level}a", _convolution(below + width, double))
            self.add_module(f"dec_conv{level}b", _convolution(double, double))
            below = double
        self.up1 = UpSampling(below)
        self.dec_conv1a = _convolution(below + channels, tail)
        self.dec_conv1b = _convolution(tail, tail)
        self.nin_a = nn.Conv2d(tail, tail, 1)
        self.nin_b = nn.Conv2d(tail, tail, 1)
        self.nin_c = nn.Conv2d(tail, channels, 1)
        self._initialise(INITIAL_CONTRAST if init == "released" else 1.0)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape, not clipped.
        """
        image = planes_if_learning(noisy, self.width)
        skips = [image]
        features = self._convolve("enc_conv0", image)
        for level in range(1, self.levels + 1):
            features = F.max_pool2d(self._convolve(f"enc_conv{level}", features), 2)
            skips.append(features)
        features = self._convolve(f"enc_conv{self.levels + 1}", skips.pop())
        for level in range(self.levels, 0, -1):
            features = self.get_submodule(f"up{level}")(features, skips.pop())
            features = self._convolve(f"dec_conv{level}a", features)
            features = self._convolve(f"dec_conv{level}b", features)
        for name in ("nin_a", "nin_b"):
            features = self._convolve(name, features)
        denoised: Tensor = self.nin_c(features)
        return denoised

    def _convolve(self, name: str, features: Tensor) -> Tensor:
        """Convolve and apply the leaky ReLU."""
        return F.leaky_relu(self.get_submodule(name)(features), SLOPE, inplace=True)

    @torch.no_grad()
    def _initialise(self, contrast: float) -> None:
        """Draw Kaiming's weights for ReLU times the contrast, the last layer's too; no biases."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(module.weight).mul_(contrast)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)
