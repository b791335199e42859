"""LG-BPN: two blind branches, one of convolutions and one of transformer blocks, and their fusion.

Attributes are named as in the state dicts of the released checkpoints, from which the network
differs where the paper's ablations ask for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import (
    Channels,
    DataError,
    ParameterError,
    Positive,
    receptive_radius_of,
    size_multiple_of,
)
from harness_lgbpn.convolution import PatchMaskedConv2d, patch_mask
from harness_lgbpn.transformer import TransformerBody
from harness_nets.extension import extended
from harness_nets.layers import (
    UNITS,
    channels_last,
    fusing_tail,
    initialise_orthogonally,
    planes_if_learning,
    residual_branch,
)
from harness_nets.parameters import AtLeastTwo, Init
from harness_nets.pixel_shuffle import (
    pixel_shuffle_down,
    pixel_shuffle_mosaic_down,
    pixel_shuffle_mosaic_up,
    pixel_shuffle_up,
)

SMALLEST_SIDE = 32
"""Smaller images are extended: reflection needs room in every sub-image."""


FIRST_OUTPUT = 0.1
"""Gain of the last layer's orthogonal weights."""

Body = Literal["conv", "transformer"]


@dataclass(frozen=True)
class Sampling:
    """How a branch samples the image in one pass.

    Attributes:
        stride: stride of pixel-shuffle downsampling.
        shrink: how far the taps of the patch-masked kernel are pulled to the centre; 1: not at all.
    """

    stride: int
    shrink: float = 1.0


@dataclass(frozen=True)
class Passes:
    """How a branch samples in training, in the first pass at test time, and in refinement."""

    train: Sampling
    test: Sampling
    refine: Sampling


@dataclass(frozen=True, kw_only=True)
class BranchDesign:
    """What a branch is made of.

    Attributes:
        dense: whether a patch-masked convolution precedes the downsampling. Otherwise a small
            convolution with a blind centre follows it, as in AP-BSN.
        size: side of the patch-masked kernel.
        dilation: dilation of its taps.
        body: ``conv``: dilated residual blocks; ``transformer``: dilated transformer blocks.
        body_dilation: d, dilation of their 3x3 convolutions; the small convolution has 2 d - 1 taps
            a side.
        border_in_training: zero pixels around each sub-image in training.
        border: reflected pixels around each sub-image at test time.
    """

    dense: bool = True
    size: int
    dilation: int
    body: Body
    body_dilation: int
    border_in_training: int
    border: int


LOCAL = BranchDesign(
    size=9, dilation=1, body="conv", body_dilation=2, border_in_training=2, border=2
)
GLOBAL = BranchDesign(
    size=21, dilation=2, body="transformer", body_dilation=3, border_in_training=0, border=7
)

BranchName = Literal["local", "global"]
Preset = Literal["sidd", "dnd"]
Fusion = Literal["concat", "mean"]

PRESETS: Mapping[Preset, Mapping[BranchName, Passes]] = MappingProxyType(
    {
        "sidd": {
            "local": Passes(Sampling(4), Sampling(3, 0.72), Sampling(2, 0.46)),
            "global": Passes(Sampling(5), Sampling(4, 0.80), Sampling(4, 0.43)),
        },
        "dnd": {
            "local": Passes(Sampling(4), Sampling(2, 0.50), Sampling(2, 0.40)),
            "global": Passes(Sampling(5), Sampling(4, 0.65), Sampling(2, 0.35)),
        },
    }
)
"""Settings of the released code; the paper names none."""


class Branch(nn.Module):
    """A patch-masked convolution at full resolution, and a body on the sub-images of its features.

    In training the sub-images stand in one mosaic, where the body sees across their borders; at
    test time each is an image of its own, with a border of reflection.

    Args:
        channels: number of channels of the features.
        width: channels of the result.
        design: what it is made of.
        passes: how it samples the image.
        blocks: number of blocks of the body.
        heads: number of attention heads.
        kernel_shift: whether the taps are pulled to the centre at test time.
        masked_in_test: see :class:`PatchMaskedConv2d`.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        design: BranchDesign,
        passes: Passes,
        *,
        blocks: int,
        heads: int,
        kernel_shift: bool = True,
        masked_in_test: bool = True,
    ) -> None:
        super().__init__()
        self.width = width
        self.design = design
        self.passes = passes
        self.kernel_shift = kernel_shift
        body: nn.Module
        if design.body == "conv":
            body = nn.Sequential(*residual_branch(width, blocks, design.body_dilation))
            self.body_receptive_radius = design.body_dilation * blocks
        else:
            transformer = TransformerBody(width, blocks, heads, design.body_dilation)
            body, self.body_receptive_radius = transformer, transformer.receptive_radius
        if design.dense:
            self.Maskconv: PatchMaskedConv2d | None = PatchMaskedConv2d(
                channels,
                width,
                design.size,
                dilation=design.dilation,
                masked_in_test=masked_in_test,
            )
            self.body = body
        else:
            self.Maskconv = None
            small = PatchMaskedConv2d(channels, width, 2 * design.body_dilation - 1, radius=0)
            self.body = nn.Sequential(small, body)
            self.body_receptive_radius += design.body_dilation - 1

    def forward(self, features: Tensor, refine: bool = False) -> Tensor:
        """Map N x channels x H x W to N x width x H x W; in training mode as in training."""
        sampling = self._sampling(refine)
        sampled = partial(self._train if self.training else self._test, sampling=sampling)
        return extended(sampled, features, multiple=sampling.stride)

    def radius_of_pass(self, refine: bool = False) -> int:
        """How far a pixel depends on others at test time, the attention's weights apart."""
        sampling = self.passes.refine if refine else self.passes.test
        dense = self.design.size // 2 if self.Maskconv is not None else 0
        return dense + sampling.stride * self.body_receptive_radius

    def _sampling(self, refine: bool) -> Sampling:
        if self.training:
            return self.passes.train
        return self.passes.refine if refine else self.passes.test

    def _train(self, features: Tensor, sampling: Sampling) -> Tensor:
        if self.Maskconv is not None:
            features = self.Maskconv(features)
        border = self.design.border_in_training
        mosaic = pixel_shuffle_mosaic_down(features, sampling.stride, border)
        refined = self.body(planes_if_learning(mosaic, self.width))
        return pixel_shuffle_mosaic_up(refined, sampling.stride, border)

    def _test(self, features: Tensor, sampling: Sampling) -> Tensor:
        if self.Maskconv is not None:
            features = self.Maskconv.shrunken(
                features, sampling.shrink if self.kernel_shift else 1.0
            )
        border = self.design.border
        subimages = pixel_shuffle_down(features, sampling.stride)
        extended = F.pad(subimages, [border] * 4, mode="reflect")
        refined = self.body(channels_last(extended))
        return pixel_shuffle_up(refined[..., border:-border, border:-border], sampling.stride)


class ForeignBranch(nn.Module):
    """A network of another method in the place of a branch; it sees the image itself.

    Args:
        network: maps N x C x H x W in [0, 1] to as many channels as its ``outputs`` says, or to C.
        channels: C, number of channels of the images.
    """

    def __init__(self, network: nn.Module, channels: int) -> None:
        super().__init__()
        self.network = network
        self.outputs = int(getattr(network, "outputs", channels))
        self.size_multiple = size_multiple_of(network)

    def forward(self, noisy: Tensor) -> Tensor:
        """Map N x C x H x W in [0, 1], of any H and W, to N x outputs x H x W."""
        return extended(self.network, noisy, multiple=self.size_multiple)


class LocalGlobalNetwork(nn.Module):
    """The network of LG-BPN, Fig. 2, in the form of the released code.

    What it outputs at a pixel depends on no pixel of the patch around it, but through the
    attention's weights, which are statistics of the whole image.

    Args:
        channels: number of channels of the images.
        width: channels inside the network; a multiple of ``heads``.
        head_width: channels that the patch-masked convolutions see.
        blocks: number of residual blocks in a branch of convolutions.
        transformer_blocks: number of blocks in a branch of transformer blocks.
        heads: number of attention heads.
        local: design of the local branch; None: without it.
        global_: design of the global branch; None: without it.
        preset: strides and shrinkage.
        kernel_shift: whether the kernels shrink at test time.
        masked_in_test: see :class:`PatchMaskedConv2d`.
        foreign: a network in the place of the local branch, which then has no design.
        init: how weights are drawn: ``default``, as PyTorch does and as released; ``orthogonal``:
            so that colour passes, and the first output is nearly black; a narrow network then
            learns sooner.
        fusion: ``concat``: the tail's first layer joins the branches; ``mean``: their mean, without
            that layer. Nor is there such a layer where there is but one branch.

    Raises:
        ParameterError: branches of different width cannot be averaged.

    Attributes:
        foreign: the network in the place of the local branch, or None.
        branch1: the local branch, or None.
        branch2: the global branch, or None.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 128,
        head_width: int = 24,
        blocks: int = 9,
        transformer_blocks: int = 6,
        heads: int = 2,
        local: BranchDesign | None = LOCAL,
        global_: BranchDesign | None = GLOBAL,
        preset: Preset = "sidd",
        kernel_shift: bool = True,
        masked_in_test: bool = True,
        foreign: nn.Module | None = None,
        fusion: Fusion = "concat",
        init: Init = "default",
    ) -> None:
        super().__init__()
        self.width = width
        self.fusion = fusion
        self.init = init

        def branch(design: BranchDesign | None, name: BranchName) -> Branch | None:
            if design is None:
                return None
            return Branch(
                head_width,
                width,
                design,
                PRESETS[preset][name],
                blocks=blocks if design.body == "conv" else transformer_blocks,
                heads=heads,
                kernel_shift=kernel_shift,
                masked_in_test=masked_in_test,
            )

        self.head = nn.Sequential(nn.Conv2d(channels, head_width, 1), nn.ReLU())
        self.branch1 = branch(local, "local")
        self.branch2 = branch(global_, "global")
        self.foreign = None if foreign is None else ForeignBranch(foreign, channels)
        joined = width * len(self.branches) + (self.foreign.outputs if self.foreign else 0)
        if fusion == "mean" and self.foreign and self.branches and self.foreign.outputs != width:
            raise ParameterError(
                f"lgbpn: fusion=mean needs branches of one width, and the local network has "
                f"{self.foreign.outputs} channels, the global branch {width}: choose a network "
                "with a parameter for the channels of its result, or fusion=concat"
            )
        joining = fusion == "concat" and joined != width
        tail = fusing_tail(joined, width, channels)
        self.tail = tail if joining else tail[2:]
        if init == "orthogonal":
            for part in (self.head, *self.branches, self.tail):
                initialise_orthogonally(part)
            # nearly black: from outputs far beyond white, some seeds never find back
            with torch.no_grad():
                self.tail[-1].get_parameter("weight").mul_(FIRST_OUTPUT)

    @property
    def branches(self) -> list[Branch]:
        """Those of its own that it has, the local one first."""
        return [branch for branch in (self.branch1, self.branch2) if branch is not None]

    def forward(self, noisy: Tensor, refine: bool = False) -> Tensor:
        """Estimate the clean image: in training mode as in training, else as at test time.

        Args:
            noisy: N x C x H x W in [0, 1]; any H and W.
            refine: sample as for refinement, where the image is mostly denoised; not in training.

        Returns:
            The same shape and range, not clipped.
        """
        return extended(partial(self._estimate, refine=refine), noisy, at_least=SMALLEST_SIDE)

    def _estimate(self, noisy: Tensor, refine: bool) -> Tensor:
        """Estimate images that are large enough."""
        features = self.head(planes_if_learning(noisy * UNITS, self.width))
        outputs = [branch(features, refine) for branch in self.branches]
        if self.foreign is not None:
            outputs.insert(0, self.foreign(noisy))
        mean = self.fusion == "mean"
        fused = torch.stack(outputs).mean(0) if mean else torch.cat(outputs, dim=1)
        denoised: Tensor = self.tail(fused) / UNITS
        return denoised

    def hide(self, offsets: Tensor) -> None:
        """Replace the masks' patch by other offsets to which the dense kernels are to be blind.

        Args:
            offsets: 21 x 21, bool, about the pixel in the middle; True where to hide.

        Raises:
            DataError: a kernel would have no taps left.
        """
        for branch in self.branches:
            if branch.Maskconv is None:
                continue
            size, dilation = branch.design.size, branch.design.dilation
            outside = (len(offsets) - size) // 2
            seen = offsets[outside : outside + size, outside : outside + size]
            kept = patch_mask(size, radius=0, dilation=dilation).to(offsets.device).bool() & ~seen
            if not kept.any():
                raise DataError(
                    f"the noise correlates over all of the {size}x{size} kernel, of which no tap "
                    "is left: raise mask_threshold, or set mask=paper"
                )
            branch.Maskconv.set_mask(kept)
            if self.init == "orthogonal":
                initialise_orthogonally(branch.Maskconv)

    def radius_of_pass(self, refine: bool = False) -> int | None:
        """How far a pixel depends on others at test time, the attention's weights apart.

        None: a network in the place of a branch does not say.
        """
        radii = [branch.radius_of_pass(refine) for branch in self.branches]
        if self.foreign is not None:
            own = receptive_radius_of(self.foreign.network)
            if own is None:
                return None
            radii.append(own)
        return max(radii)


def local_network(
    channels: Channels = 3,
    width: AtLeastTwo = 128,
    blocks: Positive = 9,
    preset: Preset = "sidd",
    init: Init = "default",
) -> LocalGlobalNetwork:
    """The local branch alone between head and tail: a network that is blind to a patch.

    It states no receptive radius: tiles would have to begin at multiples of its stride.

    Maps noisy images, N x C x H x W in [0, 1], to denoised ones: in training mode blind to all
    that is at most four pixels away, in rows plus columns; otherwise with the shrunken kernel.

    Args:
        channels: number of channels of the images.
        width: channels inside the network.
        blocks: number of residual blocks.
        preset: strides and shrinkage at test time, as released for either dataset.
        init: how weights are drawn: ``default``, as PyTorch does and as released; ``orthogonal``:
            so that colour passes, and the first output is nearly black; a narrow network then
            learns sooner.
    """
    return LocalGlobalNetwork(
        channels, width, blocks=blocks, global_=None, preset=preset, init=init
    )
