"""D-BSN: two branches of dilated convolutions behind a convolution with a blind centre.

Attributes are named as in the state dicts of the released checkpoints.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness_nets.layers import CentreMaskedConv2d, planes_if_learning

INITIAL_MEAN = 0.5
"""Mid-grey: about what the untrained network outputs everywhere."""

INITIAL_CONTRAST = 0.01
"""What is left of the last layer's first weights."""

Variant = Literal["release", "paper"]
BlindConvolution = Literal["masked", "trimmed"]

BLOCKS = {"release": 8, "paper": 7}
"""MDC modules per branch: of the released code, and of Sec. 3.2."""


class Estimate(NamedTuple):
    """What the network says of a noisy image.

    Attributes:
        mean: N x C x H x W, the expected clean image given each pixel's neighbourhood.
        features: N x width x H x W, what the mean is made of; the variance head reads it too.
    """

    mean: Tensor
    features: Tensor


class TrimmedConv2d(CentreMaskedConv2d):
    r"""A masked convolution that makes up for the taps that it lacks, an option of the release.

    .. math:: o_p = \frac{k^2}{n_p} \sum_q w_q y_{p+q} + b

    where :math:`n_p` of the :math:`k^2` taps are neither the centre nor beyond the border.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Convolve N x C x H x W with the masked kernel."""
        inside = torch.ones_like(input[:1, :1])
        taps = F.conv2d(inside, self.mask[None, None].to(input), padding=self.padding)
        out = F.conv2d(input, self.weight * self.mask, padding=self.padding)
        out = out * (self.mask.numel() / taps.clamp(min=1))
        return out if self.bias is None else out + self.bias[:, None, None]


class ReleasedModule(nn.Module):
    """Multi-dilated convolution (MDC) module in the form of the released code.

    Three paths side by side, their sum with the input, and two 1x1 convolutions.

    Args:
        width: channels in and out.
        dilation: of the 3x3 and 5x5 convolutions; a multiple of it is all that they see.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.inception_br1 = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 5, padding=2 * dilation, dilation=dilation),
            nn.ReLU(),
        )
        self.inception_br2 = nn.Sequential(
            nn.Conv2d(width, width, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
        )
        self.inception_br3 = nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU())
        self.concat = nn.Conv2d(3 * width, width, 1)
        self.middle_1x1_convs = nn.Sequential(
            nn.Conv2d(width, width, 1), nn.ReLU(), nn.Conv2d(width, width, 1), nn.ReLU()
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        paths = (self.inception_br1, self.inception_br2, self.inception_br3)
        merged = self.concat(torch.cat([path(features) for path in paths], dim=1))
        out: Tensor = self.middle_1x1_convs(F.relu(merged) + features)
        return out


class PaperModule(nn.Module):
    """Multi-dilated convolution (MDC) module, Sec. 3.2 and Fig. 3(c).

    Zero, one and two 3x3 convolutions behind a 1x1 convolution, side by side; a 1x1 convolution of
    all three, the sum with the input, and a last 1x1 convolution. The text does not place the
    activations: here a ReLU follows each convolution but the one before the sum.

    Args:
        width: channels in and out.
        dilation: of the 3x3 convolutions.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.paths = nn.ModuleList(self._path(width, dilation, length) for length in range(3))
        self.concat = nn.Conv2d(3 * width, width, 1)
        self.last = nn.Conv2d(width, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        merged = self.concat(torch.cat([path(features) for path in self.paths], dim=1))
        return F.relu(self.last(merged + features))

    @staticmethod
    def _path(width: int, dilation: int, length: int) -> nn.Sequential:
        layers: list[nn.Module] = [nn.Conv2d(width, width, 1), nn.ReLU()]
        for _ in range(length):
            convolution = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
            layers += [convolution, nn.ReLU()]
        return nn.Sequential(*layers)


class Branch(nn.Module):
    """A masked convolution and MDC modules whose dilation keeps its centre blind.

    A k x k mask hides the centre from its neighbours' windows only as long as all that follows
    moves in steps of (k + 1) / 2 pixels, Sec. 3.2.

    Args:
        width: channels.
        blocks: how many MDC modules.
        kernel_size: of the masked convolution, odd.
        variant: the released code has two 1x1 convolutions before the modules, and one after.
        blind_conv: how the masked convolution counts the taps that it lacks.
    """

    def __init__(
        self,
        width: int,
        blocks: int,
        kernel_size: int,
        variant: Variant = "release",
        blind_conv: BlindConvolution = "masked",
    ) -> None:
        super().__init__()
        dilation = (kernel_size + 1) // 2
        blind = CentreMaskedConv2d if blind_conv == "masked" else TrimmedConv2d
        layers: list[nn.Module] = [blind(width, kernel_size), nn.ReLU()]
        if variant == "paper":
            layers += [PaperModule(width, dilation) for _ in range(blocks)]
        else:
            for _ in range(2):
                layers += [nn.Conv2d(width, width, 1), nn.ReLU()]
            layers += [ReleasedModule(width, dilation) for _ in range(blocks)]
            layers += [nn.Conv2d(width, width, 1)]
        self.branch = nn.Sequential(*layers)
        self.receptive_radius = kernel_size // 2 + 2 * dilation * blocks

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to the same shape."""
        out: Tensor = self.branch(features)
        return out


class DilatedBlindSpotNetwork(nn.Module):
    """D-BSN, Sec. 3.2 and Fig. 3(c).

    One branch sees odd offsets, the other those that are no multiple of three, so the mean at a
    pixel depends neither on the pixel itself nor on any that lies multiples of six away from it.

    Weights are drawn from Kaiming's normal distribution, and biases are zero, save that of the
    convolution that joins the branches: so does the released code. Its untrained outputs are off
    by two orders of magnitude, which costs a short training dearly; so here, unlike there, the last
    layer starts at little more than mid-grey.

    Args:
        channels: of the images.
        width: channels inside.
        blocks: MDC modules per branch; None: as many as the variant has.
        variant: ``release``: the form of the released code; ``paper``: that of the text, with
            activations where it does not deny them.
        blind_conv: ``masked``, or ``trimmed``, rescaled by the taps that are in the image.

    Attributes:
        receptive_radius: how many pixels to each side the mean depends on.
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 96,
        blocks: int | None = None,
        variant: Variant = "release",
        blind_conv: BlindConvolution = "masked",
    ) -> None:
        super().__init__()
        self.width = width
        blocks = blocks or BLOCKS[variant]
        self.dbsn_head = nn.Sequential(nn.Conv2d(channels, width, 1), nn.ReLU())
        self.br1 = Branch(width, blocks, 3, variant, blind_conv)
        self.br2 = Branch(width, blocks, 5, variant, blind_conv)
        self.concat = nn.Conv2d(2 * width, width, 1)
        last = nn.Conv2d(width, channels, 1)
        tail: list[nn.Module] = [nn.Conv2d(width, width, 1), nn.ReLU(), last]
        if variant == "paper":  # three 1x1 convolutions in all, of which ``concat`` is the first
            tail.insert(0, nn.ReLU())
        else:
            tail[:0] = [nn.Conv2d(width, width, 1), nn.ReLU()]
        self.dbsn_tail = nn.Sequential(*tail)
        self.receptive_radius = max(self.br1.receptive_radius, self.br2.receptive_radius)
        initialise(self, but=self.concat)
        start_at(last, INITIAL_MEAN, INITIAL_CONTRAST)

    def forward(self, noisy: Tensor) -> Estimate:
        """Estimate the clean image, pixel by pixel, from all but the pixel.

        Args:
            noisy: N x C x H x W in [0, 1]; any H and W.

        Returns:
            The mean, not clipped, and the features.
        """
        shared = self.dbsn_head(planes_if_learning(noisy, self.width))
        features = self.concat(torch.cat([self.br1(shared), self.br2(shared)], dim=1))
        return Estimate(self.dbsn_tail(features), features)


def initialise(network: nn.Module, but: nn.Module | None = None) -> None:
    """Draw all weights as Kaiming's for ReLU and set the biases to zero, except ``but``'s bias."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.kaiming_normal_(module.weight)
            if module is not but:
                nn.init.zeros_(module.bias)


@torch.no_grad()
def start_at(layer: nn.Conv2d, output: float, contrast: float) -> None:
    """Let a last layer start with an output, plus its drawn weights times ``contrast``."""
    layer.weight.mul_(contrast)
    if layer.bias is not None:
        layer.bias.fill_(output)
