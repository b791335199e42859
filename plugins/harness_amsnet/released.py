"""Weights as the authors of AMSNet wrap them: those of a denoiser, in a file of Lightning."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from harness import DataError, load_strictly, parse_selector, without_prefix
from harness_nets.released import recognised, upstream_weights

PREFIXES = ("net.", "dn.")
"""From the outside in, around ``branches.0.``; all may be missing."""

BRANCHES = "branches."
"""What the number of the denoiser follows: the released code can have one for each mask."""


def load_denoiser(denoiser: nn.Module, selector: str, checkpoint: Mapping[str, Any]) -> None:
    """Load a denoiser's weights, with or without the wrapping of AMSNet around them.

    Args:
        denoiser: gets the weights.
        selector: that it was chosen by, for errors.
        checkpoint: what the file holds: ``state_dict`` -> ``net.dn.branches.0.*`` as released, or
            what :func:`harness_nets.released.upstream_weights` reads.

    Raises:
        DataError: these are the weights of another denoiser, or of several.
    """
    weights = upstream_weights(checkpoint)
    for prefix in PREFIXES:
        weights = without_prefix(weights, prefix)
    weights = _of_one_branch(weights)
    try:
        load_strictly(denoiser, weights)
    except DataError as error:
        found, chosen = recognised(weights), parse_selector(selector).name
        if found in (None, chosen):
            raise
        raise DataError(
            f"these are the weights of {found}, and the denoiser is {chosen}: "
            f"ask for amsnet[denoiser={found}]"
        ) from error


def _of_one_branch(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of the only branch; whatever there is where there are no branches."""
    branches = {name.split(".")[1] for name in weights if name.startswith(BRANCHES)}
    if len(branches) > 1:
        raise DataError(
            f"these are the weights of {len(branches)} denoisers, one for each mask, and amsnet "
            f"has one for all masks: give a file in which all names begin with {BRANCHES}0."
        )
    return without_prefix(weights, f"{BRANCHES}0.")
