"""Layers of SSID's networks: half-plane convolutions, up-sampling within one, an exact last one."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SLOPE = 0.1
"""Of the leaky ReLU, for negative values."""


class SpatialConv2d(nn.Conv2d):
    """A 3x3 convolution that keeps the size, and sees all around or only what lies above.

    The half-plane form writes row r from rows r - 2, r - 1 and r, zeros beyond the border. It is an
    ordinary convolution with two rows of padding above and none below.

    Args:
        inputs: channels.
        outputs: channels.
        half_plane: see no row below the one that is written.
    """

    def __init__(self, inputs: int, outputs: int, *, half_plane: bool) -> None:
        super().__init__(inputs, outputs, 3)
        self.half_plane = half_plane

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Map N x inputs x H x W to N x outputs x H x W."""
        return self._convolve(input, self.weight)

    def merge(self, coarse: Tensor, skip: Tensor) -> Tensor:
        r"""Enlarge features to twice their size, join others, and convolve, in one.

        .. math:: w * [\mathrm{up}_2(c), s] = w_c *^{\!\top}_2 c + w_s * s

        Nearest-neighbour up-sampling and a 3x3 convolution together are a transposed convolution of
        stride 2, whose 4x4 kernel holds sums of the taps: 16 products where there were 36, and
        neither the enlarged nor the joined features are ever made. Equal but for rounding.

        Args:
            coarse: c, N x (inputs - S) x H/2 x W/2.
            skip: s, N x S x H x W.

        Returns:
            N x outputs x H x W.
        """
        enlarged, joined = torch.split(self.weight, [coarse.shape[1], skip.shape[1]], dim=1)
        return self._upsample(coarse, enlarged).add_(self._convolve(skip, joined))

    def _convolve(self, features: Tensor, weight: Tensor) -> Tensor:
        if not self.half_plane:
            return F.conv2d(features, weight, self.bias, padding=1)
        return F.conv2d(F.pad(features, (0, 0, 2, 0)), weight, self.bias, padding=(0, 1))

    def _upsample(self, coarse: Tensor, weight: Tensor) -> Tensor:
        flipped = weight.flip(2, 3).transpose(0, 1)
        taller = F.pad(flipped, (0, 0, 0, 1)) + F.pad(flipped, (0, 0, 1, 0))
        kernel = F.pad(taller, (0, 1)) + F.pad(taller, (1, 0))
        if not self.half_plane:
            return F.conv_transpose2d(coarse, kernel, stride=2, padding=1)
        return F.conv_transpose2d(F.pad(coarse, (0, 0, 1, 0)), kernel, stride=2, padding=(2, 1))


class PointConv2d(nn.Conv2d):
    """A 1x1 convolution, computed as the product of matrices that it is with channels last.

    Args:
        inputs: channels.
        outputs: channels.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 1)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Map N x inputs x H x W to N x outputs x H x W."""
        return _product(input, self.weight, self.bias)


class ExactConv2d(PointConv2d):
    """A 1x1 convolution in the precision of its weights, whatever autocast and TF32 say.

    It writes intensities up to 255, of which bfloat16 tells only whole ones apart, TF32 eighths.
    A GPU has no switch for one product, so there it is computed in double precision; it is small.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Convolve N x C x H x W."""
        precision = torch.float64 if input.is_cuda else self.weight.dtype
        bias = None if self.bias is None else self.bias.to(precision)
        with torch.autocast(input.device.type, enabled=False):
            output = _product(input.to(precision), self.weight.to(precision), bias)
        return output.to(self.weight.dtype)


def _product(features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A 1x1 convolution as a product of matrices."""
    pixels = features.permute(0, 2, 3, 1)
    return F.linear(pixels, weight[:, :, 0, 0], bias).permute(0, 3, 1, 2)


def shifted_down(features: Tensor, rows: int) -> Tensor:
    """Move N x C x H x W down; zeros come in at the top, and the last rows are lost."""
    return F.pad(features, (0, 0, rows, -rows))


def initialise(network: nn.Module, last: nn.Conv2d) -> None:
    """Draw the weights as Kaiming's for the leaky ReLU, the last layer's for none; biases are 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=SLOPE)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.kaiming_normal_(last.weight, nonlinearity="linear")
