"""DeamNet: an unrolled consistency prior whose gates are dual element-wise attention.

Attributes are named as in the state dicts of the released checkpoints.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import Channels, Positive
from harness_nets.layers import channels_last

STAGES = ("line11", "line22", "line33", "line44")
"""The gates of the four unrolled stages, which share all else."""

SCALES = (0, 1, 2, 3)
"""Of the U-shaped network, from full size down."""

SQUEEZED = 16
"""By how much a gate narrows."""


class Convolution(nn.Module):
    """A convolution that keeps the size, with Xavier's first weights.

    Args:
        inputs: channels.
        outputs: channels.
        kernel_size: odd.
    """

    def __init__(self, inputs: int, outputs: int, kernel_size: int = 3) -> None:
        super().__init__()
        self.conv2d = nn.Conv2d(inputs, outputs, kernel_size, padding=kernel_size // 2)
        nn.init.xavier_normal_(self.conv2d.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x inputs x H x W to N x outputs x H x W."""
        out: Tensor = self.conv2d(features)
        return out


class ActiveConvolution(nn.Module):
    """A 3x3 convolution with ReLU.

    Args:
        width: channels in and out.
        stride: 2 halves the size.
    """

    def __init__(self, width: int, stride: int = 1) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, stride=stride), nn.ReLU(inplace=True)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to N x width x H/stride x W/stride."""
        out: Tensor = self.block(features)
        return out


class ActiveUpSampling(nn.Module):
    """Double the size by repeating pixels, and convolve; no transposed convolution.

    Args:
        width: channels in and out.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv2d = ActiveConvolution(width)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to N x width x 2H x 2W."""
        out: Tensor = self.conv2d(F.interpolate(features, scale_factor=2))
        return out


class Transform(nn.Module):
    """From the image to features, or back: a convolution and a residual block.

    Args:
        inputs: channels.
        outputs: channels.
        width: channels of the residual block.
        inverse: the residual block comes first.
    """

    def __init__(self, inputs: int, outputs: int, width: int, *, inverse: bool = False) -> None:
        super().__init__()
        self.inverse = inverse
        self.ext = Convolution(inputs, outputs)
        self.pre = nn.Sequential(
            Convolution(width, width), nn.ReLU(inplace=True), Convolution(width, width)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Map N x inputs x H x W to N x outputs x H x W."""
        features = images if self.inverse else self.ext(images)
        features = features + self.pre(features)
        out: Tensor = self.ext(features) if self.inverse else features
        return out


class Gate(nn.Module):
    r"""Choose between what is known and what is estimated, element by element (NLO sub-network).

    .. math:: \delta = \sigma(f([C(y), u])), \quad (1 - \delta) \odot u + \delta \odot y

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cat = Convolution(2 * width, width, kernel_size=1)
        self.C = Convolution(width, width)
        self.weight = nn.ModuleDict({"conv_du": _squeezed(width)})

    def forward(self, known: Tensor, estimated: Tensor) -> Tensor:
        """Map y and u, N x width x H x W each, to the same shape."""
        return _mixed(self.cat, self.C, self.weight["conv_du"], known, estimated)


class Attention(nn.Module):
    """Dual element-wise attention (DEAM): a gate between a scale and the one below, enlarged.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_du = _squeezed(width)
        self.cat = Convolution(2 * width, width, kernel_size=1)
        self.C = Convolution(width, width)
        self.ConvTranspose = ActiveUpSampling(width)

    def forward(self, skip: Tensor, below: Tensor) -> Tensor:
        """Map N x width x H x W and N x width x H/2 x W/2 to N x width x H x W."""
        return _mixed(self.cat, self.C, self.conv_du, skip, self.ConvTranspose(below))


class Encoder(nn.Module):
    """Two convolutions, and a third that halves the size.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ActiveConvolution(width), ActiveConvolution(width), ActiveConvolution(width, stride=2)
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Map N x width x H x W to the same shape, and to half the size."""
        skip = self.body[1](self.body[0](features))
        return skip, self.body[2](skip)


class Merging(nn.Module):
    """Join a scale with the one below, enlarged.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = ActiveConvolution(width)
        self.ConvTranspose = ActiveUpSampling(width)
        self.cat = Convolution(2 * width, width, kernel_size=1)

    def forward(self, attended: Tensor, below: Tensor) -> Tensor:
        """Map N x width x H x W and N x width x H/2 x W/2 to N x width x H x W."""
        joined = torch.cat([self.conv1(attended), self.ConvTranspose(below)], dim=1)
        out: Tensor = self.cat(joined)
        return out


class Decoder(nn.Module):
    """Join a scale with the one below, and convolve twice.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.upsample = Merging(width)
        self.body = nn.Sequential(ActiveConvolution(width), ActiveConvolution(width))

    def forward(self, attended: Tensor, below: Tensor) -> Tensor:
        """Map N x width x H x W and N x width x H/2 x W/2 to N x width x H x W."""
        out: Tensor = self.body(self.upsample(attended, below))
        return out


class UShapedNetwork(nn.Module):
    """The sub-network that all stages share: four scales, joined by attention.

    The released files hold weights of three wider convolutions and one that joins them, which
    nothing uses. Here they are buffers: they load and are saved, and no optimizer sees them, nor
    does data parallelism wait for their gradients.

    Args:
        width: channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        for name, kernel_size in (("conv_dila1", 3), ("conv_dila2", 5), ("conv_dila3", 7)):
            self.add_module(name, _as_buffers(Convolution(width, width, kernel_size)))
        self.cat1 = _as_buffers(nn.Conv2d(3 * width, width, 1))
        for scale in reversed(SCALES):
            self.add_module(f"e{scale}", Encoder(width))
        for scale in reversed(SCALES):
            self.add_module(f"attention{scale}", Attention(width))
        self.mid = nn.Sequential(ActiveConvolution(width), ActiveConvolution(width))
        for scale in reversed(SCALES):
            self.add_module(f"de{scale}", Decoder(width))
        self.final = Convolution(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W, H and W multiples of 16, to the same shape."""
        skips = []
        below = features
        for scale in SCALES:
            skip, below = self.get_submodule(f"e{scale}")(below)
            skips.append(skip)
        below = self.mid(below)
        for scale in reversed(SCALES):
            attended = self.get_submodule(f"attention{scale}")(skips.pop(), below)
            below = self.get_submodule(f"de{scale}")(attended, below)
        out: Tensor = self.final(below) + features
        return out


class DeamNet(nn.Module):
    r"""DeamNet (Ren et al., CVPR 2021), in the form of the released code for real noise.

    .. math:: y = T(x), \quad u_i = S(v_{i-1}), \quad
        v_i = (1 - \delta_i) \odot u_i + \delta_i \odot y, \quad v_0 = y, \quad
        \hat x = T^{-1}(v_4)

    with one network S in all four stages and a gate :math:`\delta_i` for each. Nothing is added to
    the input. As released it has 2,228,131 weights, of which 352,512 are of no use; those load,
    but are not counted, for they are buffers here.

    Args:
        channels: number of channels of the images.
        width: channels inside the network; 64 as released.

    Attributes:
        size_multiple: height and width must be multiples of it.
        receptive_radius: how many pixels to each side an output pixel depends on.
    """

    size_multiple = 16
    receptive_radius = 719

    def __init__(self, channels: Channels = 3, width: Positive = 64) -> None:
        super().__init__()
        self.transform_function = Transform(channels, width, width)
        self.inverse_transform_function = Transform(width, channels, width, inverse=True)
        for name in STAGES:
            self.add_module(name, Gate(width))
        self.net2 = UShapedNetwork(width)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of 16.

        Returns:
            The same shape, not clipped.
        """
        known = self.transform_function(channels_last(noisy))
        features = known
        for name in STAGES:
            features = self.get_submodule(name)(known, self.net2(features))
        denoised: Tensor = self.inverse_transform_function(features)
        return denoised


def _squeezed(width: int) -> nn.Sequential:
    """The last layers of a gate: it narrows, and outputs a weight from 0 to 1 for every element."""
    narrow = max(1, width // SQUEEZED)
    return nn.Sequential(
        Convolution(width, narrow), nn.ReLU(inplace=True), Convolution(narrow, width), nn.Sigmoid()
    )


def _mixed(
    join: nn.Module, read: nn.Module, weigh: nn.Module, known: Tensor, estimated: Tensor
) -> Tensor:
    """What a gate makes of what is known and what is estimated."""
    weight = weigh(join(torch.cat([read(known), estimated], dim=1)))
    return torch.lerp(estimated, known, weight)


def _as_buffers(module: nn.Module) -> nn.Module:
    """Turn the parameters of a module that is never used into buffers of the same names."""
    for part in module.modules():
        for name, parameter in list(part.named_parameters(recurse=False)):
            delattr(part, name)
            part.register_buffer(name, parameter.detach())
    return module
