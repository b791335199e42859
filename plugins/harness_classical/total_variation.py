"""The total-variation filter, by scikit-image, with a weight from the image's own noise."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.restoration import denoise_tv_chambolle
from torch import Tensor

from harness import Method, NonNegativeFloat
from harness_classical.noise_level import correlation_ratio, noise_level

WHITE, GROWTH, MOST = 0.7, 5, 8.0
"""How the weight follows from the noise: the best on average of camera's training images, crops
of CC15, PolyU and SIDD's validation blocks, and CBSD68 with white noise."""


class TotalVariation(Method):
    r"""Find the image of least total variation that is near the noisy one, channel by channel.

    .. math:: \hat x = \arg\min_x \tfrac 1 2 \| x - y \|_2^2 + w \, \mathrm{TV}(x), \quad
        w = s \, \sigma_1 \min(0.7 \rho^5, 8), \quad \rho = \max(1, \sigma_2 / \sigma_1)

    by Chambolle's algorithm. :math:`\sigma_1` is scikit-image's wavelet estimate of the noise
    level, and :math:`\sigma_2` the mean of those of the four sub-images of stride 2. For white
    noise both agree. Where noise correlates between neighbours, as in photographs, the first reads
    too low and the second less so, and total variation takes more of such noise for edges; so the
    weight grows with their ratio.

    It learns nothing and is shown no clean image; it runs on the CPU, an image at a time.

    Args:
        strength: s, factor to the weight from the noise.
        weight: w, the same for every image; none: from the noise of each.
    """

    receptive_radius = None  # the noise level is estimated from the whole image

    def __init__(
        self, strength: NonNegativeFloat = 1.0, weight: NonNegativeFloat | None = None
    ) -> None:
        super().__init__()
        self.strength = strength
        self.weight = weight

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch, N x C x H x W in [0, 1]; any H and W."""
        images = noisy.detach().cpu().permute(0, 2, 3, 1).numpy()
        denoised = np.stack([self._denoise_image(image) for image in images])
        return torch.from_numpy(denoised).permute(0, 3, 1, 2).to(noisy)

    def weight_for(self, image: NDArray[Any]) -> float:
        """The weight for an image, H x W x C in [0, 1]; zero where it has no noise."""
        if self.weight is not None:
            return self.weight
        level = noise_level(image)
        if level == 0:
            return 0.0
        factor = min(WHITE * correlation_ratio(image) ** GROWTH, MOST)
        return self.strength * level * factor

    def _denoise_image(self, image: NDArray[Any]) -> NDArray[Any]:
        weight = self.weight_for(image)
        if weight == 0:
            return image
        denoised: NDArray[Any] = denoise_tv_chambolle(  # type: ignore[no-untyped-call]
            image, weight=weight, channel_axis=-1
        )
        return denoised
