"""Non-local means, by scikit-image."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.restoration import denoise_nl_means
from torch import Tensor

from harness import Method, NonNegativeFloat, Positive
from harness_classical.noise_level import noise_level


class NonLocalMeans(Method):
    r"""Replace every pixel by the mean of pixels whose surroundings look alike.

    .. math::
        \hat x_p = \frac{\sum_q w_{pq}\, y_q}{\sum_q w_{pq}}, \quad
        w_{pq} = \exp\left(-\frac{\max(d_{pq}^2 - 2 \sigma^2, 0)}{h^2}\right)

    :math:`d_{pq}^2` is the mean squared difference of the patches around p and q over all channels,
    :math:`\sigma` the noise level as estimated from the image, and :math:`h` is ``strength`` times
    :math:`\sigma`. It runs on the CPU, an image at a time.

    Args:
        patch_size: side of the patches in pixels.
        patch_distance: how far away patches are searched, in pixels.
        strength: the filter's ``h`` as a multiple of the estimated noise level.
    """

    receptive_radius = None  # the noise level is estimated from the whole image

    def __init__(
        self,
        patch_size: Positive = 5,
        patch_distance: Positive = 6,
        strength: NonNegativeFloat = 0.8,
    ) -> None:
        super().__init__()
        self.patch_size = patch_size
        self.patch_distance = patch_distance
        self.strength = strength

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch, N x C x H x W in [0, 1]; any H and W."""
        images = noisy.detach().cpu().permute(0, 2, 3, 1).numpy()
        denoised = np.stack([self._denoise_image(image) for image in images])
        return torch.from_numpy(denoised).permute(0, 3, 1, 2).to(noisy)

    def _denoise_image(self, image: NDArray[Any]) -> NDArray[Any]:
        """Denoise H x W x C in [0, 1]."""
        sigma = noise_level(image)
        if sigma == 0:
            return image  # h would be zero, and with it every weight 0/0
        denoised: NDArray[Any] = denoise_nl_means(
            image,
            patch_size=self.patch_size,
            patch_distance=self.patch_distance,
            h=self.strength * sigma,
            sigma=sigma,
            fast_mode=True,
            channel_axis=-1,
        )
        return denoised.reshape(image.shape)  # scikit-image drops the channel of a grey image
