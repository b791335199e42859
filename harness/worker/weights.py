"""Weights files: safetensors, with what it takes to make the method again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_model, save_model
from torch import nn

from harness.results.jobs import tuples
from harness.util.files import digest_of, write_with


def save_weights(method: nn.Module, path: Path, parameters: Mapping[str, Any]) -> str:
    """Write weights and parameters atomically; returns the SHA-256 of the file."""
    metadata = {"parameters": json.dumps(dict(parameters))}
    write_with(path, lambda temporary: save_model(method, str(temporary), metadata))
    return digest_of(path)


def load_weights(method: nn.Module, path: Path) -> None:
    """Load weights into a method made with the parameters of the file; strictly."""
    load_model(method, str(path), strict=True)


def read_parameters(path: Path) -> dict[str, Any]:
    """The parameters of the method whose weights a file holds."""
    with safe_open(str(path), framework="pt") as file:
        parameters: dict[str, Any] = tuples(json.loads(file.metadata()["parameters"]))
        return parameters
