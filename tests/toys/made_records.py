"""Jobs, records and scores for tests of what is done with them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from harness.evaluation.scoring import ReadyMetric
from harness.results.columns import Column
from harness.results.jobs import CellJob, DataReference, FitJob
from harness.results.machine import Machine
from harness.results.records import CellRecord, FitRecord, Run, Score
from harness.results.reference import Reference
from harness.specs import MetricSpec

_COLUMN: dict[str, Any] = {
    "protocol": "8bit",
    "protocol_version": 1,
    "measures": "image",
    "higher_is_better": True,
    "unit": "dB",
    "decimals": 2,
    "tolerance": 0.01,
}
NO_MACHINE = Machine()
_OF_COLUMNS = {each.name for each in fields(Column)}


def make_score(metric: str = "psnr", value: float | None = 30.0, **given: Any) -> Score:
    """A score of PSNR, but for what is said otherwise; of the score or of its column."""
    column = {key: given.pop(key) for key in set(given) & _OF_COLUMNS}
    label = metric.partition("[")[0].upper()
    return Score(
        column=Column(**{**_COLUMN, "metric": metric, "label": label, **column}),
        value=value,
        **given,
    )


def make_reference(kind: str, selector: str, **given: Any) -> Reference:
    """A reference by the text that chooses it, which is taken as it is."""
    name = selector.partition("[")[0]
    return Reference(kind=kind, name=name, label=selector, selector=selector, **given)


def make_data(dataset: str, split: str = "test", **given: Any) -> DataReference:
    """A split of a dataset, whose content is known by its name."""
    reference = make_reference("dataset", dataset, **given)
    return DataReference(dataset=reference, split=split, fingerprint=f"{dataset} {split}")


def make_fit_job(
    method: str = "mine",
    trained_on: str = "camera",
    train_split: str = "train",
    budget: str = "quick",
    clean: str = "",
    narrowed: Mapping[str, str] | None = None,
    **given: Any,
) -> FitJob:
    """A fit, described as tables do."""
    return FitJob(
        method=make_reference("method", method, narrowed=narrowed or {}),
        data=make_data(trained_on, train_split),
        clean=make_data(clean, "train") if clean else None,
        budget=budget,
        **{"seed": 0, "libraries": {}, **given},
    )


def make_cell_job(
    method: str = "mine",
    dataset: str = "camera",
    *,
    weights: str = "",
    trained_on: str = "",
    oracle: bool = False,
    narrowed: Mapping[str, str] | None = None,
    seed: int = 0,
    view: Any = "noisy",
    **of_fit: Any,
) -> CellJob:
    """A cell, with the fit that it needs if it is ``trained_on`` something."""
    fit = None
    if trained_on:
        fit = make_fit_job(method, trained_on, narrowed=narrowed, seed=seed, view=view, **of_fit)
    return CellJob(
        method=make_reference("method", method, narrowed=narrowed or {}),
        data=make_data(dataset),
        metrics=(),
        fit=fit,
        weights=Path(weights) if weights else None,
        oracle=oracle,
        seed=seed,
        view=view,
        libraries={},
    )


def make_cell(
    method: str = "mine",
    dataset: str = "camera",
    *,
    scores: Iterable[Score] = (),
    status: Any = "done",
    error: str = "",
    seconds: float = 0.0,
    reused: bool = False,
    finished: str = "",
    machine: Machine = NO_MACHINE,
    **of_job: Any,
) -> CellRecord:
    """A record of a cell; what is not of the record itself is of its job."""
    return CellRecord(
        job=make_cell_job(method, dataset, **of_job),
        scores=tuple(scores),
        status=status,
        error=error,
        seconds=seconds,
        reused=reused,
        finished=finished,
        machine=machine,
    )


def make_run(
    *cells: CellRecord,
    fits: Iterable[FitRecord] = (),
    state: Any = "finished",
    provenance: Mapping[str, Any] | None = None,
) -> Run:
    """A run of these records."""
    return Run(
        folder=Path("runs/x"),
        state=state,
        provenance=provenance or {},
        fits=tuple(fits),
        cells=cells,
    )


def ready(
    spec: MetricSpec, function: Callable[..., Any], metric: str = "", **parameters: Any
) -> ReadyMetric:
    """A metric, ready to be called, as the worker of a cell makes it."""
    column = Column.of(spec, metric or spec.name, parameters)
    function = partial(function, **parameters)
    return ReadyMetric(column, spec.rounding, function, compares=spec.compares)
