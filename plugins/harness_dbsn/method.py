"""D-BSN as a method: its parts, its stages, and its output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lcm
from typing import Annotated, Any, Literal

from torch import Tensor, nn

from harness import (
    DataError,
    Image,
    Iterations,
    Method,
    Minimum,
    NonNegativeFloat,
    OfImages,
    OnlyWith,
    ParameterError,
    Positive,
    Recipe,
    Share,
    Stage,
    Views,
    build_network,
    receptive_radius_of,
    size_multiple_of,
)
from harness_dbsn.denoiser import BlindSpotDenoiser, NoiseInput
from harness_dbsn.distillation import DistillationStage
from harness_dbsn.likelihood import Likelihood
from harness_dbsn.network import BlindConvolution, DilatedBlindSpotNetwork, Variant
from harness_dbsn.noise_model import NoiseKind, NoiseModel, SigmaHead, hidden_width
from harness_dbsn.recipes import CLIP_NORM, COSINE_FINAL, STUDENT_STEPS, Training
from harness_dbsn.released import load_denoiser, load_student
from harness_dbsn.stages import LikelihoodStage, NoiseStage, WarmUpStage
from harness_nets.guided_filter import guided_filter
from harness_nets.parameters import Denoiser, Schedule, check_crop, schedule_of

DISTILLING = OnlyWith("distill")

GreyOrColour = Annotated[Literal[1, 3], OfImages()]
NoiseModels = Literal["shared", "per-image"]


@dataclass(frozen=True)
class Defaults:
    """What a variant says where the user says nothing.

    Attributes:
        likelihood: of training on noise that is independent between pixels.
        noise_models: one for all images, or one per image.
        noise_input: what it sees, by the kind of noise; the noisy image where none is named.
        hidden: channels inside it; None: by the kind of noise.
    """

    likelihood: Likelihood
    noise_models: NoiseModels
    noise_input: Mapping[NoiseKind, NoiseInput]
    hidden: int | None


VARIANTS: Mapping[Variant, Defaults] = {
    "release": Defaults("plain", "shared", {"hg": "mean"}, None),
    "paper": Defaults("constrained", "per-image", {}, 16),
}
"""The released trainers and networks, and Sec. 3.2 and 3.3."""


class DBSN(Method):
    r"""Unpaired learning of deep image denoising (Wu et al., ECCV 2020).

    The first stage takes a pixel's clean value for a draw from a Gaussian that its neighbourhood
    :math:`\Omega(p)` determines, to which the noise adds its own,

    .. math:: x_p \sim \mathcal N(\mu, \Sigma_\mu)(y_{\Omega(p)}), \quad
        y_p \sim \mathcal N(x_p, \Sigma_n(y_p)), \quad p \notin \Omega(p)

    and outputs the expected :math:`x_p` given :math:`y_p`, too. The second stage, ``distill``,
    trains a student on clean images of other scenes to which the learned noise is added, and on the
    first stage's outputs.

    Assumes noise of zero mean that is independent between pixels given the clean image; the noise
    of photographs is not, so it works on the sub-images of pixel-shuffle downsampling, where
    neighbours are ``stride`` pixels apart, and filters what is put together from them, Sec. 3.4.

    With ``noise_models=per-image`` every training image has noise networks of its own. An image
    that is denoised gets those of maximum likelihood, which takes no ground truth.

    Args:
        channels: number of channels of the images, 1 or 3.
        variant: network, noise networks and likelihood as released or as in the text of the paper.
        width: channels of the network.
        blocks: MDC modules in each of the two branches; none: 8 as released, 7 in the paper.
        blind_conv: first convolution of a branch; trimmed: rescaled by the taps that are in the
            image.
        noise: awgn: levels per image; hg: levels per pixel; mg: a matrix per image.
        noise_models: one noise network for all images, or one per training image; none: as the
            variant.
        noise_input: what the noise networks see; none: as the variant, mean for hg as released.
        likelihood: plain, Eq. 6, or constrained, Eq. 8; none: constrained in the paper and for
            photographs, which have a stride above 1, else plain.
        bayes: output the expected value given the noisy pixel, otherwise the mean.
        gamma: weight in Bayes' rule: noise variance times gamma for grey, over gamma for colour.
        stride: stride of pixel-shuffle downsampling; 1 where noise is independent between pixels.
        groups: a noise network per phase of the Bayer pattern; without effect at odd strides, where
            every sub-image holds all phases.
        guided_filter: filter what is put together from sub-images; without effect at stride 1.
        filter_radius: radius of the guided filter in pixels.
        filter_eps: variance, on the scale [0, 1], below which the guided filter averages.
        iterations: steps of warm-up, noise model and likelihood together, before distillation.
        batch_size: crops in a step.
        crop: side of the crops in pixels of the photograph; a multiple of stride.
        learning_rate: initial learning rate of the warm-up.
        likelihood_rate: learning rate of the likelihood over that of the warm-up; none: as
            published.
        warmup: share of the iterations that go to least squares.
        noise_warmup: share of the iterations that go to the noise networks alone; only for colour.
        schedule: course of the learning rates: in steps of the variant, along a cosine, or up and
            down in one cycle.
        distill: train a student with the noise model on clean images, and output what it denoises.
        student: network that is distilled.
        distill_weight: lambda of Eq. 4, weight of the first stage's outputs.
        distill_jitter: share by which noise levels vary in distillation; 0.1 as released.
        student_iterations: steps of distillation.
        student_batch_size: noisy crops in a step of distillation, and as many clean ones.
        student_crop: side in pixels of the crops of distillation; a multiple of stride and of what
            the student asks for.
        student_learning_rate: initial learning rate of distillation.

    Raises:
        ParameterError: shares do not add up, or a crop does not fit.
        UsageError: the student does not exist, or is no denoiser.
    """

    def __init__(
        self,
        channels: GreyOrColour = 3,
        variant: Variant = "release",
        width: Positive = 96,
        blocks: Positive | None = None,
        blind_conv: BlindConvolution = "masked",
        noise: NoiseKind = "hg",
        noise_models: NoiseModels | None = None,
        noise_input: NoiseInput | None = None,
        likelihood: Likelihood | None = None,
        bayes: bool = True,
        gamma: Annotated[float, Minimum(1e-3)] = 1.0,
        stride: Positive = 4,
        groups: bool = True,
        guided_filter: bool = True,
        filter_radius: Positive = 1,
        filter_eps: Annotated[float, Minimum(1e-9)] = 0.01,
        iterations: Iterations = 1_500_000,
        batch_size: Positive = 8,
        crop: Positive = 96,
        learning_rate: NonNegativeFloat = 3e-4,
        likelihood_rate: NonNegativeFloat | None = None,
        warmup: Share = 0.4,
        noise_warmup: Share = 0.2,
        schedule: Schedule = "steps",
        distill: Annotated[bool, Views({True: "unpaired"})] = False,
        student: Annotated[Denoiser, DISTILLING] = "mwcnn",
        distill_weight: Annotated[NonNegativeFloat, DISTILLING] = 0.1,
        distill_jitter: Annotated[Share, DISTILLING] = 0.0,
        student_iterations: Annotated[Iterations, DISTILLING] = 200_000,
        student_batch_size: Annotated[Positive, DISTILLING] = 16,
        student_crop: Annotated[Positive, DISTILLING] = 160,
        student_learning_rate: Annotated[NonNegativeFloat, DISTILLING] = 1e-4,
    ) -> None:
        super().__init__()
        if channels == 1:
            noise_warmup = 0.0
        if warmup + noise_warmup > 1:
            raise ParameterError(
                f"dbsn: warmup={warmup:g} and noise_warmup={noise_warmup:g} are shares of the "
                "iterations; together they are at most 1"
            )
        check_crop("dbsn", crop, stride, f"stride={stride}")
        defaults = VARIANTS[variant]
        self.variant: Variant = variant
        usual: Likelihood = defaults.likelihood if stride == 1 else "constrained"
        self.likelihood: Likelihood = likelihood or usual
        self.noise_models: NoiseModels = noise_models or defaults.noise_models
        hidden = defaults.hidden or hidden_width(noise, channels)
        self.denoiser = BlindSpotDenoiser(
            DilatedBlindSpotNetwork(channels, width, blocks, variant, blind_conv),
            SigmaHead(width, noise, channels, hidden),
            NoiseModel(noise, channels, hidden),
            stride,
            groups=groups and stride % 2 == 0,
            noise_input=noise_input or defaults.noise_input.get(noise, "noisy"),
        )
        self.bayes = bayes
        self.gamma = gamma
        self.stride = stride
        self.filter = (filter_radius, filter_eps) if guided_filter and stride > 1 else None
        self.training_recipe = Training(
            iterations=iterations,
            warmup=warmup,
            noise_warmup=noise_warmup,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            likelihood_rate=likelihood_rate,
            schedule=schedule,
            variant=variant,
            channels=channels,
            noise=noise,
        )
        self.student: nn.Module | None = None
        if distill:
            self.student = build_network(student, "denoiser", channels=channels)
            wanted = lcm(stride, size_multiple_of(self.student))
            check_crop("dbsn", student_crop, wanted, "stride and student", "student_crop")
        self.distill_weight = distill_weight
        self.distill_jitter = distill_jitter
        self.student_recipe = Recipe(
            iterations=student_iterations,
            batch_size=student_batch_size,
            crop=student_crop,
            learning_rate=student_learning_rate,
            schedule=schedule_of(schedule, STUDENT_STEPS, COSINE_FINAL),
            clip_norm=CLIP_NORM,
        )
        self.size_multiple = stride if self.student is None else size_multiple_of(self.student)
        self.receptive_radius = self._receptive_radius()

    def prepare(self, noisy: Sequence[Image]) -> None:
        """Give every training image its noise networks, if it is to have any."""
        if self.noise_models == "per-image":
            self.denoiser.make_noise_models(len(noisy))

    def stages(self) -> Sequence[Stage]:
        """Warm-up, noise model, likelihood, distillation; one without iterations is left out."""
        warmup, noise, joint = self.training_recipe.recipes()
        stages: list[Stage] = [
            WarmUpStage(self.denoiser, warmup),
            NoiseStage(self.denoiser, noise, self.likelihood),
            LikelihoodStage(self.denoiser, joint, self.likelihood),
        ]
        if self.student is not None:
            stages.append(
                DistillationStage(
                    self.denoiser,
                    self.first_stage_output,
                    self.student,
                    self.student_recipe,
                    self.distill_weight,
                    self.distill_jitter,
                )
            )
        return [stage for stage in stages if stage.recipe.iterations]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape, not clipped.
        """
        if self.student is None:
            return self.first_stage_output(noisy)
        denoised: Tensor = self.student(noisy)
        return denoised

    def first_stage_output(self, noisy: Tensor, image: Tensor | None = None) -> Tensor:
        """Denoise a batch by the first stage.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``stride``.
            image: N indices of the training images that they are part of; None: chosen by maximum
                likelihood.

        Returns:
            The same shape, not clipped.
        """
        denoised = self.denoiser.denoise(noisy, image, self.bayes, self.gamma)
        return guided_filter(denoised, *self.filter) if self.filter else denoised

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load a released file, of the first stage or with the distilled network.

        Args:
            checkpoint: ``state_dict_dbsn``, ``state_dict_sigma_mu`` and ``state_dict_sigma_n``, and
                ``state_dict_cnn_denoiser`` if distilled; or the network alone, which needs
                ``bayes=false``.

        Raises:
            DataError: these are the weights of other networks, or some are missing.
        """
        if self.variant != "release":
            raise DataError(
                "released weights are those of variant=release, not of the paper's text"
            )
        if self.student is not None:
            load_student(self.student, checkpoint)
            return
        if not load_denoiser(self.denoiser, checkpoint) and self.bayes:
            raise DataError(
                "these weights give the mean alone, without covariances: set bayes=false"
            )
        self.receptive_radius = self._receptive_radius()

    def _receptive_radius(self) -> int | None:
        """How far the output depends on pixels; None where it depends on the whole image."""
        if self.student is not None:
            return receptive_radius_of(self.student)
        if self.bayes and (self.denoiser.sees_all or self.noise_models == "per-image"):
            return None
        filtered = 2 * self.filter[0] if self.filter else 0
        return self.stride * self.denoiser.network.receptive_radius + filtered
