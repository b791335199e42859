"""What a model file says of itself: how its method is made, and how it was trained.

A model is one file of safetensors. Beside the weights, its metadata hold a :class:`ModelHeader`,
which is read without PyTorch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.results.records import StageRecord
from harness.results.reference import Reference
from harness.results.serial import from_plain
from harness.specs import Value, View
from harness.util.text import one_line

MODEL_SCHEMA = 1
"""Version of the header; raised when an older harness could no longer understand it."""

ENTRY = "harness"
"""The only entry of the file's metadata: of several, safetensors chooses the order at random."""


ONNX = ".onnx"
"""Ending of a model that other programs run."""


@dataclass(frozen=True, kw_only=True)
class ModelScore:
    """What was measured of a model before it was exported.

    Attributes:
        dataset: that it was tested on, with how much of it was there.
        split: of that dataset.
        score: metric and protocol, as the head of a column says it, such as ``PSNR (8bit)``.
        value: the number.
        unit: such as ``dB``; empty for none.
        images: how many the mean is over; of how many repeats, where it is no score of images.
        seen: how many of the test images training saw.
    """

    dataset: str
    split: str
    score: str
    value: float
    unit: str = ""
    images: int = 0
    seen: int = 0


@dataclass(frozen=True, kw_only=True)
class ModelHeader:
    """What stands in a model file beside the weights.

    Attributes:
        method: that the weights are of, with its parameters.
        parameters: all keyword arguments of the method, what the training images decided included.
        seed: root of every random draw in training.
        view: the most that training saw: ``noisy``, ``unpaired`` or ``pairs``.
        trained_on: selector of the training dataset.
        train_split: the split of it.
        clean: selector of the dataset of clean images of unpaired training; empty for none.
        budget: what training might spend.
        stages: what each stage did.
        trained_parameters: how many parameters were trained; None where that is not known.
        scores: what was measured in the run that it was exported from.
        licence: terms of the model, as whoever exported it says.
        data_licence: terms of the training data, as their spec says.
        method_licence: terms of the code of the method's authors, as its spec says.
        finished: when training ended, UTC, ISO 8601.
        libraries: versions that it was trained with, the harness's own among them.
    """

    method: Reference
    parameters: Mapping[str, Value]
    seed: int
    view: View = "noisy"
    trained_on: str
    train_split: str
    clean: str = ""
    budget: str
    stages: tuple[StageRecord, ...] = ()
    trained_parameters: int | None = None
    scores: tuple[ModelScore, ...] = ()
    licence: str = ""
    data_licence: str = ""
    method_licence: str = ""
    finished: str = ""
    libraries: Mapping[str, str]

    @property
    def channels(self) -> int | None:
        """How many channels its images have; None where the method takes any."""
        found = self.parameters.get("channels")
        return found if isinstance(found, int) else None


def read_entry(path: Path) -> Mapping[str, Any] | None:
    """What the harness wrote beside the weights in a file; None where it was not the harness.

    Raises:
        DataError: the file is missing, or no file of safetensors.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
        entry = json.loads(metadata[ENTRY]) if ENTRY in metadata else None
    except FileNotFoundError:
        raise DataError(f"there is no model file {path}") from None
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise DataError(f"cannot read the model {path}: {one_line(error)}") from error
    return entry if isinstance(entry, dict) else None


def read_model_header(path: Path) -> ModelHeader | None:
    """What a model file says of itself; None for a file of weights that is no exported model.

    Raises:
        DataError: the file is missing or damaged, or was written by a newer harness; or it is one
            of ONNX.
    """
    if path.suffix == ONNX:
        raise DataError(
            f"{path} is for other programs: the harness takes models that end in .safetensors"
        )
    if path.suffix != ".safetensors":
        return None
    entry = read_entry(path)
    return None if entry is None or "model" not in entry else header_in(entry, path)


def require_model_header(path: Path) -> ModelHeader:
    """What a model file says of itself.

    Raises:
        DataError: as :func:`read_model_header`, or the file is no exported model.
    """
    header = read_model_header(path)
    if header is None:
        raise no_model(path)
    return header


def no_model(path: Path) -> DataError:
    """The error that says that a file is none of those that ``harness export`` writes."""
    return DataError(f"{path} is no model that harness export wrote")


def header_in(entry: Mapping[str, Any], path: Path) -> ModelHeader:
    """The header of a model in what the harness wrote beside its weights.

    Args:
        entry: what it wrote.
        path: of the file, for messages.

    Raises:
        DataError: it was written by a newer harness, or cannot be understood.
    """
    schema = entry.get("schema")
    if isinstance(schema, int) and schema > MODEL_SCHEMA:
        raise DataError(
            f"the model {path} was written by a newer harness (its header has version {schema}, "
            f"this one reads {MODEL_SCHEMA}): pip install --upgrade denoise-harness"
        )
    try:
        return from_plain(ModelHeader, entry["model"])
    except ValueError as error:
        raise DataError(f"the model {path} is damaged: its header cannot be understood") from error
