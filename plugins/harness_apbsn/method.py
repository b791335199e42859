"""AP-BSN as a method: asymmetric strides, a blind-spot network, and random-replacing refinement."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import (
    Channels,
    DataError,
    Iterations,
    Method,
    NonNegative,
    NonNegativeFloat,
    OnlyWith,
    Positive,
    Recipe,
    Share,
    Stage,
    Steps,
    load_strictly,
)
from harness_apbsn.network import LightBlindSpotNetwork
from harness_nets.layers import CentreMaskedConv2d
from harness_nets.parameters import Init, Schedule, check_crop, schedule_of
from harness_nets.pixel_shuffle import (
    pixel_shuffle_down,
    pixel_shuffle_mosaic_down,
    pixel_shuffle_mosaic_up,
    pixel_shuffle_up,
)
from harness_nets.refinement import random_replacing_refinement
from harness_nets.released import released_weights
from harness_nets.self_supervised import SelfSupervisedStage

BORDER = 2
"""Zero pixels around each sub-image, and reflected ones around an image that is refined."""

STEPS = Steps((0.4, 0.8))
"""Epochs 8 and 16 of 20, as released."""

REFINING = OnlyWith("r3")

COSINE_FINAL = 0.02
"""What is left of the learning rate at the end, with the schedule ``cosine``."""

Layout = Literal["mosaic", "batch"]


class SubImageNetwork(nn.Module):
    """A network on the sub-images of pixel-shuffle downsampling, each with a border of zeros.

    Args:
        network: maps images to images of their shape.
        stride: stride of the sub-images; 1 adds the border and nothing else.
        layout: ``mosaic``: sub-images side by side, the network sees across their borders;
            ``batch``: each on its own.
    """

    def __init__(self, network: nn.Module, stride: int, layout: Layout) -> None:
        super().__init__()
        self.network = network
        self.stride = stride
        self.layout = layout

    def forward(self, noisy: Tensor) -> Tensor:
        """Map N x C x H x W, H and W multiples of the stride, to the same shape."""
        if self.layout == "mosaic":
            mosaics = pixel_shuffle_mosaic_down(noisy, self.stride, BORDER)
            return pixel_shuffle_mosaic_up(self.network(mosaics), self.stride, BORDER)
        subimages = F.pad(pixel_shuffle_down(noisy, self.stride), [BORDER] * 4)
        cropped = self.network(subimages)[..., BORDER:-BORDER, BORDER:-BORDER]
        return pixel_shuffle_up(cropped, self.stride)


class APBSN(Method):
    r"""AP-BSN: self-supervised denoising by asymmetric PD and a blind-spot network.

    .. math:: e = \mathrm{PD}_b^{-1}(f(\mathrm{PD}_b(y))), \quad
        \hat x = \frac{1}{T} \sum_{t=1}^{T} f(m_t \odot y + (1 - m_t) \odot e)

    with a larger stride in training, :math:`a = 5`, which makes the noise independent between
    pixels, than at test time, :math:`b = 2`, which keeps detail; then random-replacing refinement
    (R3) at full resolution. Assumes noise of zero mean whose correlation ends within a pixels.

    Refinement draws its masks anew from ``r3_seed`` for every call of :meth:`denoise`, so that an
    image's result depends neither on its batch nor on what was denoised before. The tiles of a
    large image draw their own.

    Args:
        channels: number of channels of the images.
        width: channels inside the network.
        blocks: number of residual blocks in each of the network's two branches.
        init: how weights are drawn: ``default``, as PyTorch does and as released; ``orthogonal``:
            so that colour passes, with which a narrow network learns sooner.
        dilated: dilate the convolutions behind the masked ones, as released; without, the network
            is not blind, and learns the noise.
        train_stride: a, stride of pixel-shuffle downsampling in training: as far as noise is
            correlated.
        test_stride: b, stride of pixel-shuffle downsampling at test time: smaller keeps more
            detail.
        layout: where the sub-images stand: ``mosaic``: side by side in one image, as released;
            ``batch``: each on its own.
        r3: refine the first estimate by random replacing.
        r3_times: T, number of passes of the refinement.
        r3_probability: p, share of the values that each pass replaces by the noisy ones.
        r3_seed: seed of the refinement's masks.
        iterations: number of steps of training.
        batch_size: number of crops in a step.
        crop: side of the crops in pixels, a multiple of ``train_stride``.
        learning_rate: learning rate of the first step.
        schedule: how the learning rate falls: ``steps``: to a tenth after 2/5 and 4/5, as released;
            ``cosine``: along a cosine; ``one-cycle``: up, and down.

    Raises:
        ParameterError: ``crop`` is no multiple of ``train_stride``.
    """

    def __init__(
        self,
        channels: Channels = 3,
        width: Positive = 128,
        blocks: Positive = 9,
        init: Init = "default",
        dilated: bool = True,
        train_stride: Positive = 5,
        test_stride: Positive = 2,
        layout: Layout = "mosaic",
        r3: bool = True,
        r3_times: Annotated[Positive, REFINING] = 8,
        r3_probability: Annotated[Share, REFINING] = 0.16,
        r3_seed: Annotated[NonNegative, REFINING] = 0,
        iterations: Iterations = 61_360,
        batch_size: Positive = 8,
        crop: Positive = 120,
        learning_rate: NonNegativeFloat = 1e-4,
        schedule: Schedule = "steps",
    ) -> None:
        super().__init__()
        check_crop("apbsn", crop, train_stride, f"train_stride={train_stride}")
        self.network = LightBlindSpotNetwork(channels, width, blocks, init, dilated)
        self.train_stride = train_stride
        self.test_stride = test_stride
        self.layout: Layout = layout
        self.r3 = r3
        self.r3_times = r3_times
        self.r3_probability = r3_probability
        self.r3_seed = r3_seed
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            schedule=schedule_of(schedule, STEPS, COSINE_FINAL),
        )
        self.size_multiple = test_stride
        self.receptive_radius = self.network.receptive_radius * (test_stride + r3)

    def stages(self) -> Sequence[Stage]:
        """One stage, on the sub-images of the training stride."""
        return [SelfSupervisedStage(self.subsampled(self.train_stride), self.recipe)]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``test_stride``.

        Returns:
            The same shape, not clipped: refined, or the first estimate where ``r3`` is off.
        """
        estimate: Tensor = self.subsampled(self.test_stride)(noisy)
        if not self.r3:
            return estimate
        return random_replacing_refinement(
            noisy,
            estimate,
            self.network,
            times=self.r3_times,
            probability=self.r3_probability,
            generator=torch.Generator().manual_seed(self.r3_seed),
            border=BORDER,
        )

    def subsampled(self, stride: int) -> SubImageNetwork:
        """The network on the sub-images of a stride."""
        return SubImageNetwork(self.network, stride, self.layout)

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load the pretrained weights of the authors, with or without their wrappers.

        The weights under the masks may be anything: the network never uses them.

        Args:
            checkpoint: ``model_weight`` -> ``denoiser`` -> ``bsn.*``, with the masks as buffers.

        Raises:
            DataError: these are the weights of another network, or its masks hide other weights.
        """
        found = released_weights(checkpoint)
        layers = {
            f"{name}.mask": layer
            for name, layer in self.network.named_modules()
            if isinstance(layer, CentreMaskedConv2d)
        }
        load_strictly(self.network, {name: found[name] for name in found if name not in layers})
        for name in layers.keys() & found.keys():
            own = layers[name].mask.expand_as(layers[name].weight)
            if not isinstance(found[name], Tensor) or not torch.equal(found[name].to(own), own):
                raise DataError(
                    f"these are the weights of another network: {name} hides other weights than "
                    "the centre's"
                )
