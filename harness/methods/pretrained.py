"""Reading weights that others published: never their code, and never half of them."""

import argparse
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness.errors import DataError, HarnessError
from harness.methods.method import Method
from harness.methods.state_dicts import wrong_name
from harness.methods.weights import load_weights
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.results.model import ModelHeader, read_model_header


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint as plain data: safetensors, or a file of ``torch.save``.

    Nothing in the file is executed. Of Python objects, only ``argparse.Namespace`` is let through,
    which many training scripts put beside their weights.

    Raises:
        DataError: the file is missing, damaged, no checkpoint, or holds objects with code.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise DataError(f"there is no weights file {path}") from None
    except pickle.UnpicklingError as error:
        raise DataError(
            f"{path} is not a file of plain weights, and is not loaded: it is damaged, or holds "
            "objects whose code would run"
        ) from error
    except Exception as error:
        raise DataError(f"cannot read the weights in {path}: {type(error).__name__}") from error
    if not isinstance(content, Mapping):
        raise DataError(f"{path} holds a {type(content).__name__}, not weights by name")
    mistake = wrong_name(content) or _wrong_tensor(content)
    if mistake:
        raise DataError(f"{path} is not a file of plain weights by name: {mistake}")
    return dict(content)


def load_pretrained(method: Method, path: Path) -> None:
    """Load the weights of a file into a method: of a model of the harness, or as published.

    The latter the method itself reads.

    Raises:
        DataError: the file is missing, damaged, or holds something else than the method's weights.
    """
    header = read_model_header(path)
    if header is not None:
        load_trained(method, path, header)
        return
    checkpoint = read_checkpoint(path)
    try:
        method.load_pretrained(checkpoint)
    except HarnessError:
        raise
    except FAILURES as error:  # the method found other things in the file than it expects
        raise DataError(
            f"{path} is not a file of plain weights by name, as {type(method).__name__} reads "
            f"them: {one_line_with_place(error)}"
        ) from error


def load_trained(method: Method, path: Path, header: ModelHeader) -> None:
    """Load weights that the harness trained and wrote.

    Args:
        method: made with the parameters of the header.
        path: of the weights.
        header: says what they are.

    Raises:
        DataError: they are no more those of the method.
    """
    try:
        load_weights(method, path)
    except Exception as error:  # what does not fit fails in many ways
        raise DataError(
            f"the model {path} does not fit: it is of {header.method.selector}, and "
            f"{type(method).__name__} has other weights than when it was trained"
        ) from error


def _wrong_tensor(content: Mapping[Any, Any]) -> str:
    """What is wrong with tensors at any depth; empty if all hold their numbers as they are."""
    seen: set[int] = set()  # a file may hold itself
    rest: list[Any] = [content]
    while rest:
        value = rest.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Tensor):
            if value.is_meta:
                return "it holds a tensor without numbers"
            if value.layout != torch.strided or value.is_quantized:
                return "it holds a tensor that is sparse or quantized"
        elif isinstance(value, Mapping):
            rest += value.values()
        elif isinstance(value, (list, tuple, set)):
            rest += value
    return ""
