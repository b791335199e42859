"""The guided filter, guided by the image that it filters."""

from torch import Tensor
from torch.nn import functional as F

from harness import Method


class GuidedFilter(Method):
    r"""Fit a line to every window, and average the lines at every pixel.

    With :math:`E` the mean over a window, and the noisy image both guide and input,

    .. math::
        a = \frac{\mathrm{Var}\, y}{\mathrm{Var}\, y + \epsilon}, \quad b = (1 - a)\, E\, y,
        \quad \hat x = (E\, a)\, y + E\, b

    so it keeps what varies by more than :math:`\epsilon` and averages the rest. Eq. 5, 6 and 8 of
    He, Sun, Tang (ECCV 2010). Windows that cross the border see its pixels repeated.

    Args:
        radius: of the window in pixels, at least 1.
        eps: variance, on the scale [0, 1].
    """

    def __init__(self, radius: int = 1, eps: float = 0.01) -> None:
        super().__init__()
        self.radius = radius
        self.eps = eps
        self.reach = 2 * radius

    def denoise(self, noisy: Tensor) -> Tensor:
        """Filter each channel of a batch, N x C x H x W in [0, 1]; any H and W."""
        mean = self._box_mean(noisy)
        # the variance of a constant window may round to less than nothing
        variance = (self._box_mean(noisy * noisy) - mean * mean).clamp(min=0)
        slope = variance / (variance + self.eps)
        offset = (1 - slope) * mean
        return self._box_mean(slope) * noisy + self._box_mean(offset)

    def _box_mean(self, images: Tensor) -> Tensor:
        padded = F.pad(images, [self.radius] * 4, mode="replicate")
        return F.avg_pool2d(padded, 2 * self.radius + 1, stride=1)
