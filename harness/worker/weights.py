"""Weights files: safetensors, with what it takes to make the method again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor, contiguous_format, nn

from harness.results.serial import as_parameters
from harness.util.files import digest_of, write_with

_ENTRY = "harness"
"""The only entry of the file's metadata: of several, safetensors chooses the order at random."""


def save_weights(method: nn.Module, path: Path, parameters: Mapping[str, Any]) -> str:
    """Write weights and parameters atomically; equal ones give equal files.

    A tensor that has several names is written once.

    Returns:
        The SHA-256 of the file, in hexadecimal.

    Raises:
        DiskFullError: the disk is full.
    """
    state = method.state_dict()
    shared = _second_names(state)
    tensors = {
        name: value.detach().cpu().clone(memory_format=contiguous_format)
        for name, value in state.items()
        if name not in shared
    }
    entry = json.dumps({"parameters": dict(parameters), "shared": shared}, sort_keys=True)
    content = save(tensors, {_ENTRY: entry})
    write_with(path, lambda temporary: temporary.write_bytes(content))
    return digest_of(path)


def load_weights(method: nn.Module, path: Path) -> None:
    """Load weights into a method made with the parameters of the file; strictly."""
    state = load_file(path)
    state |= {second: state[first] for second, first in _entry(path)["shared"].items()}
    method.load_state_dict(state)


def read_parameters(path: Path) -> dict[str, Any]:
    """The parameters of the method whose weights a file holds."""
    return as_parameters(_entry(path)["parameters"])


def _entry(path: Path) -> dict[str, Any]:
    with safe_open(str(path), framework="pt") as file:
        entry: dict[str, Any] = json.loads(file.metadata()[_ENTRY])
        return entry


def _second_names(state: Mapping[str, Tensor]) -> dict[str, str]:
    """The first name, in alphabetical order, of every tensor that has another one, by the other."""
    first_names: dict[Any, str] = {}
    second_names = {}
    for name, value in sorted(state.items()):
        if value.numel():
            place = (value.device, value.data_ptr(), value.dtype, value.shape, value.stride())
            first = first_names.setdefault(place, name)
            if first != name:
                second_names[name] = first
    return second_names
