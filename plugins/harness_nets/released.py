"""Weights as others wrap them, and which network they belong to."""

from collections.abc import Mapping
from typing import Any

from harness import without_prefix

WRAPPERS = ("model_weight", "denoiser")
"""Of AP-BSN, from the outside in; beside them stand ``epoch`` and ``optimizer_weight``."""

PREFIXES = ("module.", "bsn.")
"""Of data parallelism, and of the class around AP-BSN's network."""

UPSTREAM_WRAPPERS = ("state_dict", "params_ema", "params")
"""Of Lightning, and of BasicSR, whose own results are those of the average where it has one."""

UPSTREAM_PREFIXES = ("module.",)

MARKERS: Mapping[str, tuple[str, ...]] = {
    "restormer": ("patch_embed.proj.weight",),
    "nafnet": ("intro.weight", "encoders.0.0.sca.1.weight"),
    "nafnet-baseline": ("intro.weight", "encoders.0.0.se.1.weight"),
    "deamnet": ("net2.e0.body.0.block.0.weight",),
    "unet": ("enc_conv0.weight",),
    "mwcnn": ("level1_prev.block.0.weight",),
    "dncnn": ("model.0.weight",),
}
"""Names of weights that tell a network from the others."""


def released_weights(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Find the weights in a file of AP-BSN's code, from which LG-BPN took its own.

    They are found with or without the wrappers, with or without the prefixes.

    Args:
        checkpoint: what the file holds, ``model_weight`` -> ``denoiser`` -> ``bsn.*`` as released.

    Returns:
        The weights by their names in the network; in any other file, whatever it holds.
    """
    return _unwrapped(checkpoint, WRAPPERS, PREFIXES)


def upstream_weights(checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """Find the weights of a denoiser in a file of its own authors.

    Args:
        checkpoint: what the file holds: bare weights, or weights under ``params_ema``, ``params``
            or ``state_dict``; with or without ``module.``. Where there is an exponential moving
            average, it is taken.

    Returns:
        The weights by their names in the network; in any other file, whatever it holds.
    """
    return _unwrapped(checkpoint, UPSTREAM_WRAPPERS, UPSTREAM_PREFIXES)


def recognised(weights: Mapping[str, Any]) -> str | None:
    """Tell which network weights belong to, by names that only it has.

    Args:
        weights: by their names in the network, without wrappers and prefixes.

    Returns:
        The name that the network is registered by, None for a network that is not among them. Its
        shapes and all other names are left to :func:`harness.load_strictly`.
    """
    for network, markers in MARKERS.items():
        if all(marker in weights for marker in markers):
            return network
    return None


def _unwrapped(
    checkpoint: Mapping[str, Any], wrappers: tuple[str, ...], prefixes: tuple[str, ...]
) -> dict[str, Any]:
    weights = checkpoint
    for wrapper in wrappers:
        inner = weights.get(wrapper)
        if isinstance(inner, Mapping):
            weights = inner
    for prefix in prefixes:
        weights = without_prefix(weights, prefix)
    return dict(weights)
