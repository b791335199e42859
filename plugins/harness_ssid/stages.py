"""The three stages of SSID: the supervision of flat places, that of texture, and the denoiser."""

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn

from harness import NoisyBatch, Recipe, Stage
from harness_nets.layers import UNITS
from harness_ssid.adaptive import adaptive_coefficients

LocalLoss = Literal["plain", "flat-weighted"]
LocalTarget = Literal["bnn", "noisy"]
Supervision = Literal["adaptive", "both", "bnn", "lan"]


class BlindStage(Stage):
    r"""Train the blind network by the noisy image, in which it is blind, Eq. 1.

    .. math:: L = |B(y) - y|

    Args:
        blind: B, blind to where noise correlates.
        recipe: how it is trained.
    """

    name = "bnn"

    def __init__(self, blind: nn.Module, recipe: Recipe) -> None:
        super().__init__()
        self.blind = blind
        self.recipe = recipe

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error, in units of 8-bit images."""
        return mean_error(self.blind(batch.noisy), batch.noisy)


class LocalStage(Stage):
    r"""Train the local network by the blind network's output, Eq. 4.

    .. math:: L = |B(y) - L(y)| \quad \text{or} \quad (1 - \alpha) \, |B(y) - L(y)|

    Args:
        blind: B, trained; it stays as it is.
        local: L.
        recipe: how it is trained.
        loss: ``plain``: the first, as the released code has it; ``flat-weighted``: the second, as
            the paper.
        target: ``bnn``, or ``noisy``: the noisy image in place of B(y).
    """

    name = "lan"

    def __init__(
        self,
        blind: nn.Module,
        local: nn.Module,
        recipe: Recipe,
        loss: LocalLoss = "plain",
        target: LocalTarget = "bnn",
    ) -> None:
        super().__init__()
        self.blind = blind
        self.local = local
        self.recipe = recipe
        self.loss = loss
        self.target = target

    def trained(self) -> Iterable[nn.Module]:
        """The local network alone."""
        return [self.local]

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error, in units of 8-bit images."""
        denoised = self.local(batch.noisy)
        if self.loss == "plain" and self.target == "noisy":
            return mean_error(denoised, batch.noisy)
        flat = teacher_output(self.blind, batch.noisy)
        target = batch.noisy if self.target == "noisy" else flat
        if self.loss == "plain":
            return mean_error(denoised, target)
        return mean_error(denoised, target, 1 - adaptive_coefficients(flat))


class DenoiserStage(Stage):
    r"""Train the denoiser by both networks' outputs, each where it is the better one, Eq. 5.

    .. math:: L = (1 - \alpha) \, |B(y) - D(y)| + \alpha \, |L(y) - D(y)|

    Args:
        blind: B, trained; it stays as it is.
        local: L, trained; it stays as it is.
        denoiser: D.
        recipe: how it is trained.
        supervision: ``adaptive``; ``both``: with 1/2 for the coefficients, a weight that the paper
            does not state; ``bnn`` or ``lan``: by one of them alone, Table 2.
    """

    name = "denoiser"

    def __init__(
        self,
        blind: nn.Module,
        local: nn.Module,
        denoiser: nn.Module,
        recipe: Recipe,
        supervision: Supervision = "adaptive",
    ) -> None:
        super().__init__()
        self.blind = blind
        self.local = local
        self.denoiser = denoiser
        self.recipe = recipe
        self.supervision = supervision

    def trained(self) -> Iterable[nn.Module]:
        """The denoiser alone."""
        return [self.denoiser]

    def forward(self, batch: NoisyBatch) -> Tensor:
        """The mean absolute error, in units of 8-bit images."""
        denoised = self.denoiser(batch.noisy)
        if self.supervision == "bnn":
            return mean_error(denoised, teacher_output(self.blind, batch.noisy))
        if self.supervision == "lan":
            return mean_error(denoised, teacher_output(self.local, batch.noisy))
        flat = teacher_output(self.blind, batch.noisy)
        textured = teacher_output(self.local, batch.noisy)
        if self.supervision == "both":
            return (mean_error(denoised, flat) + mean_error(denoised, textured)) / 2
        alpha = adaptive_coefficients(flat)
        return mean_error(denoised, flat, 1 - alpha) + mean_error(denoised, textured, alpha)


@torch.no_grad()
def teacher_output(teacher: nn.Module, noisy: Tensor) -> Tensor:
    """The output of a trained network, in single precision or better, without gradient."""
    output: Tensor = teacher(noisy)
    return output.to(noisy.dtype)


def mean_error(output: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """The mean absolute error of N x C x H x W in units of 8-bit images, weighted if so given."""
    error = (output.to(target.dtype) - target).abs()
    return UNITS * (error if weight is None else weight * error).mean()
