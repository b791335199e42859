"""AMSNet as a method: one mask in training, all of them at test time, then refinement."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from harness import (
    Channels,
    Constant,
    Iterations,
    Method,
    NonNegative,
    NonNegativeFloat,
    OnlyWith,
    ParameterError,
    Positive,
    Recipe,
    Share,
    Stage,
    build_network,
    receptive_radius_of,
    size_multiple_of,
)
from harness_amsnet.masks import Masks, denoise_by_masks
from harness_amsnet.released import load_denoiser
from harness_amsnet.stages import FineTuning, SingleMask
from harness_nets.parameters import AtLeastTwo, Denoiser, check_crop, schedule_of
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up
from harness_nets.refinement import batches_within, draw_replacements, mean_over_passes

Variant = Literal["b", "p", "b-e", "p-e"]

Schedule = Literal["constant", "cosine", "one-cycle"]


FINE_TUNED = OnlyWith("variant", ("p", "p-e"))
REFINED = OnlyWith("variant", ("b-e", "p-e"))


class AMSNet(Method):
    r"""Asymmetric mask scheme for self-supervised real image denoising.

    .. math:: e = \mathrm{PD}_b^{-1} \Big( \sum_{j=0}^{k-1} \tilde M_j \odot
        D(M_j \odot \mathrm{PD}_b(y)) \Big)

    A denoiser D predicts pixels that a mask hides from it, and so cannot learn the noise, whatever
    its architecture. In training one mask hides a share of the pixels of sub-images of a large
    stride, which makes the noise independent between pixels; at test time k masks on sub-images of
    a small stride hide every pixel once. Random-replacing refinement (R3) then denoises mixtures of
    this estimate and the noisy image in the same way, at full resolution. Assumes noise of zero
    mean whose correlation ends within ``train_stride`` pixels.

    At test time all masks are drawn anew from ``mask_seed`` for every call of :meth:`denoise`, and
    the images of a batch share them, so that an image's result depends neither on its batch nor on
    what was denoised before. The tiles of a large image draw their own.

    Args:
        channels: number of channels of the images.
        denoiser: D, network that predicts hidden pixels.
        variant: b: trained by one mask; p: then fine-tuned by all, with a prior of smoothness; -e:
            refined by R3 at test time.
        masks: k, number of masks that together hide every pixel once at test time.
        mask_ratio: r, share of the pixels that mask 0, the only one in training, hides; the other
            masks hide the rest in equal parts; none: 1/masks.
        train_stride: stride of pixel-shuffle downsampling in training; as far as noise is
            correlated.
        test_stride: stride of pixel-shuffle downsampling at test time; smaller keeps more detail.
        r3_times: T, passes of the refinement, each with all masks.
        r3_probability: p, share of pixels that each pass replaces by the noisy ones.
        r3_memory: GiB of a GPU that passes may take together; 0: one pass at a time, as on a CPU.
        mask_seed: seed of all that is drawn at test time.
        smoothness: lambda, weight of total variation in fine-tuning.
        iterations: steps of training by one mask.
        batch_size: crops in a step.
        crop: side of the crops in pixels; a multiple of train_stride times what the denoiser asks
            for.
        learning_rate: initial learning rate of training by one mask.
        schedule: course of the learning rates: ``constant`` as released; ``cosine``: down along a
            cosine; ``one-cycle``: up, and down.
        fine_tune_iterations: steps of fine-tuning by all masks.
        fine_tune_learning_rate: initial learning rate of fine-tuning.

    Raises:
        ParameterError: ``mask_ratio`` or ``r3_probability`` is no share, there are fewer than two
            masks, or ``crop`` does not fit.
        UsageError: the denoiser does not exist, or is none.
    """

    def __init__(
        self,
        channels: Channels = 3,
        denoiser: Denoiser = "restormer",
        variant: Variant = "p-e",
        masks: AtLeastTwo = 2,
        mask_ratio: float | None = None,
        train_stride: Positive = 5,
        test_stride: Positive = 2,
        r3_times: Annotated[Positive, REFINED] = 8,
        r3_probability: Annotated[Share, REFINED] = 0.16,
        r3_memory: Annotated[NonNegativeFloat, REFINED] = 8.0,
        mask_seed: NonNegative = 0,
        smoothness: Annotated[NonNegativeFloat, FINE_TUNED] = 0.01,
        iterations: Iterations = 125_000,
        batch_size: Positive = 8,
        crop: Positive = 160,
        learning_rate: NonNegativeFloat = 1e-4,
        schedule: Schedule = "constant",
        fine_tune_iterations: Annotated[Iterations, FINE_TUNED] = 12_500,
        fine_tune_learning_rate: Annotated[NonNegativeFloat, FINE_TUNED] = 1e-5,
    ) -> None:
        super().__init__()
        if not 0 <= r3_probability <= 1:
            raise ParameterError(
                f"amsnet: r3_probability is a share from 0 to 1, not {r3_probability}"
            )
        self.masks = _masks(masks, mask_ratio)
        self.denoiser = build_network(denoiser, "denoiser", channels=channels)
        self.selector = denoiser
        self.fine_tuned = variant.startswith("p")
        self.refined = variant.endswith("-e")
        self.train_stride = train_stride
        self.test_stride = test_stride
        self.r3_times = r3_times
        self.r3_probability = r3_probability
        self.r3_memory = r3_memory
        self.mask_seed = mask_seed
        self.smoothness = smoothness
        multiple, receptive_radius = (
            size_multiple_of(self.denoiser),
            receptive_radius_of(self.denoiser),
        )
        self.size_multiple = test_stride * multiple
        self.receptive_radius = (
            None if receptive_radius is None else receptive_radius * (test_stride + self.refined)
        )
        wanted = train_stride * multiple
        check_crop("amsnet", crop, wanted, f"train_stride={train_stride} and its denoiser")

        def recipe(iterations: int, learning_rate: float) -> Recipe:
            return Recipe(
                iterations=iterations,
                batch_size=batch_size,
                crop=crop,
                learning_rate=learning_rate,
                optimizer="adamw",
                schedule=schedule_of(schedule, Constant()),
                rotate=False,
            )

        self.recipe = recipe(iterations, learning_rate)
        self.fine_tune_recipe = recipe(fine_tune_iterations, fine_tune_learning_rate)

    def stages(self) -> Sequence[Stage]:
        """Training by one mask, and fine-tuning by all where the variant has it."""
        training = SingleMask(self.denoiser, self.masks, self.train_stride, self.recipe)
        if not self.fine_tuned:
            return [training]
        fine_tuning = FineTuning(
            self.denoiser, self.masks, self.train_stride, self.smoothness, self.fine_tune_recipe
        )
        return [training, fine_tuning]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape, not clipped: refined, or the first estimate where the variant is not.
        """
        generator = torch.Generator().manual_seed(self.mask_seed)
        estimate = self._estimate(noisy, generator)
        return self._refine(noisy, estimate, generator) if self.refined else estimate

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load the denoiser's weights, as the authors of AMSNet or of the denoiser wrap them.

        Args:
            checkpoint: what the file holds.

        Raises:
            DataError: these are the weights of another denoiser, or of several.
        """
        load_denoiser(self.denoiser, self.selector, checkpoint)

    def _estimate(self, noisy: Tensor, generator: torch.Generator) -> Tensor:
        """Denoise the sub-images of the test stride, Eq. 8."""
        subimages = pixel_shuffle_down(noisy, self.test_stride)
        height, width = subimages.shape[-2:]
        drawn = self.masks.draw(self.test_stride**2, height, width, generator)
        drawn = drawn.to(noisy.device).repeat(len(noisy), 1, 1, 1)
        denoised = denoise_by_masks(self.denoiser, subimages, drawn, self.masks.number)
        return pixel_shuffle_up(denoised, self.test_stride)

    def _refine(self, noisy: Tensor, estimate: Tensor, generator: torch.Generator) -> Tensor:
        """Denoise mixtures of noisy image and estimate by masks of their own, and average."""
        height, width = noisy.shape[-2:]
        replaced = draw_replacements(
            (1, height, width), self.r3_times, self.r3_probability, generator
        )
        drawn = self.masks.draw(self.r3_times, height, width, generator).to(noisy.device)

        def denoise(mixtures: Tensor, passes: slice) -> Tensor:
            of_images = drawn[passes].repeat_interleave(len(noisy), 0)
            return denoise_by_masks(self.denoiser, mixtures, of_images, self.masks.number)

        batches = batches_within(self.r3_memory, self.r3_times, noisy.device)
        return mean_over_passes(noisy, estimate, replaced, denoise, batches=batches)


def _masks(number: int, ratio: float | None) -> Masks:
    if number < 2:
        raise ParameterError(
            f"amsnet: masks={number} cannot hide every pixel and leave something to see: "
            "set masks to 2 or more"
        )
    if ratio is None:
        return Masks(number, 1 / number)
    if not 0 < ratio < 1:
        raise ParameterError(
            f"amsnet: mask_ratio={ratio} leaves nothing to hide or nothing to see: "
            "set it above 0 and below 1"
        )
    return Masks(number, ratio)
