"""Weights as the released code of AP-BSN wraps them, from which LG-BPN took its own."""

from collections.abc import Mapping
from typing import Any

from harness.checkpoints import without_prefix

WRAPPERS = ("model_weight", "denoiser")
"""From the outside in; beside them stand ``epoch`` and ``optimizer_weight``."""

PREFIXES = ("module.", "bsn.")
"""Of data parallelism, and of the class around the network."""


def released_weights(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Find the network's weights: with or without the wrappers, with or without the prefixes.

    Args:
        checkpoint: what the file holds, ``model_weight`` -> ``denoiser`` -> ``bsn.*`` as released.

    Returns:
        The weights by their names in the network; in any other file, whatever it holds.
    """
    weights: Mapping[str, Any] = checkpoint
    for wrapper in WRAPPERS:
        inner = weights.get(wrapper)
        if isinstance(inner, Mapping):
            weights = inner
    for prefix in PREFIXES:
        weights = without_prefix(weights, prefix)
    return dict(weights)
