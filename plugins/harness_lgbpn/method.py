"""LG-BPN as a method: a plain training on noisy images, and random-replacing refinement."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from harness import (
    Cosine,
    DataError,
    Image,
    Method,
    NoisyBatch,
    ParameterError,
    Recipe,
    Stage,
    Steps,
    build_network,
    load_strictly,
)
from harness_lgbpn.network import (
    GLOBAL,
    LOCAL,
    BranchDesign,
    Fusion,
    LocalGlobalNetwork,
    Preset,
)
from harness_nets.layers import UNITS
from harness_nets.refinement import random_replacing_refinement
from harness_nets.released import released_weights

RELEASED_STEPS = Steps((0.4, 0.8))
"""After 8 and 16 of 20 epochs."""


class Training(Stage):
    """Train the network by the absolute error against the noisy image, to which it is blind.

    Args:
        network: in which a patch around every pixel is hidden.
        recipe: how it is trained.
    """

    name = "training"

    def __init__(self, network: LocalGlobalNetwork, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error, in units of 8-bit images."""
        denoised: Tensor = self.network(batch.noisy)
        return UNITS * (denoised.float() - batch.noisy).abs().mean()


class LGBPN(Method):
    r"""Local and global blind-patch network for real noise, which correlates between neighbours.

    .. math:: \min_\theta \lVert f_\theta(y) - y \rVert_1

    where :math:`f_\theta(y)` at a pixel sees nothing of the patch around it, over which noise
    correlates. In the test it sees pixels nearer by, and in refinement, of images that are mostly
    denoised, pixels nearer still.

    Args:
        channels: of the images.
        preset: ``sidd`` or ``dnd``: strides and shrinkage of the test.
        width: channels of the network.
        head_width: channels that the patch-masked convolutions see.
        blocks: residual blocks of a branch of convolutions.
        transformer_blocks: of a branch of transformer blocks.
        heads: of the attention; divide ``width``.
        branches: ``both``, or ``local`` or ``global`` alone.
        local_network: a network of the role ``blind`` in the place of the local branch.
        fusion: of the branches: ``concat``, or their ``mean``.
        local_dilation: of the taps of the 9x9 kernel, Table 2(a).
        global_dilation: of the taps of the 21x21 kernel, Table 2(a).
        local_dspmc: the 9x9 kernel before the downsampling; otherwise 3x3 with a blind centre
            after it, Table 2(b).
        global_dspmc: the 21x21 kernel before the downsampling; otherwise 5x5 after it.
        local_body: ``conv`` or ``transformer``, Table 2(b).
        global_body: ``transformer`` or ``conv``.
        kernel_shift: shrink the kernels in the test, Table 2(b).
        mask: ``paper``: hide what is at most four pixels away; ``measured``: hide where the noise
            of the training images correlates.
        mask_threshold: with ``measured``, the absolute correlation from which a tap is hidden.
        masked_in_test: apply the masks in the test, which the released code does not.
        r3: refine the result by random replacing.
        r3_times: passes of refinement.
        r3_probability: share of the values that are replaced by noisy ones.
        r3_seed: of their choice; every image gets the same.
        iterations: of the training.
        batch_size: crops in a step.
        crop: side of the crops in pixels.
        learning_rate: at the start.
        schedule: of the learning rate: ``steps`` as released, or ``cosine``.

    Raises:
        ParameterError: ``heads`` do not divide ``width``, or a share or threshold is no fraction.
    """

    def __init__(
        self,
        channels: int = 3,
        preset: Preset = "sidd",
        width: int = 128,
        head_width: int = 24,
        blocks: int = 9,
        transformer_blocks: int = 6,
        heads: int = 2,
        branches: Literal["both", "local", "global"] = "both",
        local_network: str | None = None,
        fusion: Fusion = "concat",
        local_dilation: int = 1,
        global_dilation: int = 2,
        local_dspmc: bool = True,
        global_dspmc: bool = True,
        local_body: Literal["conv", "transformer"] = "conv",
        global_body: Literal["conv", "transformer"] = "transformer",
        kernel_shift: bool = True,
        mask: Literal["paper", "measured"] = "paper",
        mask_threshold: float = 0.05,
        masked_in_test: bool = True,
        r3: bool = True,
        r3_times: int = 8,
        r3_probability: float = 0.16,
        r3_seed: int = 0,
        iterations: int = 61_360,
        batch_size: int = 8,
        crop: int = 120,
        learning_rate: float = 1e-4,
        schedule: Literal["steps", "cosine"] = "steps",
    ) -> None:
        super().__init__()
        if width % heads:
            raise ParameterError(
                f"lgbpn: a width of {width} does not divide among {heads} heads: "
                f"set width to a multiple, such as {-(-width // heads) * heads}"
            )
        for name, share in (
            ("r3_probability", r3_probability),
            ("mask_threshold", mask_threshold),
        ):
            if not 0 <= share <= 1:
                raise ParameterError(f"lgbpn: {name} is from 0 to 1, not {share}")
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
            schedule=Cosine() if schedule == "cosine" else RELEASED_STEPS,
        )
        first, second = (
            self.network.receptive_radius(),
            self.network.receptive_radius(refine=True) if r3 else 0,
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
        return [Training(self.network, self.recipe)]

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
        """Load the weights of a released checkpoint, in any of its wrappings.

        The convolutions that the released code keeps for its test repeat the trained ones, or hold
        what they were drawn as, and are left out.

        Raises:
            DataError: these are the weights of another network, or were trained with another mask.
        """
        if self.mask == "measured":
            raise DataError("published weights belong to the paper's mask: leave out mask=measured")
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
