"""MWCNN: a U-Net that pools by the Haar wavelet, in the form in which D-BSN's code ships it.

Attributes are named as in the state dicts of the released checkpoints.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, DataError, Positive
from harness_nets.layers import planes_if_learning

HAAR = (
    ((0.5, 0.5), (0.5, 0.5)),
    ((0.5, 0.5), (-0.5, -0.5)),
    ((0.5, -0.5), (0.5, -0.5)),
    ((0.5, -0.5), (-0.5, 0.5)),
)
"""Mean, difference of rows, difference of columns, difference of diagonals: orthonormal."""


class HaarBank(nn.Module):
    """The four filters of the Haar wavelet: constants that the released files hold as weights."""

    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weight", torch.tensor(HAAR).unsqueeze(1))
        self.register_load_state_dict_pre_hook(_refuse_other_filters)  # type: ignore[no-untyped-call]

    def filters(self, channels: int) -> Tensor:
        """The filters once for every channel, 4 channels x 1 x 2 x 2."""
        return self.weight.repeat(channels, 1, 1, 1)


class HaarTransform(HaarBank):
    """Analyse: output channels 4c to 4c + 3 are what the filters say of input channel c."""

    def forward(self, images: Tensor) -> Tensor:
        """Map N x C x H x W, H and W even, to N x 4C x H/2 x W/2."""
        channels = images.shape[1]
        return F.conv2d(images, self.filters(channels), stride=2, groups=channels)


class InverseHaarTransform(HaarBank):
    """Synthesise: the inverse of :class:`HaarTransform`."""

    def forward(self, bands: Tensor) -> Tensor:
        """Map N x 4C x H/2 x W/2 to N x C x H x W."""
        channels = bands.shape[1] // 4
        return F.conv_transpose2d(bands, self.filters(channels), stride=2, groups=channels)


class Block(nn.Module):
    """3x3 convolutions, each with a ReLU.

    Args:
        sizes: channels that come in, and those behind every convolution.
        last_relu: after the last convolution, too.
    """

    def __init__(self, *sizes: int, last_relu: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
        self.block = nn.Sequential(*(layers if last_relu else layers[:-1]))

    def forward(self, features: Tensor) -> Tensor:
        """Map N x C x H x W to N x C' x H x W."""
        out: Tensor = self.block(features)
        return out


class MWCNN(nn.Module):
    """Multi-level wavelet CNN (Liu et al., CVPRW 2018), as it ships with D-BSN (ECCV 2020).

    Three levels of four convolutions down and four up. Every level is added to the wavelet bands
    that it came from, so the whole estimates the negative noise. D-BSN's form has no batch
    normalisation, images in [0, 1], and the four bands of a channel next to one another; the
    original's weights are of another order and do not fit, nor do MWCNNv2's.

    Weights are drawn orthogonal, biases are zero, as released. For grey images it has 16,145,892
    weights.

    Args:
        channels: number of channels of the images; the released weights are for 1.
        width: channels of the first level.
        deep_width: channels of the second and the third level.

    Attributes:
        size_multiple: height and width must be multiples of it.
        receptive_radius: how many pixels to each side an output pixel depends on.
    """

    size_multiple = 8
    receptive_radius = 119

    def __init__(
        self, channels: Channels = 3, width: Positive = 160, deep_width: Positive = 256
    ) -> None:
        super().__init__()
        self.width = width
        bands, middle, deep = 4 * channels, 4 * width, 4 * deep_width
        wide, deeper = (width,) * 3, (deep_width,) * 3
        self.level1_prev = Block(bands, *wide, width)
        self.level1_next = Block(width, *wide, bands, last_relu=False)
        self.level2_prev = Block(middle, *deeper, deep_width)
        self.level2_next = Block(deep_width, *deeper, middle)
        self.level3_prev = Block(deep, *deeper, deep_width)
        self.level3_next = Block(deep_width, *deeper, deep)
        self.DWT = HaarTransform()
        self.IWT = InverseHaarTransform()
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.orthogonal_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of 8.

        Returns:
            The same shape, not clipped.
        """
        bands = self.DWT(planes_if_learning(noisy, self.width))
        second = self.DWT(self.level1_prev(bands))
        third = self.DWT(self.level2_prev(second))
        third = third + self.level3_next(self.level3_prev(third))
        second = second + self.level2_next(self.IWT(third))
        bands = bands + self.level1_next(self.IWT(second))
        denoised: Tensor = self.IWT(bands)
        return denoised


def _refuse_other_filters(
    module: nn.Module, weights: Mapping[str, Any], prefix: str, *unused: Any
) -> None:
    own = module.get_buffer("weight")
    found = weights.get(f"{prefix}weight")
    if found is not None and not torch.equal(found.to(own), own):
        raise DataError(
            f"these are the weights of another network: {prefix}weight holds other wavelets than "
            "those of D-BSN's MWCNN"
        )
