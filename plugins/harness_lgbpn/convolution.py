"""Densely-sampled patch-masked convolution (DSPMC), and its kernel shift as one convolution."""

from math import ceil

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

PATCH_RADIUS = 4
"""The paper's mask hides all that is at most so far away, rows plus columns, Fig. 4(b)."""


def patch_mask(size: int, radius: int = PATCH_RADIUS, dilation: int = 1) -> Tensor:
    r"""The taps of a patch-masked kernel: 1 on a grid of every ``dilation``-th outside a diamond.

    .. math:: M_{ij} = 1 \iff d \mid i,\ d \mid j,\ |i - K| + |j - K| > R

    with indices from 0 and the centre at :math:`K`. The grid starts in the corner, so it holds the
    centre only where ``dilation`` divides K; so does that of the released code.

    Args:
        size: side of the kernel, 2K + 1.
        radius: R, radius of the hidden patch; 0 hides the centre alone, less hides nothing.
        dilation: d, step of the grid.

    Returns:
        size x size, float32.
    """
    # by NumPy: arithmetic on the meta device, where planning tries methods, imports SymPy
    index = np.arange(size)
    distance = np.abs(index - size // 2)
    grid = index % dilation == 0
    kept = (grid[:, None] & grid) & (distance[:, None] + distance > radius)
    return torch.tensor(kept, dtype=torch.float32)


def shrunken_kernel(kernel: Tensor, ratio: float) -> Tensor:
    r"""The ordinary kernel that computes a convolution whose taps are pulled to the centre, Eq. 3.

    With taps at :math:`r k` between pixels, where bilinear interpolation reads, the convolution
    :math:`y(p) = \sum_k w_k x(p + r k)` is the same as with the kernel

    .. math:: W = S w S^\top, \quad S_{qk} = \max(0, 1 - |q - r k|), \quad |q| \le \lceil r K \rceil

    Args:
        kernel: w, O x I x (2K + 1) x (2K + 1).
        ratio: r, over 0; 1 changes nothing. The paper's Ratio is r - 1.

    Returns:
        W, computed in double precision and rounded to the precision of ``kernel``.
    """
    radius = kernel.shape[-1] // 2
    shrunken_radius = ceil(ratio * radius - 1e-9)
    taps = ratio * torch.arange(-radius, radius + 1, dtype=torch.float64)
    pixels = torch.arange(-shrunken_radius, shrunken_radius + 1, dtype=torch.float64)
    interpolation = (1 - (pixels[:, None] - taps).abs()).clamp(min=0)
    exact = interpolation @ kernel.to("cpu", torch.float64) @ interpolation.T  # mps has no float64
    return exact.to(kernel.device, kernel.dtype)


class PatchMaskedConv2d(nn.Conv2d):
    """A convolution that is blind to a patch around the pixel that it writes, Eq. 2.

    The image is extended by reflection, so the size is kept. The kernel is stored in full, as in
    the released checkpoints; only the taps of the mask are computed.

    Args:
        in_channels: number of channels of the features.
        out_channels: number of channels of the result.
        size: side of the kernel, odd.
        radius: radius of the hidden patch, in rows plus columns.
        dilation: step of the grid of taps.
        masked_in_test: whether :meth:`shrunken` applies the mask, too. The released code does not:
            what the last step of the optimizer left in masked taps enters its results.
    """

    mask: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        radius: int = PATCH_RADIUS,
        dilation: int = 1,
        masked_in_test: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, size)
        self.register_buffer("mask", patch_mask(size, radius, dilation))
        self.grid = dilation
        self.masked_in_test = masked_in_test
        self._shrunken: dict[float, tuple[object, Tensor]] = {}
        with torch.no_grad():
            self.weight.mul_(self.mask)

    @torch.no_grad()
    def set_mask(self, kept: Tensor) -> None:
        """Replace the mask, and draw the weights anew; those that it hides are zero.

        Args:
            kept: size x size; 0 or False where to hide.
        """
        self.mask.copy_(kept)
        self.reset_parameters()
        self.weight.mul_(self.mask)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Convolve N x I x H x W, H and W over half the size, with the masked kernel."""
        before = self.kernel_size[0] // 2
        kernel = (self.weight * self.mask)[..., :: self.grid, :: self.grid]
        after = self.grid * (kernel.shape[-1] - 1) - before
        padded = F.pad(input, [before, after, before, after], mode="reflect")
        if self.grid > 1 and not torch.compiler.is_compiling() and _is_one_thread(padded):
            padded = padded.contiguous()  # channels last, the gradient takes 30 times as long
        return F.conv2d(padded, kernel, self.bias, dilation=self.grid)

    def shrunken(self, features: Tensor, ratio: float) -> Tensor:
        """Convolve with the taps pulled to the centre: the kernel shift at test time.

        Args:
            features: N x I x H x W, H and W over half the size.
            ratio: how far from the centre the taps are, over how far they were in training.

        Returns:
            N x O x H x W.
        """
        if ratio == 1 and self.masked_in_test:
            return self(features)  # type: ignore[no-any-return]
        kernel = self._shrunken_kernel(ratio)
        padded = F.pad(features, [kernel.shape[-1] // 2] * 4, mode="reflect")
        return F.conv2d(padded, kernel, self.bias)

    def _shrunken_kernel(self, ratio: float) -> Tensor:
        """Keep kernels for as long as the weights do not change."""
        if torch.is_grad_enabled():
            return self._shrink(ratio)
        state = (self.weight._version, self.mask._version, self.weight.device, self.weight.dtype)
        known, kernel = self._shrunken.get(ratio, (None, self.weight))
        if known != state:
            kernel = self._shrink(ratio)
            self._shrunken[ratio] = (state, kernel)
        return kernel

    def _shrink(self, ratio: float) -> Tensor:
        weight = self.weight * self.mask if self.masked_in_test else self.weight
        return shrunken_kernel(weight, ratio)


def _is_one_thread(features: Tensor) -> bool:
    """Whether one thread of a CPU computes with them."""
    return features.device.type == "cpu" and torch.get_num_threads() == 1
