"""The noise model of D-BSN: networks of 1x1 convolutions that give a pixel's noise its covariance.

The network of the paper, CNN_est, maps a pixel to a factor of the covariance of its noise. What it
makes of the factor depends on the kind of noise:

- ``awgn``: a standard deviation per channel, the same all over the image;
- ``hg``: heteroscedastic: a standard deviation per channel and pixel;
- ``mg``: multivariate: a matrix between channels, the same all over the image.

For grey images ``mg`` is ``awgn``.
"""

from collections.abc import Mapping
from itertools import pairwise
from math import expm1, log
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness_dbsn.covariance import FULL, diagonal, diagonal_factor, full
from harness_dbsn.network import initialise

NoiseKind = Literal["awgn", "hg", "mg"]

INITIAL_NOISE = 0.1
"""A standard deviation of 25.5/255, as of a noisy photograph. The released grey network starts at
4.9/255, the others where the draw puts them."""

INITIAL_DOUBT = 0.02
"""The first standard deviation of the mean: small beside that of noise. What the two have in
common belongs to the noise then, and the likelihood cannot tell them apart otherwise."""

LEAST_DEVIATION = 1e-3
"""Of noise: added behind the softplus, as released."""

SOFTPLUS_SHIFT = 4.0
"""Taken from the output of a noise network, before the softplus, as released."""

LAYERS = 5


def entries(kind: NoiseKind, channels: int) -> int:
    """How many numbers make the factor of a covariance."""
    return FULL if kind == "mg" and channels == 3 else channels


def hidden_width(kind: NoiseKind, channels: int) -> int:
    """Channels inside the released networks: 16 for grey AWGN, else 32; the paper has 16."""
    return 16 if kind == "awgn" and channels == 1 else 32


def of_image(kind: NoiseKind) -> bool:
    """Whether all pixels of an image share the covariance."""
    return kind in ("awgn", "mg")


class NoiseNetworks(nn.Module):
    """Sets of parameters of one small network: five 1x1 convolutions with ReLU between them.

    Each image of a batch is mapped with its own set, in one batched product of matrices per layer.
    The number of sets is that of the state dict that is loaded.

    Args:
        channels: of the images.
        outputs: entries of the factor.
        hidden: channels inside.
        sets: how many networks; 1 where all images share it.
    """

    def __init__(self, channels: int, outputs: int, hidden: int, sets: int = 1) -> None:
        super().__init__()
        widths = (channels, *[hidden] * (LAYERS - 1), outputs)
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for inputs, width in pairwise(widths):
            weight = torch.empty(width, inputs)
            nn.init.kaiming_normal_(weight)
            self.weights.append(nn.Parameter(weight[None]))
            self.biases.append(nn.Parameter(torch.zeros(1, width)))
        with torch.no_grad():
            self.weights[-1].zero_()
        self.resize(sets)

    @property
    def sets(self) -> int:
        """How many networks there are."""
        return len(self.weights[0])

    @torch.no_grad()
    def resize(self, sets: int) -> None:
        """Make it so many networks, all like the first."""
        if sets == self.sets:
            return
        for parameters in (self.weights, self.biases):
            for index, parameter in enumerate(parameters):
                copies = parameter[:1].expand(sets, *parameter.shape[1:])
                copies = copies.clone(memory_format=torch.contiguous_format)
                parameters[index] = nn.Parameter(copies, requires_grad=parameter.requires_grad)

    @torch.no_grad()
    def start_at(self, output: tuple[float, ...]) -> None:
        """Let all networks output the same, whatever they are given."""
        self.weights[-1].zero_()
        self.biases[-1].copy_(torch.tensor(output).expand_as(self.biases[-1]))

    def forward(self, images: Tensor, sets: Tensor) -> Tensor:
        """Map images pixel by pixel, in single precision or better.

        Args:
            images: N x C x H x W.
            sets: N indices, of the network for each image.

        Returns:
            N x outputs x H x W.
        """
        with torch.autocast(images.device.type, enabled=False):
            features = images.flatten(2)
            for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
                chosen = bias.index_select(0, sets)[..., None]
                features = torch.baddbmm(chosen, weight.index_select(0, sets), features)
                if layer < LAYERS - 1:
                    features = F.relu(features)
        return features.view(len(features), -1, *images.shape[2:])

    def _load_from_state_dict(
        self, state_dict: Mapping[str, Any], prefix: str, *others: Any
    ) -> None:
        """Take as many sets as there are; nothing is loaded here, but by the two lists after."""
        saved = state_dict.get(f"{prefix}weights.0")
        if isinstance(saved, Tensor):
            self.resize(len(saved))
        super()._load_from_state_dict(state_dict, prefix, *others)


class NoiseModel(nn.Module):
    """What a pixel's noise is like, by the kind of noise, for sets of images.

    Args:
        kind: of noise.
        channels: of the images, 1 or 3.
        hidden: channels inside the networks.
        sets: how many networks.
    """

    def __init__(self, kind: NoiseKind, channels: int, hidden: int, sets: int = 1) -> None:
        super().__init__()
        self.kind: NoiseKind = kind
        self.channels = channels
        self.networks = NoiseNetworks(channels, entries(kind, channels), hidden, sets)
        self.networks.start_at(self._initial_output())

    @property
    def is_full(self) -> bool:
        """Whether it outputs matrices, see :mod:`harness_dbsn.covariance`."""
        return entries(self.kind, self.channels) == FULL

    def forward(self, images: Tensor, sets: Tensor) -> Tensor:
        r"""The covariance of the noise.

        For diagonal ones :math:`\sigma = \mathrm{softplus}(f - 4) + 10^{-3}`, with the mean of f
        over the image for ``awgn``; for full ones :math:`U U^T`, with its mean for ``mg``.

        Args:
            images: what the noise depends on, noisy or clean, N x C x H x W in [0, 1].
            sets: N indices, of the network for each image.

        Returns:
            N x C or 6 x H x W, H and W being 1 for ``awgn`` and ``mg``.
        """
        raw = self.networks(images, sets)
        if self.is_full:
            return _averaged(full(raw))
        if of_image(self.kind):
            raw = _averaged(raw)
        return (F.softplus(raw - SOFTPLUS_SHIFT) + LEAST_DEVIATION).square()

    def _initial_output(self) -> tuple[float, ...]:
        if self.is_full:
            return diagonal_factor(INITIAL_NOISE)
        raw = log(expm1(INITIAL_NOISE - LEAST_DEVIATION)) + SOFTPLUS_SHIFT
        return (raw,) * self.channels


class SigmaHead(nn.Module):
    """Three 1x1 convolutions from the features to the covariance of the mean.

    Its first output is ``INITIAL_DOUBT`` everywhere. The released code draws the last layer like
    the others; then some first variances are next to zero, and their gradients undo the warm-up.

    Args:
        width: channels of the features.
        kind: of the noise, which determines the form of the covariance.
        channels: of the images, 1 or 3.
        hidden: channels inside.

    Attributes:
        is_full: it outputs matrices, which are averaged over the image.
    """

    def __init__(self, width: int, kind: NoiseKind, channels: int, hidden: int) -> None:
        super().__init__()
        self.width = width
        self.kind: NoiseKind = kind
        self.channels = channels
        self.is_full = entries(kind, channels) == FULL
        last = nn.Conv2d(hidden, entries(kind, channels), 1)
        self.conv = nn.Sequential(
            nn.Conv2d(width, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, 1),
            nn.ReLU(),
            last,
        )
        initialise(self)
        first = diagonal_factor(INITIAL_DOUBT) if self.is_full else (INITIAL_DOUBT,) * channels
        with torch.no_grad():
            last.weight.zero_()
            assert last.bias is not None
            last.bias.copy_(torch.tensor(first))

    def forward(self, features: Tensor) -> Tensor:
        """Map N x width x H x W to a covariance; for ``mg`` to one per image, H = W = 1."""
        raw = self.conv(features)
        raw = raw.to(torch.promote_types(raw.dtype, torch.float32))
        return _averaged(full(raw)) if self.is_full else diagonal(raw)


def _averaged(values: Tensor) -> Tensor:
    return values.mean((2, 3), keepdim=True)
