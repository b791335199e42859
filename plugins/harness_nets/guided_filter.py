"""The guided filter, each channel guided by itself."""

from torch import Tensor
from torch.nn import functional as F


def guided_filter(images: Tensor, radius: int, eps: float) -> Tensor:
    r"""Fit a line to every window, and average the lines at every pixel.

    With :math:`E` the mean over a window, and the image both guide and input,

    .. math::
        a = \frac{\mathrm{Var}\, y}{\mathrm{Var}\, y + \epsilon}, \quad b = (1 - a)\, E\, y,
        \quad \hat x = (E\, a)\, y + E\, b

    so it keeps what varies by more than :math:`\epsilon` and averages the rest. Eq. 5, 6 and 8 of
    He, Sun, Tang (ECCV 2010). Windows that cross the border see its pixels repeated. A pixel
    depends on those up to ``2 * radius`` away.

    Args:
        images: y, N x C x H x W in [0, 1]; any H and W.
        radius: of the window in pixels, at least 1.
        eps: variance, on the scale [0, 1].

    Returns:
        The same shape.
    """
    mean = _box_mean(images, radius)
    # the variance of a constant window may round to less than nothing
    variance = (_box_mean(images * images, radius) - mean * mean).clamp(min=0)
    slope = variance / (variance + eps)
    offset = (1 - slope) * mean
    return _box_mean(slope, radius) * images + _box_mean(offset, radius)


def _box_mean(images: Tensor, radius: int) -> Tensor:
    padded = F.pad(images, [radius] * 4, mode="replicate")
    return F.avg_pool2d(padded, 2 * radius + 1, stride=1)
