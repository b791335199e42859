"""Baselines: scores that are kept in a repository, and what is run to measure them again.

A file of TOML says what is run, beside what is tolerated (:mod:`harness.gate.rules`)::

    [[run]]
    name = "mine"            # its scores stand in mine.json beside this file
    methods = "mine,mine[width=8]"
    datasets = "photographs"
    metrics = "psnr,ssim"
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import ReportError, UsageError
from harness.gate.cells import COMMIT, Cells, GatedCell, cells_of
from harness.gate.rules import Rules, read_toml, rules_of, tables_of
from harness.results.records import Run
from harness.results.serial import dump_json, from_plain
from harness.runs.request import Request
from harness.util.files import write_text

SCHEMA = 1
"""Version of a baseline's form."""

KIND = "baseline"
"""What such a file says that it is."""

METRICS = "psnr,ssim"
"""What a baseline holds unless its table says otherwise: what no machine changes."""


@dataclass(frozen=True, kw_only=True)
class BaselineRun:
    """What is run for a baseline: the options of ``harness run`` that matter for it, as text.

    Attributes:
        name: of its file, without the ending.
        methods: selectors.
        datasets: selectors.
        metrics: selectors.
        train: dataset to train on; empty: each tested one's default.
        budget: of training.
        seeds: separated by commas.
        device: on which it is measured.
    """

    name: str
    methods: str
    datasets: str
    metrics: str = METRICS
    train: str = ""
    budget: str = "quick"
    seeds: str = "0"
    device: str = "cpu"

    def request(self, out: Path) -> Request:
        """What to run, with results in a folder."""
        return Request(
            methods=self.methods,
            datasets=self.datasets,
            metrics=self.metrics,
            train=self.train,
            budget=self.budget,
            seeds=[int(seed) for seed in self.seeds.split(",")],
            device=self.device,
            images=0,
            out=out,
        )


@dataclass(frozen=True)
class Baselines:
    """A file that says what is run, and what is tolerated.

    Attributes:
        folder: in which it and the baselines lie.
        runs: one per baseline.
        rules: by which they are compared.
    """

    folder: Path
    runs: tuple[BaselineRun, ...]
    rules: Rules

    def file_of(self, run: BaselineRun) -> Path:
        """The baseline of a run."""
        return self.folder / f"{run.name}.json"

    def measure(self, carry_out: Callable[[Request], Run], out: Path) -> dict[str, Cells]:
        """Run everything.

        Args:
            carry_out: runs a request.
            out: folder of results.

        Returns:
            The cells of each run, by its name.
        """
        return {run.name: cells_of(carry_out(run.request(out))) for run in self.runs}


def read_baselines(path: Path) -> Baselines:
    """Read a file that says what is run.

    Raises:
        UsageError: it cannot be read or understood, or names nothing to run.
    """
    data = read_toml(path)
    runs = tables_of(BaselineRun, data, "run", path)
    if not runs:
        raise UsageError(f"{path} names nothing to run: it needs a table [[run]]")
    names = [run.name for run in runs]
    for run in runs:
        if Path(run.name).name != run.name or names.count(run.name) > 1:
            raise UsageError(f"{path}: {run.name!r} must be the name of a file, and of one run")
        if not all(seed.strip().isdecimal() for seed in run.seeds.split(",")):
            raise UsageError(f"{path}: cannot read the seeds {run.seeds!r}: write '0' or '0,1,2'")
    return Baselines(path.parent, runs, rules_of(data, path, also=("run",)))


def write_baseline(cells: Cells, path: Path) -> None:
    """Write the cells of a run as a baseline, in a form whose changes can be read line by line.

    What most cells were measured on and with stands once.

    Raises:
        ReportError: a cell is not done, so that nothing would be held to it.
    """
    for cell in cells:
        if not cell.is_done:
            raise ReportError(
                f"no baseline is written to {path}: {cell.method} on {cell.dataset} is "
                f"{cell.status}{f', {cell.error}' if cell.error else ''}"
            )
    kept = [replace(cell, conditions=_without_commits(cell.conditions)) for cell in cells]
    shared = _shared(kept)
    lean = [
        replace(cell, conditions=dict(cell.conditions.items() - shared.items())) for cell in kept
    ]
    data = {
        "schema": SCHEMA,
        "kind": KIND,
        "conditions": shared,
        "cells": lean,
    }
    write_text(path, dump_json(data, indent=1) + "\n")


def cells_of_baseline(data: Mapping[str, Any]) -> Cells:
    """Read what :func:`write_baseline` wrote.

    Raises:
        ReportError: it was written by another version of harness.
        ValueError: it is damaged.
    """
    if data["schema"] != SCHEMA:
        raise ReportError(
            f"a baseline of another version of harness (its schema is {data['schema']}, and this "
            f"one reads {SCHEMA}): renew it"
        )
    cells = (from_plain(GatedCell, cell) for cell in data["cells"])
    return tuple(
        replace(cell, conditions={**data["conditions"], **cell.conditions}) for cell in cells
    )


def _shared(cells: Sequence[GatedCell]) -> dict[str, str]:
    """The conditions that all cells have in common."""
    common = set.intersection(*(set(cell.conditions.items()) for cell in cells)) if cells else set()
    return dict(sorted(common))


def _without_commits(conditions: Mapping[str, str]) -> dict[str, str]:
    """Conditions that stay while nothing changes: a repository knows its commits itself."""
    return {n: text for n, text in conditions.items() if not n.startswith(COMMIT)}
