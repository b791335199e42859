"""Weights as the authors of SSID, and the report on noise priors, wrap them."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from harness import load_strictly, without_prefix

RESUMED = {"BNN": "bnn", "LAN": "lan", "UNet": "denoiser"}
"""Networks in files to resume from, beside ``iter``, ``optimizer_*`` and ``scheduler_*``."""

WRAPPERS = ("model", "state_dict")
"""Around the weights of one network: the report's files, and those of other trainers."""

ALIASES = (("output_conv.", "output_block.4."), ("output_block.4.", "output_conv."))
"""The BNN's last layer has two names; a file may hold either or both."""


def load_parts(parts: Mapping[str, nn.Module], checkpoint: Mapping[str, Any]) -> list[str]:
    """Load the networks that a file holds: those of a file to resume from, or one alone.

    One alone is taken for the network that has most names in common with it.

    Args:
        parts: the networks ``bnn``, ``lan`` and ``denoiser``.
        checkpoint: what the file holds.

    Returns:
        Which of the parts were loaded.

    Raises:
        DataError: these are the weights of other networks.
    """
    held = {name: checkpoint[key] for key, name in RESUMED.items() if key in checkpoint}
    if not held:
        weights = next((checkpoint[key] for key in WRAPPERS if key in checkpoint), checkpoint)
        name = max(parts, key=lambda part: _shared_names(parts[part], _plain(weights)))
        held = {name: weights}
    for name, weights in held.items():
        load_strictly(parts[name], _with_aliases(parts[name], _plain(weights)))
    return list(held)


def _plain(weights: Mapping[str, Any]) -> dict[str, Any]:
    return without_prefix(weights, "module.")


def _shared_names(network: nn.Module, weights: Mapping[str, Any]) -> float:
    """The share of names that network and weights have in common."""
    own, found = set(network.state_dict()), set(_with_aliases(network, weights))
    return len(own & found) / len(own | found)


def _with_aliases(network: nn.Module, weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights, those of a layer with two names under both, if the network has both."""
    own = network.state_dict()
    both = dict(weights)
    for known, other in ALIASES:
        for name, value in weights.items():
            alias = name.replace(known, other)
            if alias != name and name in own and alias in own:
                both.setdefault(alias, value)
    return both
