"""What a run knows of its jobs: plain records, one per planned fit and cell.

Everything that a report needs is copied into the records, so reading a run needs none of the
plugins that made it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from harness.errors import ReportError

T = TypeVar("T")

SCHEMA = 1
"""Version of the files of a run."""

Status = Literal["done", "failed", "timeout", "out-of-memory", "skipped", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one metric says of one cell.

    Attributes:
        metric: its selector, such as ``ssim[protocol=wang]``.
        label: head of its column.
        protocol: the convention of the number.
        protocol_version: raised when the numbers of the protocol change.
        measures: ``image``: a mean over images; ``method``: one number.
        higher_is_better: direction.
        unit: empty for none.
        decimals: how many to print.
        tolerance: the difference below which two scores count as equal.
        value: the number; None where it is not available.
        spread: standard deviation over images (``image``) or repeats (``method``), if any.
        count: how many images or repeats.
        reason: why there is no number.
        details: what else belongs to the number, such as the size that was timed.
        published: the value that the method's paper prints, where it applies.
        source: where the paper prints it.
    """

    metric: str
    label: str
    protocol: str
    protocol_version: int
    measures: Literal["image", "method"]
    higher_is_better: bool
    unit: str
    decimals: int
    tolerance: float
    value: float | None
    spread: float | None = None
    count: int = 0
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    published: float | None = None
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """What one stage of a fit did.

    Attributes:
        name: of the stage.
        iterations: optimizer steps done.
        seconds: wall time, over all its resumed parts.
        final_loss: mean of the last logged losses.
    """

    name: str
    iterations: int
    seconds: float
    final_loss: float | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """What fits and cells have in common.

    Attributes:
        key: hash over everything that the result depends on.
        status: how it ended.
        method: label of the method: its name and the parameters that the user set.
        parameters: all parameters of the method, as used.
        seed: of the fit; of the cell's fit.
        reused: the result was there before this run.
        error: one line; empty if done.
        traceback: for ``--debug``; empty if done.
        seconds: wall time of the job.
        finished: UTC, ISO 8601.
        machine: device, processor, versions, threads.
    """

    key: str
    status: Status
    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    reused: bool = False
    error: str = ""
    traceback: str = ""
    seconds: float = 0.0
    finished: str = ""
    machine: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FitRecord(Record):
    """A fit: a method trained on a dataset within a budget.

    Attributes:
        trained_on: selector of the dataset.
        split: of that dataset.
        clean: selector of the dataset of clean images for unpaired training; empty for none.
        budget: as the user wrote it.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        processes: data-parallel processes.
        stages: what each stage did.
        weights: SHA-256 of the weights file.
    """

    trained_on: str = ""
    split: str = ""
    clean: str = ""
    budget: str = ""
    precision: str = "fp32"
    processes: int = 1
    stages: tuple[StageRecord, ...] = ()
    weights: str = ""


@dataclass(frozen=True, kw_only=True)
class CellRecord(Record):
    """A cell: a method, trained if it trains, tested on a split.

    Attributes:
        dataset: selector of the dataset it is tested on.
        split: of that dataset.
        fit: key of its fit; empty for a method that does not train.
        weights: name of the file of weights that the user gave instead of a fit; empty for none.
        trained_on: selector of the training dataset; empty for none.
        train_split: of that dataset.
        clean: selector of the dataset of clean images for unpaired training; empty for none.
        budget: of the fit; empty for none.
        narrowed: the parameters that the budget ``quick`` set.
        view: what training saw.
        oracle: the method is given the clean images.
        scores: one per metric, in the order asked for.
    """

    dataset: str = ""
    split: str = "test"
    fit: str = ""
    weights: str = ""
    trained_on: str = ""
    train_split: str = ""
    clean: str = ""
    budget: str = ""
    narrowed: Mapping[str, Any] = field(default_factory=dict)
    view: str = "noisy"
    oracle: bool = False
    scores: tuple[Score, ...] = ()

    @property
    def trained_on_itself(self) -> bool:
        """Trained on the noisy half of the very images that it is tested on."""
        return self.train_split == self.split and self.trained_on == self.dataset


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run, as it can be read back from its folder.

    Attributes:
        folder: where it lies.
        state: ``running``, ``finished`` or ``interrupted``.
        provenance: command, versions, commits, hardware, seeds.
        fits: a record per planned fit.
        cells: a record per planned cell, in the order of the plan.
    """

    folder: Path
    state: Literal["running", "finished", "interrupted"]
    provenance: Mapping[str, Any]
    fits: tuple[FitRecord, ...]
    cells: tuple[CellRecord, ...]


def to_json(record: Record) -> str:
    """Write a record as one line of strict JSON; infinities and NaN become strings."""
    kind = "fit" if isinstance(record, FitRecord) else "cell"
    return dump_json({"schema": SCHEMA, "kind": kind, **_strict(record)})


def from_json(text: str) -> FitRecord | CellRecord:
    """Read what :func:`to_json` wrote; unknown fields, of a later version, are ignored.

    Raises:
        ReportError: the text is not such a record.
    """
    try:
        data = load_json(text)
        data["machine"] = data.get("machine", {})
        if data["kind"] == "fit":
            data["stages"] = tuple(_known(StageRecord, stage) for stage in data["stages"])
            return _known(FitRecord, data)
        data["scores"] = tuple(_known(Score, score) for score in data["scores"])
        return _known(CellRecord, data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReportError(f"not a record of a fit or cell: {error}") from error


def dump_json(data: Any, indent: int | None = None) -> str:
    """Serialise to strict JSON; what is not finite becomes ``"inf"``, ``"-inf"``, ``"nan"``."""
    return json.dumps(_strict(data), indent=indent, allow_nan=False, default=str)


def load_json(text: str) -> Any:
    """Parse what :func:`dump_json` wrote; ``inf`` and ``nan`` stay strings but in scores."""
    return json.loads(text)


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if is_dataclass(value):
        return {each.name: _strict(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(item) for item in value]
    return value


def _known(cls: type[T], data: Mapping[str, Any]) -> T:
    names = {entry.name for entry in fields(cls)}  # type: ignore[arg-type]
    return cls(**{key: _number(value) for key, value in data.items() if key in names})


def _number(value: Any) -> Any:
    return float(value) if value in ("inf", "-inf", "nan") else value
