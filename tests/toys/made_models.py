"""A model of the toy method, written as ``harness export`` would."""

from dataclasses import replace
from pathlib import Path

import torch
from toys import Toy

import harness
from harness.methods.weights import save_model, save_weights
from harness.plugin.registry import Registry


def write_model(path: Path, registry: Registry, **method: str) -> None:
    """Write a model that was not trained.

    Args:
        path: of the model; its weights are written beside it, too.
        registry: knows the toys.
        method: what its header says of the method otherwise, such as ``sources``.
    """
    chosen = registry.choose("method", "toy")
    arguments = registry.arguments(chosen, 3)
    torch.manual_seed(0)
    weights = path.with_name("weights.safetensors")
    save_weights(Toy(3), weights, arguments)
    header = harness.ModelHeader(
        method=replace(chosen, **method),
        parameters=arguments,
        seed=0,
        trained_on="scenes",
        train_split="train",
        budget="1it",
        libraries={},
    )
    save_model(weights, header, path)
