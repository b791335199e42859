"""What a model of ONNX says of itself: the header of a model, and how it is called."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import DataError, UsageError
from harness.results.model import ENTRY, MODEL_SCHEMA, ModelHeader, header_in, no_model
from harness.results.serial import from_plain, plain
from harness.util.text import one_line

OPSET = 18
"""Version of the operators by default: the oldest that PyTorch translates to."""

NOISY, DENOISED = "noisy", "denoised"
"""Names of the one input and the one output of every model."""


@dataclass(frozen=True, kw_only=True)
class OnnxInterface:
    """How a model of ONNX is called.

    Its input ``noisy`` is 1 x C x H x W, float32 in [0, 1]; its output ``denoised`` is of the same
    shape and not clipped.

    Attributes:
        opset: version of the operators.
        channels: C.
        height: H; None: any multiple of ``size_multiple``.
        width: W; None: any multiple of ``size_multiple``.
        size_multiple: what H and W are multiples of; images are extended to that by reflection, at
            the bottom and at the right, and the result is cropped.
        receptive_radius: how many pixels to each side of its place an output pixel depends on; None
            when it depends on the whole image.
        difference: largest difference from PyTorch that was seen, of 1 for white.
    """

    opset: int
    channels: int
    height: int | None = None
    width: int | None = None
    size_multiple: int = 1
    receptive_radius: int | None = None
    difference: float = 0.0

    def __str__(self) -> str:
        height, width = self.height or "H", self.width or "W"
        size = f"1 x {self.channels} x {height} x {width}, float32 in [0, 1]"
        is_free = self.size_multiple > 1 and None in (self.height, self.width)
        return f"{size}, H and W multiples of {self.size_multiple}" if is_free else size


@dataclass(frozen=True)
class OnnxHeader:
    """What stands in a file of ONNX beside the network.

    Attributes:
        model: what it is of, and how it was trained.
        interface: how it is called.
    """

    model: ModelHeader
    interface: OnnxInterface


def onnx_package(name: str) -> ModuleType:
    """Import a package that comes with the extra ``onnx``.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise UsageError(
            f"models of ONNX need the package {name}, which is not installed: "
            "pip install 'denoise-harness[onnx]'"
        ) from error


def metadata_of(header: OnnxHeader) -> Mapping[str, str]:
    """What is written into a file of ONNX as its metadata."""
    entry = {
        "schema": MODEL_SCHEMA,
        "model": plain(header.model),
        "onnx": plain(header.interface),
    }
    return {ENTRY: json.dumps(entry, sort_keys=True)}


def read_onnx_header(path: Path) -> OnnxHeader:
    """What a file of ONNX says of itself; the network is not made.

    Raises:
        DataError: the file is missing, damaged, not exported by the harness, or by a newer one.
        UsageError: the package ``onnx`` is not installed.
    """
    onnx = onnx_package("onnx")
    try:
        model = onnx.load(path, load_external_data=False)
    except FileNotFoundError:
        raise DataError(f"there is no model file {path}") from None
    except Exception as error:  # what is no file of ONNX fails in many ways
        raise DataError(f"cannot read the model {path}: {one_line(error)}") from error
    metadata = {each.key: each.value for each in model.metadata_props}
    if ENTRY not in metadata:
        raise no_model(path)
    try:
        entry: Any = json.loads(metadata[ENTRY])
        header = header_in(entry, path)
        return OnnxHeader(header, from_plain(OnnxInterface, entry["onnx"]))
    except (AttributeError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise DataError(f"the model {path} is damaged: its header cannot be understood") from error
