"""The guided filter as a method that learns nothing."""

from torch import Tensor

from harness import Method
from harness_nets.guided_filter import guided_filter


class GuidedFilter(Method):
    """The guided filter of He, Sun, Tang (ECCV 2010), each channel guided by itself.

    See :func:`harness_nets.guided_filter.guided_filter`.

    Args:
        radius: of the window in pixels, at least 1.
        eps: variance, on the scale [0, 1].
    """

    def __init__(self, radius: int = 1, eps: float = 0.01) -> None:
        super().__init__()
        self.radius = radius
        self.eps = eps
        self.receptive_radius = 2 * radius

    def denoise(self, noisy: Tensor) -> Tensor:
        """Filter each channel of a batch, N x C x H x W in [0, 1]; any H and W."""
        return guided_filter(noisy, self.radius, self.eps)
