"""Released checkpoints of D-BSN, and what their names mean here."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from harness import DataError, load_strictly, without_prefix
from harness_dbsn.denoiser import BlindSpotDenoiser
from harness_dbsn.noise_model import NoiseModel, SigmaHead

NETWORK, HEAD, NOISE, STUDENT = (
    f"state_dict_{part}" for part in ("dbsn", "sigma_mu", "sigma_n", "cnn_denoiser")
)
"""Beside them stand ``optimizer_state_*``, ``schedule_state_*``, ``training_params``, ``args``."""

NOISE_LAYERS = ("conv.0", "conv.2", "conv.4", "conv.6", "conv_final")

GREY_OFFSET = 3e-4
"""Added to the output of the released network for grey images; code there, a bias here."""


def load_denoiser(denoiser: BlindSpotDenoiser, checkpoint: Mapping[str, Any]) -> bool:
    """Load the first stage of a released file.

    Hidden channels of variance head and noise network are taken from the file. Its one noise
    network is given to all phases of the Bayer pattern.

    Args:
        denoiser: of the released variant.
        checkpoint: with ``state_dict_dbsn``, ``state_dict_sigma_mu`` and ``state_dict_sigma_n``;
            or with the first alone, or bare, as the warm-up leaves it.

    Returns:
        Whether the file has covariances, too; without them only the mean is of use.

    Raises:
        DataError: these are the weights of another network, or of another kind of noise.
    """
    network = checkpoint.get(NETWORK, checkpoint)
    load_strictly(denoiser.network, _plain(network))
    if HEAD not in checkpoint and NOISE not in checkpoint:
        return False
    denoiser.head = load_head(denoiser.head, checkpoint.get(HEAD, {}))
    denoiser.noise = load_noise(denoiser.noise, checkpoint.get(NOISE, {}))
    denoiser.make_noise_models(1)
    return True


def load_student(student: nn.Module, checkpoint: Mapping[str, Any]) -> None:
    """Load the distilled network of a released file.

    Raises:
        DataError: the file has none, or it is another network.
    """
    if STUDENT not in checkpoint:
        raise DataError(
            f"this file holds no distilled network ({STUDENT}): give another, or set distill=false"
        )
    load_strictly(student, _plain(checkpoint[STUDENT]))


def load_head(head: SigmaHead, state: Mapping[str, Any]) -> SigmaHead:
    """A variance head with the weights of ``state_dict_sigma_mu``, as wide as they are.

    Raises:
        DataError: these are the weights of another network, or of another kind of noise.
    """
    weights = _plain(state)
    hidden = _length(weights, "conv.0.weight")
    made = SigmaHead(head.width, head.kind, head.channels, hidden)
    wanted = len(made.state_dict()["conv.4.bias"])
    load_strictly(made, _spread(weights, "conv.4", wanted, head.kind))
    return made.to(next(head.parameters()).device)


def load_noise(noise: NoiseModel, state: Mapping[str, Any]) -> NoiseModel:
    """A noise model with the weights of ``state_dict_sigma_n``, as wide as they are.

    The released colour code replaces exact zeros among its outputs by 1e-4; that is left out.

    Raises:
        DataError: these are the weights of another network, or of another kind of noise.
    """
    weights = _plain(state)
    hidden = _length(weights, "conv.0.weight")
    made = NoiseModel(noise.kind, noise.channels, hidden)
    wanted = made.networks.biases[-1].shape[1]
    found = _spread(weights, "conv_final", wanted, noise.kind)
    named: dict[str, Any] = {}
    for index, layer in enumerate(NOISE_LAYERS):
        for kind, plural in (("weight", "weights"), ("bias", "biases")):
            value = found.pop(f"{layer}.{kind}", None)
            if isinstance(value, Tensor):
                named[f"{plural}.{index}"] = (
                    value.flatten(1)[None] if value.ndim == 4 else value[None]
                )
    load_strictly(made.networks, named | found)
    if noise.channels == 1:
        with torch.no_grad():
            made.networks.biases[-1].add_(GREY_OFFSET)
    return made.to(next(noise.parameters()).device)


def _spread(weights: dict[str, Any], layer: str, wanted: int, kind: str) -> dict[str, Any]:
    """The weights, a last layer with one output repeated for every channel.

    Raises:
        DataError: the last layer has as many outputs as another kind of noise.
    """
    outputs = _length(weights, f"{layer}.weight")
    if outputs == wanted:
        return weights
    if (outputs, wanted, kind) == (1, 3, "awgn"):  # one level for all channels
        names = (f"{layer}.weight", f"{layer}.bias")
        return weights | {
            name: weights[name].repeat(3, *[1] * (weights[name].ndim - 1)) for name in names
        }
    fitting = {1: "noise=awgn", 3: "noise=hg", 6: "noise=mg"}.get(outputs, "another method")
    raise DataError(
        f"this file models another kind of noise than {kind}, with {outputs} values a pixel where "
        f"it has {wanted}: it needs {fitting}"
    )


def _length(weights: Mapping[str, Any], name: str) -> int:
    value = weights.get(name)
    if not isinstance(value, Tensor) or value.ndim == 0:
        raise DataError(f"these are the weights of another network: it lacks {name}")
    return len(value)


def _plain(weights: Any) -> dict[str, Any]:
    if not isinstance(weights, Mapping):
        raise DataError(f"these are no weights of D-BSN, but a {type(weights).__name__}")
    return without_prefix(weights, "module.")
