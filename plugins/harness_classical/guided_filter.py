"""The guided filter as a method that learns nothing."""

from typing import Annotated

from torch import Tensor

from harness import Method, Minimum, Positive
from harness_nets.guided_filter import guided_filter


class GuidedFilter(Method):
    """The guided filter of He, Sun, Tang (ECCV 2010), each channel guided by itself.

    See :func:`harness_nets.guided_filter.guided_filter`.

    Args:
        radius: half the window in pixels, whose side is 2 radius + 1.
        eps: the variance, on the scale [0, 1], that separates noise from edges.
    """

    def __init__(self, radius: Positive = 1, eps: Annotated[float, Minimum(1e-9)] = 0.01) -> None:
        super().__init__()
        self.radius = radius
        self.eps = eps
        self.receptive_radius = 2 * radius

    def denoise(self, noisy: Tensor) -> Tensor:
        """Filter each channel of a batch, N x C x H x W in [0, 1]; any H and W."""
        return guided_filter(noisy, self.radius, self.eps)
