"""A method that is one denoiser: what both baselines share."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from harness import (
    Cosine,
    Method,
    Recipe,
    Stage,
    build_network,
    load_strictly,
    receptive_radius_of,
    size_multiple_of,
)
from harness_nets.parameters import check_crop
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up
from harness_nets.released import upstream_weights


class DenoiserMethod(Method):
    """Any network of the role ``denoiser``, on the sub-images of pixel-shuffle downsampling.

    Args:
        name: name of the method, for its errors.
        channels: number of channels of the images.
        denoiser: any network from image to image.
        stride: stride of the sub-images; 1 for none.
        iterations: steps of training.
        batch_size: crops in a step.
        crop: side of the crops in pixels; a multiple of the stride times what the network asks for.
        learning_rate: initial learning rate; it falls to zero along a cosine.

    Raises:
        ParameterError: ``crop`` is not what stride and network ask for.
        UsageError: the network does not exist, or has another role.
    """

    def __init__(
        self,
        name: str,
        *,
        channels: int,
        denoiser: str,
        stride: int,
        iterations: int,
        batch_size: int,
        crop: int,
        learning_rate: float,
    ) -> None:
        super().__init__()
        self.denoiser = build_network(denoiser, "denoiser", channels=channels)
        self.stride = stride
        multiple = stride * size_multiple_of(self.denoiser)
        self.size_multiple = multiple
        receptive_radius = receptive_radius_of(self.denoiser)
        self.receptive_radius = None if receptive_radius is None else stride * receptive_radius
        check_crop(name, crop, multiple, "stride and denoiser")
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            schedule=Cosine(),
        )

    @abstractmethod
    def stages(self) -> Sequence[Stage]:
        """The one stage that trains the denoiser."""

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape, not clipped.
        """
        denoised = self.denoiser(pixel_shuffle_down(noisy, self.stride))
        return pixel_shuffle_up(denoised, self.stride)

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load pretrained weights of the denoiser, as its authors wrap them or bare.

        Args:
            checkpoint: bare weights, or weights under ``params``, ``params_ema`` or
                ``state_dict``.

        Raises:
            DataError: these are the weights of another network.
        """
        load_strictly(self.denoiser, upstream_weights(checkpoint))
