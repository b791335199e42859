"""Blind networks and methods with leaks of every kind, as a single-file plugin."""

from typing import Annotated, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import (
    Channels,
    Method,
    MethodSpec,
    NetworkSpec,
    NoisyBatch,
    Positive,
    Recipe,
    Role,
    Stage,
    build_network,
    hookimpl,
)

Leak = Literal["none", "centre", "tap", "short", "skip", "mean", "batch", "phase", "inference"]

AROUND = 2
"""Pixels around the hidden square that a network sees."""


@hookimpl
def harness_register_networks():
    return [
        NetworkSpec(
            name="window",
            target="leaky:Window",
            summary="One convolution that hides a square, or does not.",
            roles=("blind",),
            blind="{size}x{size}",
        ),
        NetworkSpec(
            name="unsaid",
            target="leaky:Window",
            summary="The same without a claim, but for its role.",
            roles=("blind",),
        ),
    ]


@hookimpl
def harness_register_methods():
    return [
        MethodSpec(
            name="learner",
            target="leaky:Learner",
            summary="Trains a blind network on sub-images.",
            trains=True,
            blind="1x1 stride {stride}",
        ),
        MethodSpec(
            name="echo",
            target="leaky:Learner",
            summary="Claims what its network claims.",
            trains=True,
            blind="{network}",
        ),
        MethodSpec(
            name="hider",
            target="leaky:Hider",
            summary="Hides pixels in training, or says so.",
            trains=True,
            blind="1x1",
        ),
        MethodSpec(
            name="follower",
            target="leaky:Follower",
            summary="Claims to be blind, and learns from another network alone.",
            trains=True,
            blind="1x1",
        ),
        MethodSpec(
            name="untold",
            target="leaky:Untold",
            summary="Claims to be blind, and learns nothing.",
            blind="1x1",
        ),
    ]


class Window(nn.Module):
    """A convolution with a mask over a square.

    Args:
        channels: number of channels of the images.
        size: side of the square in pixels, odd.
        leak: what is wrong with it.
    """

    def __init__(self, channels: Channels = 3, size: Positive = 3, leak: Leak = "none") -> None:
        super().__init__()
        self.leak = leak
        radius = size // 2 + AROUND
        self.convolution = nn.Conv2d(channels, channels, 2 * radius + 1, padding=radius)
        mask = torch.ones(2 * radius + 1, 2 * radius + 1)
        hidden = size // 2 - (leak == "short")
        mask[radius - hidden : radius + hidden + 1, radius - hidden : radius + hidden + 1] = 0
        if leak == "centre":
            mask[radius, radius] = 1
        if leak == "tap":
            mask[radius, radius + 1] = 1
        self.register_buffer("mask", mask)
        self.norm = nn.BatchNorm2d(channels) if leak == "batch" else nn.Identity()
        self.receptive_radius = radius

    def forward(self, noisy: Tensor) -> Tensor:
        conv = self.convolution
        out = F.conv2d(noisy, conv.weight * self.mask, conv.bias, padding=self.receptive_radius)
        out = self.norm(out)
        if self.leak == "mean":
            return out + noisy.mean((1, 2, 3), keepdim=True)
        if self.leak == "phase":
            return out + noisy[..., ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3)
        if self.leak == "skip" or (self.leak == "inference" and not self.training):
            return out + noisy
        return out


class Learning(Stage):
    """An error against the noisy sub-images."""

    name = "learning"

    def __init__(self, network: nn.Module, stride: int, loss: str) -> None:
        super().__init__()
        self.network = network
        self.stride = stride
        self.error = F.l1_loss if loss == "l1" else F.mse_loss
        self.recipe = Recipe(iterations=2, batch_size=2, crop=48, learning_rate=1e-3)

    def forward(self, batch: NoisyBatch) -> Tensor:
        noisy = subimages(batch.noisy, self.stride)
        return self.error(self.network(noisy), noisy)


class Learner(Method):
    """Trains a blind network.

    Args:
        channels: number of channels of the images.
        network: what is trained.
        stride: stride of the sub-images.
        loss: l1 or l2.
    """

    def __init__(
        self,
        channels: Channels = 3,
        network: Annotated[str, Role("blind")] = "window[size=1]",
        stride: Positive = 1,
        loss: Literal["l1", "l2"] = "l1",
    ) -> None:
        super().__init__()
        self.network = build_network(network, "blind", channels=channels)
        self.stride = stride
        self.loss = loss

    def stages(self):
        return [Learning(self.network, self.stride, self.loss)]

    def denoise(self, noisy: Tensor) -> Tensor:
        return self.network(noisy)


class Hiding(Stage):
    """Some pixels are hidden, and an ordinary network predicts them."""

    name = "hiding"

    def __init__(self, network: nn.Module, hides: bool) -> None:
        super().__init__()
        self.network = network
        self.hides = hides
        self.recipe = Recipe(iterations=2, batch_size=2, crop=32, learning_rate=1e-3)

    def forward(self, batch: NoisyBatch) -> Tensor:
        hidden = torch.rand_like(batch.noisy[:, :1]) < 0.1
        shown = batch.noisy.masked_fill(hidden, 0.5) if self.hides else batch.noisy
        error = (self.network(shown) - batch.noisy).square()
        return (error * hidden).sum() / hidden.sum()


class Hider(Method):
    """Hides pixels from a convolution.

    Args:
        channels: number of channels of the images.
        hides: whether it does.
    """

    def __init__(self, channels: Channels = 3, hides: bool = True) -> None:
        super().__init__()
        self.network = nn.Conv2d(channels, channels, 3, padding=1)
        self.hides = hides

    def stages(self):
        return [Hiding(self.network, self.hides)]

    def denoise(self, noisy: Tensor) -> Tensor:
        return self.network(noisy)


class Following(Stage):
    """The output of one network is the target of another."""

    name = "following"

    def __init__(self, leader: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self.leader, self.network = leader, network
        self.recipe = Recipe(iterations=2, batch_size=2, crop=32, learning_rate=1e-3)

    def trained(self):
        return [self.network]

    def forward(self, batch: NoisyBatch) -> Tensor:
        with torch.no_grad():
            target = self.leader(batch.noisy)
        return F.mse_loss(self.network(batch.noisy), target)


class Follower(Method):
    """Learns from a network that nobody trains."""

    def __init__(self, channels: Channels = 3) -> None:
        super().__init__()
        self.leader = nn.Conv2d(channels, channels, 3, padding=1)
        self.network = nn.Conv2d(channels, channels, 3, padding=1)

    def stages(self):
        return [Following(self.leader, self.network)]

    def denoise(self, noisy: Tensor) -> Tensor:
        return self.network(noisy)


class Untold(Method):
    """Leaves torch, and comes back."""

    def denoise(self, noisy: Tensor) -> Tensor:
        return torch.from_numpy(noisy.numpy() * 0.5)


def subimages(images: Tensor, stride: int) -> Tensor:
    """Every stride-th row and column, as further images."""
    batch, channels, height, width = images.shape
    rows, columns = height // stride, width // stride
    split = images.view(batch, channels, rows, stride, columns, stride)
    return split.permute(0, 3, 5, 1, 2, 4).reshape(-1, channels, rows, columns)
