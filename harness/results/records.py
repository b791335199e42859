"""What a run knows of its jobs: a record per fit and cell, which is the job and its outcome.

Everything that a report needs is in the records, so reading a run needs none of the plugins that
made it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from harness.errors import ReportError
from harness.results.columns import Column
from harness.results.jobs import CellJob, FitJob, Job
from harness.results.machine import Machine, Memory
from harness.results.names import job_folder
from harness.results.serial import dump_json, from_plain, plain
from harness.util.text import first_line

SCHEMA = 2
"""Version of the files of a run."""

Status = Literal["done", "failed", "timeout", "out-of-memory", "skipped", "interrupted"]

State = Literal["running", "finished", "interrupted"]
"""Of a run."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one metric says of one cell.

    Attributes:
        column: what the number means.
        value: the number; None where it is not available.
        spread: standard deviation over images or repeats, if any.
        count: how many images or repeats.
        scenes: how many scenes these images are of; 0 where no image is measured.
        left_out: images that have no number, by name, and why, where others have one.
        reason: why there is no number.
        details: what else belongs to the number, such as the size that was timed.
        published: the value that the method's paper prints, where it applies.
        source: where the paper prints it.
    """

    column: Column
    value: float | None
    spread: float | None = None
    count: int = 0
    scenes: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    published: float | None = None
    source: str = ""

    @property
    def metric(self) -> str:
        """Selector of the metric."""
        return self.column.metric

    @property
    def label(self) -> str:
        """Label of the metric, such as ``PSNR``."""
        return self.column.label

    @property
    def protocol(self) -> str:
        """The convention of the number."""
        return self.column.protocol

    @property
    def unit(self) -> str:
        """Unit of the number; empty for none."""
        return self.column.unit


@dataclass(frozen=True)
class ImageScore:
    """What one metric says of one image.

    Attributes:
        image: name of the sample.
        scene: of the sample.
        metric: selector of the metric.
        value: None where it is not available.
        reason: why there is no value.
    """

    image: str
    scene: str
    metric: str
    value: float | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PublishedScore:
    """A value that a paper prints and beside which no measured value can stand.

    Attributes:
        score: what it is, as the head of a column would say it, such as ``SSIM (wang)``.
        value: in the metric's unit.
        source: where it stands, and who states it.
        differs: what keeps it from being compared, a few words for each reason.
    """

    score: str
    value: float
    source: str
    differs: tuple[str, ...]


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
    """What the records of fits and cells have in common.

    Attributes:
        job: what was to be done.
        status: how the job ended.
        reused: the result was there before this run.
        error: one line; empty if done.
        traceback: for ``--debug``; empty if done.
        seconds: wall time of the job.
        finished: UTC, ISO 8601.
        machine: what the job ran on and with; times depend on it.
        memory: the most that the job took; None where that is not known.
        parameters: those of the method as used, with what the images decided.
        files: SHA-256 of the result's files, by name.
        notes: what the user should hear of how it went, such as a damaged file that was set aside.
    """

    job: Job
    status: Status = "interrupted"
    reused: bool = False
    error: str = ""
    traceback: str = ""
    seconds: float = 0.0
    finished: str = ""
    machine: Machine = field(default_factory=Machine)
    memory: Memory | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names the result."""
        return self.job.key

    @property
    def method(self) -> str:
        """Label of the method."""
        return self.job.method.label

    @property
    def seed(self) -> int:
        """Root of every random draw."""
        return self.job.seed


@dataclass(frozen=True, kw_only=True)
class FitRecord(Record):
    """A fit: a method trained on a dataset within a budget.

    Attributes:
        job: what was to be done.
        stages: what each stage did.
        trained_parameters: how many parameters the stages trained, shared ones once; None where
            that is not known.
    """

    job: FitJob
    stages: tuple[StageRecord, ...] = ()
    trained_parameters: int | None = None

    @property
    def trained_on(self) -> str:
        """Selector of the training dataset."""
        return self.job.data.label

    @property
    def budget(self) -> str:
        """What it might spend."""
        return self.job.budget


@dataclass(frozen=True, kw_only=True)
class CellRecord(Record):
    """A cell: a method, trained if it trains, tested on a split.

    Attributes:
        job: what was to be done; it holds its fit.
        scores: one per metric, in the order asked for.
        published: what is published of the method on this dataset under other conditions.
    """

    job: CellJob
    scores: tuple[Score, ...] = ()
    published: tuple[PublishedScore, ...] = ()

    @property
    def dataset(self) -> str:
        """Selector of the dataset that it is tested on."""
        return self.job.data.label

    @property
    def split(self) -> str:
        """The split that it is tested on."""
        return self.job.data.split

    @property
    def trained_on(self) -> str:
        """Selector of the training dataset; empty for none."""
        return self.job.fit.data.label if self.job.fit else ""

    @property
    def train_split(self) -> str:
        """The split that was trained on; empty for none."""
        return self.job.fit.data.split if self.job.fit else ""

    @property
    def clean(self) -> str:
        """Selector of the dataset of clean images for unpaired training; empty for none."""
        fit = self.job.fit
        return fit.clean.label if fit and fit.clean else ""

    @property
    def budget(self) -> str:
        """Budget of the fit; empty for none."""
        return self.job.fit.budget if self.job.fit else ""

    @property
    def narrowed(self) -> Mapping[str, str]:
        """The parameters that the budget ``quick`` set, as text."""
        return self.job.method.narrowed if self.job.fit else {}

    @property
    def weights(self) -> str:
        """Name of the file of pretrained weights that the user gave; empty for none."""
        return self.job.weights.name if self.job.weights else ""

    @property
    def view(self) -> str:
        """The most that training saw."""
        return self.job.view

    @property
    def oracle(self) -> bool:
        """The method is given the clean images."""
        return self.job.oracle


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run, as it can be read back from its folder, or several merged into one.

    Attributes:
        folder: where it lies; of several the first's.
        state: ``running``, ``finished`` or ``interrupted``.
        provenance: command, folder, seeds, and what plugins add; the rest is in the records.
        fits: a record per planned fit.
        cells: a record per planned cell, in the order of the plan.
        notes: what a reader must know of the plan.
        title: what reports print above it; empty for none.
        roots: the folders of all results, by key of a record, of those that do not lie beside
            :attr:`folder`.
    """

    folder: Path
    state: State
    provenance: Mapping[str, Any]
    fits: tuple[FitRecord, ...]
    cells: tuple[CellRecord, ...]
    notes: tuple[str, ...] = ()
    title: str = ""
    roots: Mapping[str, Path] = field(default_factory=dict)

    def root_of(self, record: Record) -> Path:
        """The folder of all results in which a record's files lie, if they are still there."""
        return self.roots.get(record.key, self.folder.resolve().parent)

    def folder_of(self, record: Record) -> Path:
        """The folder of a record's files, if they are still there."""
        return job_folder(self.root_of(record), record.job.kind, record.key)


def blank_record(job: FitJob | CellJob, **outcome: Any) -> FitRecord | CellRecord:
    """The record of a job with nothing but what is known otherwise; interrupted until it ends."""
    if isinstance(job, FitJob):
        return FitRecord(job=job, **outcome)
    return CellRecord(job=job, **outcome)


def as_planned(record: FitRecord | CellRecord, job: FitJob | CellJob) -> FitRecord | CellRecord:
    """A record of the store as the record of a job of the same key, under the names of its plan."""
    return replace(record, job=job, reused=True)  # type: ignore[arg-type]


def plain_record(record: Record) -> dict[str, Any]:
    """A record as plain data: its kind, the version of its form, and a checksum of all it says."""
    kind, key = record.job.kind, record.key
    data = {"schema": SCHEMA, "kind": kind, "key": key, **plain(record)}
    return {**data, "sha256": _checksum(data)}


def from_plain_record(data: Any) -> FitRecord | CellRecord:
    """Read what :func:`plain_record` made; unknown fields, of a later version, are ignored.

    Raises:
        ReportError: the data is not such a record, or not all of it is as it was written.
    """
    try:
        if data["schema"] != SCHEMA:
            raise ReportError(
                f"a record of another version of harness (its schema is {data['schema']}, and this "
                f"one reads {SCHEMA}): run it again"
            )
        if data["sha256"] != _checksum({k: v for k, v in data.items() if k != "sha256"}):
            raise ValueError("its checksum does not fit")
        cls: type[Any] = {"fit": FitRecord, "cell": CellRecord}[data["kind"]]
        record: FitRecord | CellRecord = from_plain(cls, data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReportError(f"not a record of a fit or cell: {first_line(error)}") from error
    return record


def to_json(record: Record) -> str:
    """Write a record as one line of strict JSON."""
    return dump_json(plain_record(record))


def from_json(text: str) -> FitRecord | CellRecord:
    """Read what :func:`to_json` wrote; raises as :func:`from_plain_record`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"not a record of a fit or cell: {first_line(error)}") from error
    return from_plain_record(data)


def _checksum(data: Mapping[str, Any]) -> str:
    """SHA-256 of plain data, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
