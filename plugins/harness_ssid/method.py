"""SSID as a method: its three stages, what it answers with, and its released weights."""

from collections.abc import Mapping, Sequence
from math import lcm
from typing import Any, Literal

from torch import Tensor, nn

from harness import (
    Cosine,
    DataError,
    Method,
    Recipe,
    Stage,
    build_network,
    receptive_radius_of,
    size_multiple_of,
)
from harness_nets.parameters import check_crop
from harness_ssid.adaptive import SMALLEST_SIDE, WINDOW, adaptive_coefficients
from harness_ssid.ensemble import averaged_over_positions
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

ANSWERING: Mapping[Output, tuple[str, ...]] = {
    "denoiser": ("denoiser",),
    "bnn": ("bnn",),
    "lan": ("lan",),
    "fusion": ("bnn", "lan"),
}
"""The networks that answer, Table 3."""

TEACHING: Mapping[Supervision, set[str]] = {
    "adaptive": {"bnn", "lan"},
    "both": {"bnn", "lan"},
    "bnn": {"bnn"},
    "lan": {"lan"},
}
"""The networks that the denoiser learns from, Table 2."""


class SSID(Method):
    r"""Spatially adaptive self-supervised denoising for noise that correlates between neighbours.

    A blind-neighbourhood network (BNN) learns from the noisy image itself, and is right where the
    image is flat; a locally aware network (LAN) learns from its answers, and keeps texture; a
    denoiser learns from both, from each where it is the better one, and is the result:

    .. math:: \min_B |B(y) - y|, \quad \min_L |L(y) - B(y)|, \quad
        \min_D (1 - \alpha) |D(y) - B(y)| + \alpha |D(y) - L(y)|

    one after the other. Assumes noise of zero mean that does not correlate beyond the square to
    which the BNN is blind.

    The three networks are chosen by name; any network of the right role will do. A stage whose
    network nothing asks for is left out.

    Args:
        channels: of the images.
        bnn: B, a network of the role ``blind``.
        lan: L, a network of the role ``local``.
        denoiser: D, a network of the role ``denoiser``.
        lan_loss: ``plain`` as released, or ``flat-weighted`` by 1 - alpha as in Eq. 4.
        lan_target: what L learns from: ``bnn``, or ``noisy``, the noisy image.
        supervision: of D: ``adaptive``, ``both`` without alpha, or ``bnn`` or ``lan``
            alone, Table 2.
        output: what it answers with: ``denoiser``, ``bnn``, ``lan``, or ``fusion`` of the two at
            the level of images, Table 3.
        self_ensemble: average over eight positions of the image, as for the published values on
            benchmark servers.
        iterations: of each stage.
        batch_size: crops in a step.
        crop: side of the crops in pixels; as the networks ask for, a multiple of 32.
        learning_rate: at the start of each stage; it falls to zero along a cosine.

    Raises:
        ParameterError: ``crop`` is not what the networks ask for.
        UsageError: a network does not exist, or has another role.
    """

    def __init__(
        self,
        channels: int = 3,
        bnn: str = "ssid-bnn",
        lan: str = "ssid-lan",
        denoiser: str = "ssid-unet",
        lan_loss: LocalLoss = "plain",
        lan_target: LocalTarget = "bnn",
        supervision: Supervision = "adaptive",
        output: Output = "denoiser",
        self_ensemble: bool = False,
        iterations: int = 400_000,
        batch_size: int = 8,
        crop: int = 256,
        learning_rate: float = 3e-4,
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
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=batch_size,
            crop=crop,
            learning_rate=learning_rate,
            schedule=Cosine(),
        )
        self.size_multiple = lcm(*(size_multiple_of(network) for network in self._answering()))
        if output == "fusion":
            self.size_multiple = lcm(self.size_multiple, SMALLEST_SIDE)
        self.receptive_radius = self._receptive_radius()
        wanted = lcm(*map(size_multiple_of, (self.bnn, self.lan, self.denoiser)))
        check_crop("ssid", crop, wanted, "its networks")

    def stages(self) -> Sequence[Stage]:
        """The BNN, the LAN and the denoiser, as far as the answer depends on them."""
        teaching = {
            "bnn": BlindStage(self.bnn, self.recipe),
            "lan": LocalStage(self.bnn, self.lan, self.recipe, self.lan_loss, self.lan_target),
            "denoiser": DenoiserStage(
                self.bnn, self.lan, self.denoiser, self.recipe, self.supervision
            ),
        }
        return [stage for name, stage in teaching.items() if name in self._needed()]

    def denoise(self, noisy: Tensor) -> Tensor:
        """Denoise a batch.

        Args:
            noisy: N x C x H x W in [0, 1]; H and W are multiples of ``size_multiple``.

        Returns:
            The same shape, not clipped.
        """
        if self.self_ensemble:
            return averaged_over_positions(noisy, self._answer)
        return self._answer(noisy)

    def load_pretrained(self, checkpoint: Mapping[str, Any]) -> None:
        """Load the weights of a released file, in any of its wrappings.

        Args:
            checkpoint: the weights of one of the three networks, bare or wrapped, or a file to
                resume from, which holds several.

        Raises:
            DataError: these are the weights of other networks, or what the method answers with
                needs a network that the file does not hold.
        """
        loaded = load_parts(
            {"bnn": self.bnn, "lan": self.lan, "denoiser": self.denoiser}, checkpoint
        )
        missing = [name for name in ANSWERING[self.output] if name not in loaded]
        if missing:
            raise DataError(
                f"these weights are those of {' and '.join(loaded)}, and output={self.output} "
                f"needs {' and '.join(missing)}: give another file, or set output={loaded[-1]}"
            )

    def _answer(self, noisy: Tensor) -> Tensor:
        if self.output == "fusion":
            flat, textured = self.bnn(noisy), self.lan(noisy)
            alpha = adaptive_coefficients(flat)
            fused: Tensor = (1 - alpha) * flat + alpha * textured
            return fused
        (network,) = self._answering()
        answer: Tensor = network(noisy)
        return answer

    def _answering(self) -> list[nn.Module]:
        """The networks that answer."""
        return [getattr(self, name) for name in ANSWERING[self.output]]

    def _needed(self) -> set[str]:
        """Names of the networks that the answer depends on, through training, too."""
        needed = set(ANSWERING[self.output])
        if "denoiser" in needed:
            needed |= TEACHING[self.supervision]
        if "lan" in needed and (self.lan_target == "bnn" or self.lan_loss == "flat-weighted"):
            needed.add("bnn")
        return needed

    def _receptive_radius(self) -> int | None:
        """How far the answer depends on pixels; None as soon as one network sees all of them."""
        radii = [receptive_radius_of(network) for network in self._answering()]
        known = [radius for radius in radii if radius is not None]
        if len(known) < len(radii):
            return None
        return max(known) + (WINDOW // 2 if self.output == "fusion" else 0)
