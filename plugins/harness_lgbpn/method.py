"""LG-BPN as a method: a plain training on noisy images, and random-replacing refinement."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from harness import (
    Channels,
    DataError,
    Image,
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
    Steps,
    build_network,
    load_strictly,
)
from harness_lgbpn.network import (
    GLOBAL,
    LOCAL,
    Body,
    BranchDesign,
    Fusion,
    LocalGlobalNetwork,
    Preset,
)
from harness_nets.parameters import AtLeastTwo, BlindNetwork, Init, Schedule, schedule_of
from harness_nets.refinement import random_replacing_refinement
from harness_nets.released import released_weights
from harness_nets.self_supervised import SelfSupervisedStage

REFINING = OnlyWith("r3")

RELEASED_STEPS = Steps((0.4, 0.8))
"""After 8 and 16 of 20 epochs."""


class LGBPN(Method):
    r"""Local and global blind-patch network for real noise, which correlates between neighbours.

    .. math:: \min_\theta \lVert f_\theta(y) - y \rVert_1

    where :math:`f_\theta(y)` at a pixel sees nothing of the patch around it, over which noise
    correlates. At test time it sees pixels nearer by, and in refinement, of images that are mostly
    denoised, pixels nearer still.

    Args:
        channels: number of channels of the images.
        preset: strides and shrinkage at test time, as released for either dataset.
        width: channels inside the network; a multiple of ``heads``.
        head_width: channels that the patch-masked convolutions see.
        blocks: number of residual blocks in a branch of convolutions.
        transformer_blocks: number of blocks in a branch of transformer blocks.
        heads: number of attention heads; they divide ``width``.
        branches: which of the two branches the network has.
        local_network: network in the place of the local branch; it sees the image itself.
        fusion: how branches are fused: ``concat``: by the tail's first layer; ``mean``: to their
            mean.
        local_dilation: dilation of the taps of the 9x9 kernel, Table 2(a).
        global_dilation: dilation of the taps of the 21x21 kernel, Table 2(a).
        local_dspmc: put a 9x9 kernel before the local branch's downsampling, not 3x3 with a blind
            centre after it, Table 2(b).
        global_dspmc: put a 21x21 kernel before the global branch's downsampling, not 5x5 with a
            blind centre after it, Table 2(b).
        local_body: what follows in the local branch: convolutions or transformer blocks,
            Table 2(b).
        global_body: what follows in the global branch: convolutions or transformer blocks,
            Table 2(b).
        init: how weights are drawn: ``default``, as PyTorch does and as released; ``orthogonal``:
            so that colour passes, and the first output is nearly black; a narrow network then
            learns sooner.
        kernel_shift: shrink the kernels at test time, Table 2(b).
        mask: what the kernels are blind to: ``paper``: what is at most four pixels away;
            ``measured``: where the noise of the training images correlates.
        mask_threshold: absolute correlation from which a tap is hidden, with ``mask=measured``.
        masked_in_test: apply the masks at test time, which the released code does not.
        r3: refine the first estimate by random replacing.
        r3_times: T, number of passes of the refinement.
        r3_probability: p, share of the values that each pass replaces by the noisy ones.
        r3_seed: seed of the refinement's masks; every image gets the same.
        iterations: number of steps of training.
        batch_size: number of crops in a step.
        crop: side of the crops in pixels.
        learning_rate: learning rate of the first step.
        schedule: how the learning rate falls: ``steps``: to a tenth after 2/5 and 4/5, as released;
            ``cosine``: along a cosine; ``one-cycle``: up, and down.

    Raises:
        ParameterError: ``heads`` do not divide ``width``, or ``fusion=mean`` has branches of
            different width.
    """

    def __init__(
        self,
        channels: Channels = 3,
        preset: Preset = "sidd",
        width: AtLeastTwo = 128,
        head_width: Positive = 24,
        blocks: Positive = 9,
        transformer_blocks: Positive = 6,
        heads: Positive = 2,
        branches: Literal["both", "local", "global"] = "both",
        local_network: BlindNetwork | None = None,
        fusion: Fusion = "concat",
        local_dilation: Positive = 1,
        global_dilation: Positive = 2,
        local_dspmc: bool = True,
        global_dspmc: bool = True,
        local_body: Body = "conv",
        global_body: Body = "transformer",
        init: Init = "default",
        kernel_shift: bool = True,
        mask: Literal["paper", "measured"] = "paper",
        mask_threshold: Annotated[Share, OnlyWith("mask", ("measured",))] = 0.05,
        masked_in_test: bool = True,
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
        if width % heads:
            raise ParameterError(
                f"lgbpn: a width of {width} does not divide among {heads} heads: "
                f"set width to a multiple, such as {-(-width // heads) * heads}"
            )
        local: BranchDesign | None = replace(
            LOCAL, dilation=local_dilation, dense=local_dspmc, body=local_body
        )
        global_: BranchDesign | None = replace(
            GLOBAL, dilation=global_dilation, dense=global_dspmc, body=global_body
        )
        self.network = LocalGlobalNetwork(
            channels,
            width,
            head_width,
            blocks,
            transformer_blocks,
            heads,
            local=None if branches == "global" or local_network else local,
            global_=None if branches == "local" else global_,
            preset=preset,
            kernel_shift=kernel_shift,
            masked_in_test=masked_in_test,
            foreign=None
            if local_network is None
            else build_network(local_network, "blind", channels=channels),
            fusion=fusion,
            init=init,
        )
        self.mask = mask
        self.mask_threshold = mask_threshold
        self.r3 = r3
        self.r3_times = r3_times
        self.r3_probability = r3_probability
        self.r3_seed = r3_seed
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            schedule=schedule_of(schedule, RELEASED_STEPS),
        )
        first, second = (
            self.network.radius_of_pass(),
            self.network.radius_of_pass(refine=True) if r3 else 0,
        )
        self.receptive_radius = None if first is None or second is None else first + second

    def prepare(self, noisy: Sequence[Image]) -> None:
        """Measure how the noise correlates, and hide where it does, if the mask is to be measured.

        Raises:
            DataError: the noise cannot be measured, or correlates over all of a kernel.
        """
        if self.mask == "measured":
            from harness_lgbpn.correlation import noise_correlation

            receptive_radius = GLOBAL.size // 2
            correlation = torch.from_numpy(noise_correlation(noisy, receptive_radius))
            self.network.hide(correlation.abs() >= self.mask_threshold)

    def stages(self) -> Sequence[Stage]:
        """The one stage."""
        return [SelfSupervisedStage(self.network, self.recipe)]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; any H and W.

        Returns:
            The same shape, not clipped.
        """
        initial: Tensor = self.network(noisy).to(noisy.dtype)
        if not self.r3:
            return initial
        return random_replacing_refinement(
            noisy,
            initial,
            lambda mixtures: self.network(mixtures, refine=True).to(noisy.dtype),
            times=self.r3_times,
            probability=self.r3_probability,
            generator=torch.Generator().manual_seed(self.r3_seed),
        )

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load the pretrained weights of the authors, in any of their wrappings.

        The convolutions that the released code keeps for test time repeat the trained ones, or hold
        what they were drawn as, and are left out.

        Raises:
            DataError: these are the weights of another network, or were trained with another mask.
        """
        if self.mask == "measured":
            raise DataError(
                "pretrained weights belong to the paper's mask: leave out mask=measured"
            )
        weights = {
            name: value
            for name, value in released_weights(checkpoint).items()
            if ".test_conv." not in name
        }
        for name, own in self.network.named_buffers():
            found = weights.get(name)
            if not isinstance(found, Tensor) or found.shape[-2:] != own.shape:
                continue  # the strict loading says what is wrong
            if not torch.equal(found, own.to(found.dtype).expand_as(found)):
                raise DataError(
                    f"these weights were trained with another mask: {name} differs from the "
                    "network's; check local_dilation and global_dilation"
                )
            weights[name] = own
        load_strictly(self.network, weights)
