"""Jobs: the units of work, as files that any process can carry out."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.specs import LoadSettings, Precision, View
from harness.util.files import write_text

RECORD = "record.json"
"""The file in a job's folder that says how the job ended."""

WEIGHTS = "weights.safetensors"
"""The file in a fit's folder that holds the trained weights."""

CHECKPOINT, LOSSES = "checkpoint", "losses.jsonl"
"""The folder that a fit goes on from, and the file of its loss curve, which goes on with it."""


@dataclass(frozen=True, kw_only=True)
class DataReference:
    """A split of a dataset, by name.

    Attributes:
        label: selector of the dataset, as reports print it.
        name: of the dataset.
        parameters: all of them, the root included.
        split: which.
        fingerprint: digest of what it contains.
    """

    label: str
    name: str
    parameters: Mapping[str, Any]
    split: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class MetricReference:
    """A metric, by name.

    Attributes:
        label: its selector.
        name: of the metric.
        parameters: all of them.
        missing: why it is not available on this machine; empty if it is.
    """

    label: str
    name: str
    parameters: Mapping[str, Any]
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What fits and cells have in common.

    Attributes:
        key: hash over everything that the result depends on.
        folder: gets the record and all other files.
        settings: rebuild the registry in another process.
        method: label of the method.
        method_name: its name.
        parameters: all of them, except ``channels`` where the images decide it.
        seed: of the fit.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        precision: of training and inference.
    """

    key: str
    folder: Path
    settings: LoadSettings
    method: str
    method_name: str
    parameters: Mapping[str, Any]
    seed: int
    device: str
    precision: Precision


@dataclass(frozen=True, kw_only=True)
class FitJob(Job):
    """Train a method.

    Attributes:
        data: what it is trained on.
        view: the most that training sees.
        clean: gives the clean images of unpaired training; None: other scenes of ``data`` do.
        budget: as the user wrote it.
        processes: data-parallel processes.
        accumulate: parts into which a batch is cut.
        compile: compile the stages.
        checkpoint_seconds: wall time between checkpoints.
    """

    data: DataReference
    budget: str
    view: View = "noisy"
    clean: DataReference | None = None
    processes: int = 1
    accumulate: int = 1
    compile: bool = False
    checkpoint_seconds: float = 20.0

    @property
    def title(self) -> str:
        """One line for people."""
        clean = f" and clean images of {self.clean.label}" if self.clean else ""
        return f"train {self.method} on {self.data.label}{clean}, seed {self.seed}"


@dataclass(frozen=True, kw_only=True)
class CellJob(Job):
    """Test a method.

    Attributes:
        data: what it is tested on.
        metrics: what is measured, in order.
        fit: key of its fit; empty for a method that does not train.
        fit_folder: where the weights lie; None for a method that does not train.
        weights: file of weights that the user gave, instead of a fit; None for none.
        trained_on: label of the training data; empty for none.
        train_split: of the training data.
        clean: label of the dataset of clean images for unpaired training; empty for none.
        budget: of the fit.
        narrowed: the parameters that the budget set.
        view: what training sees.
        oracle: the method is given the clean images.
        images: how many denoised images to keep; None: all.
        tile: side of the tiles for large images; None: as the harness chooses.
    """

    data: DataReference
    metrics: tuple[MetricReference, ...]
    fit: str = ""
    fit_folder: Path | None = None
    weights: Path | None = None
    trained_on: str = ""
    train_split: str = ""
    clean: str = ""
    budget: str = ""
    narrowed: Mapping[str, Any] = field(default_factory=dict)
    view: View = "noisy"
    oracle: bool = False
    images: int | None = 8
    tile: int | None = None

    @property
    def title(self) -> str:
        """One line for people."""
        seed = f", seed {self.seed}" if self.fit else ""
        return f"test {self.method} on {self.data.label}{seed}"


@dataclass(frozen=True)
class Progress:
    """How far a running job is, as its process last wrote it.

    Attributes:
        fraction: in [0, 1].
        text: what it does, such as the stage, the loss, or the image.
        per_second: iterations or images per second.
        unit: what is counted, ``it`` or ``images``.
    """

    fraction: float
    text: str
    per_second: float
    unit: str


class ProgressFile:
    """Where a job's process says how far it is: a small file, replaced a few times a second.

    Args:
        folder: of the job.
        interval: seconds between two writes.
    """

    def __init__(self, folder: Path, interval: float = 0.25) -> None:
        self.path = folder / "progress.json"
        self.interval = interval
        self._written = -float("inf")

    def write(self, progress: Progress) -> None:
        """Write it, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._written >= self.interval:
            self._written = now
            write_text(self.path, json.dumps(asdict(progress)))

    def read(self) -> Progress | None:
        """Read the latest; None before the first."""
        try:
            return Progress(**json.loads(self.path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def write_job(job: FitJob | CellJob) -> Path:
    """Write a job into its folder; returns the file."""
    kind = "fit" if isinstance(job, FitJob) else "cell"
    path = job.folder / "job.json"
    write_text(path, json.dumps({"kind": kind, **asdict(job)}, default=os.fspath, indent=1))
    return path


def read_job(path: Path) -> FitJob | CellJob:
    """Read what :func:`write_job` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    data["folder"] = Path(data["folder"])
    data["settings"] = LoadSettings(
        plugins=tuple(data["settings"]["plugins"]), autoload=data["settings"]["autoload"]
    )
    data["data"] = DataReference(**tuples(data["data"]))
    data["parameters"] = tuples(data["parameters"])
    if data.pop("kind") == "fit":
        data["clean"] = DataReference(**tuples(data["clean"])) if data["clean"] else None
        return FitJob(**data)
    data["metrics"] = tuple(MetricReference(**tuples(metric)) for metric in data["metrics"])
    for name in ("fit_folder", "weights"):
        data[name] = Path(data[name]) if data[name] else None
    return CellJob(**data)


def tuples(value: Any) -> Any:
    """Turn lists, as JSON has them, into the tuples that parameters hold."""
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    return value
