"""Weights files and models: safetensors, with what it takes to make the method again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor, contiguous_format, nn

from harness.errors import DataError
from harness.results.model import ENTRY, MODEL_SCHEMA, ModelHeader, read_entry
from harness.results.serial import as_parameters, plain
from harness.util.files import digest_of, write_with


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
    return _write(path, tensors, {"parameters": dict(parameters), "shared": shared})


def save_model(weights: Path, header: ModelHeader, path: Path) -> str:
    """Write the weights of a fit and a header as one model file, atomically.

    Args:
        weights: what :func:`save_weights` wrote.
        header: says what the weights are.
        path: of the model, ending in ``.safetensors``.

    Returns:
        The SHA-256 of the file, in hexadecimal.

    Raises:
        DataError: the weights cannot be read.
        DiskFullError: the disk is full.
    """
    entry = {**_entry(weights), "schema": MODEL_SCHEMA, "model": plain(header)}
    return _write(path, load_file(weights), entry)


def load_weights(method: nn.Module, path: Path) -> None:
    """Load weights into a method made with the parameters of the file; strictly."""
    state = load_file(path)
    state |= {second: state[first] for second, first in _entry(path)["shared"].items()}
    method.load_state_dict(state)


def read_parameters(path: Path) -> dict[str, Any]:
    """The parameters of the method whose weights a file holds."""
    return as_parameters(_entry(path)["parameters"])


def _write(path: Path, tensors: Mapping[str, Tensor], entry: Mapping[str, Any]) -> str:
    content = save(dict(tensors), {ENTRY: json.dumps(entry, sort_keys=True)})
    write_with(path, lambda temporary: temporary.write_bytes(content))
    return digest_of(path)


def _entry(path: Path) -> Mapping[str, Any]:
    """What stands beside the weights.

    Raises:
        DataError: the harness wrote nothing there.
    """
    entry = read_entry(path)
    if entry is None:
        raise DataError(f"{path} holds no weights that the harness wrote")
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
