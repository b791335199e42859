"""SSID as a method: its three stages, its output, and its released weights."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import lcm
from typing import Annotated, Any, Literal

from torch import Tensor, nn

from harness import (
    Channels,
    Cosine,
    DataError,
    Iterations,
    Method,
    NonNegativeFloat,
    Positive,
    Recipe,
    Role,
    Stage,
    build_network,
    receptive_radius_of,
    size_multiple_of,
)
from harness_nets.parameters import BlindNetwork, Denoiser, check_crop, schedule_of
from harness_ssid.adaptive import SMALLEST_SIDE, WINDOW, adaptive_coefficients
from harness_ssid.ensemble import self_ensemble
from harness_ssid.released import load_parts
from harness_ssid.stages import (
    BlindStage,
    DenoiserStage,
    LocalLoss,
    LocalStage,
    LocalTarget,
    Supervision,
)

Output = Literal["denoiser", "bnn", "lan", "fusion"]

OUTPUT_NETWORKS: Mapping[Output, tuple[str, ...]] = {
    "denoiser": ("denoiser",),
    "bnn": ("bnn",),
    "lan": ("lan",),
    "fusion": ("bnn", "lan"),
}
"""The networks that the output is made of, Table 3."""

TEACHERS: Mapping[Supervision, set[str]] = {
    "adaptive": {"bnn", "lan"},
    "both": {"bnn", "lan"},
    "bnn": {"bnn"},
    "lan": {"lan"},
}
"""The networks that the denoiser learns from, Table 2."""


class SSID(Method):
    r"""Spatially adaptive self-supervised denoising for noise that correlates between neighbours.

    A blind-neighbourhood network (BNN) learns from the noisy image itself, and is right where the
    image is flat; a locally aware network (LAN) learns from its outputs, and keeps texture; a
    denoiser learns from both, from each where it is the better one, and is the result:

    .. math:: \min_B |B(y) - y|, \quad \min_L |L(y) - B(y)|, \quad
        \min_D (1 - \alpha) |D(y) - B(y)| + \alpha |D(y) - L(y)|

    one after the other. Assumes noise of zero mean that does not correlate beyond the square to
    which the BNN is blind.

    The three networks are chosen by name; any network of the right role will do. A stage whose
    network nothing asks for is left out.

    Args:
        channels: number of channels of the images.
        bnn: B, network that teaches flat places.
        lan: L, network that teaches texture.
        denoiser: D, network that learns from both.
        lan_loss: plain as released, or weighted by 1 - alpha as in Eq. 4.
        lan_target: what L learns from: the output of the BNN, or the noisy image.
        supervision: what D learns from: both by alpha, both alike, or one alone, Table 2.
        output: network whose output is the result, or BNN and LAN joined by alpha, Table 3.
        self_ensemble: average over eight flips and rotations of the image, as for the published
            values on benchmark servers.
        iterations: steps of the denoiser's stage.
        bnn_iterations: steps of the BNN's stage; none: as many as the denoiser's, as released.
        lan_iterations: steps of the LAN's stage; none: as many as the denoiser's, as released.
        batch_size: crops in a step.
        crop: side of the crops in pixels; a multiple of what the networks ask for, 32 for its own.
        learning_rate: highest learning rate of each stage.
        schedule: course of the learning rates to zero: ``cosine``: down along a cosine, as
            released; ``one-cycle``: up, and down.

    Raises:
        ParameterError: ``crop`` is not what the networks ask for.
        UsageError: a network does not exist, or has another role.
    """

    def __init__(
        self,
        channels: Channels = 3,
        bnn: BlindNetwork = "ssid-bnn",
        lan: Annotated[str, Role("local")] = "ssid-lan",
        denoiser: Denoiser = "ssid-unet",
        lan_loss: LocalLoss = "plain",
        lan_target: LocalTarget = "bnn",
        supervision: Supervision = "adaptive",
        output: Output = "denoiser",
        self_ensemble: bool = False,
        iterations: Iterations = 400_000,
        bnn_iterations: Iterations | None = None,
        lan_iterations: Iterations | None = None,
        batch_size: Positive = 8,
        crop: Positive = 256,
        learning_rate: NonNegativeFloat = 3e-4,
        schedule: Literal["cosine", "one-cycle"] = "cosine",
    ) -> None:
        super().__init__()
        self.bnn = build_network(bnn, "blind", channels=channels)
        self.lan = build_network(lan, "local", channels=channels)
        self.denoiser = build_network(denoiser, "denoiser", channels=channels)
        self.lan_loss: LocalLoss = lan_loss
        self.lan_target: LocalTarget = lan_target
        self.supervision: Supervision = supervision
        self.output: Output = output
        self.self_ensemble = self_ensemble
        self.recipe = Recipe(  # of the denoiser
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            schedule=schedule_of(schedule, Cosine()),
        )
        self.bnn_recipe = replace(self.recipe, iterations=bnn_iterations or iterations)
        self.lan_recipe = replace(self.recipe, iterations=lan_iterations or iterations)
        self.size_multiple = lcm(*map(size_multiple_of, self._networks_of_output()))
        if output == "fusion":
            self.size_multiple = lcm(self.size_multiple, SMALLEST_SIDE)
        self.receptive_radius = self._receptive_radius()
        wanted = lcm(*map(size_multiple_of, (self.bnn, self.lan, self.denoiser)))
        check_crop("ssid", crop, wanted, "its networks")

    def stages(self) -> Sequence[Stage]:
        """The BNN, the LAN and the denoiser, as far as the output depends on them."""
        by_network = {
            "bnn": BlindStage(self.bnn, self.bnn_recipe),
            "lan": LocalStage(self.bnn, self.lan, self.lan_recipe, self.lan_loss, self.lan_target),
            "denoiser": DenoiserStage(
                self.bnn, self.lan, self.denoiser, self.recipe, self.supervision
            ),
        }
        return [stage for name, stage in by_network.items() if name in self._needed()]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape, not clipped.
        """
        if self.self_ensemble:
            return self_ensemble(noisy, self._denoise_once)
        return self._denoise_once(noisy)

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load the weights of a released file, in any of its wrappings.

        Args:
            checkpoint: the weights of one of the three networks, bare or wrapped, or a file to
                resume from, which holds several.

        Raises:
            DataError: these are the weights of other networks, or the output needs a network that
                the file does not hold.
        """
        loaded = load_parts(
            {"bnn": self.bnn, "lan": self.lan, "denoiser": self.denoiser}, checkpoint
        )
        missing = [name for name in OUTPUT_NETWORKS[self.output] if name not in loaded]
        if missing:
            raise DataError(
                f"these weights are those of {' and '.join(loaded)}, and output={self.output} "
                f"needs {' and '.join(missing)}: give another file, or set output={loaded[-1]}"
            )

    def _denoise_once(self, noisy: Tensor) -> Tensor:
        if self.output == "fusion":
            flat, textured = self.bnn(noisy), self.lan(noisy)
            alpha = adaptive_coefficients(flat)
            fused: Tensor = (1 - alpha) * flat + alpha * textured
            return fused
        (network,) = self._networks_of_output()
        denoised: Tensor = network(noisy)
        return denoised

    def _networks_of_output(self) -> list[nn.Module]:
        """The networks that the output is made of."""
        return [getattr(self, name) for name in OUTPUT_NETWORKS[self.output]]

    def _needed(self) -> set[str]:
        """Names of the networks that the output depends on, through training, too."""
        needed = set(OUTPUT_NETWORKS[self.output])
        if "denoiser" in needed:
            needed |= TEACHERS[self.supervision]
        if "lan" in needed and (self.lan_target == "bnn" or self.lan_loss == "flat-weighted"):
            needed.add("bnn")
        return needed

    def _receptive_radius(self) -> int | None:
        """How far the output depends on pixels; None as soon as one network sees all of them."""
        radii = list(map(receptive_radius_of, self._networks_of_output()))
        known = [radius for radius in radii if radius is not None]
        if len(known) < len(radii):
            return None
        return max(known) + (WINDOW // 2 if self.output == "fusion" else 0)
