"""Several runs as one, so that a report can show them side by side."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError
from harness.results.records import CellRecord, FitRecord, Run, State
from harness.runs.table import row_of


def merge_runs(runs: Sequence[Run]) -> Run:
    """Merge runs into one that has all their records; a single one stays as it is.

    A fit that several runs share is one, as long as the best of its records.

    Args:
        runs: at least one.

    Raises:
        UsageError: two runs have the same cell, so that a mean over seeds would count one twice.
    """
    if len(runs) == 1:
        return runs[0]
    cells = tuple(cell for run in runs for cell in run.cells)
    _check_distinct(runs)
    fits: dict[str, FitRecord] = {}
    for fit in (fit for run in runs for fit in run.fits):
        if fit.key not in fits or fits[fit.key].status != "done":
            fits[fit.key] = fit
    return replace(
        runs[0],
        state=_state(runs),
        provenance={"runs": [{"folder": str(run.folder), **run.provenance} for run in runs]},
        fits=tuple(fits.values()),
        cells=cells,
        notes=tuple(dict.fromkeys(note for run in runs for note in run.notes)),
        roots=_roots(runs),
    )


def _state(runs: Sequence[Run]) -> State:
    """The least finished state of any run."""
    order: tuple[State, ...] = ("running", "interrupted", "finished")
    return min((run.state for run in runs), key=order.index)


def _roots(runs: Sequence[Run]) -> dict[str, Path]:
    """Where the files of every record lie: of one in several runs, where it is done."""
    roots: dict[str, Path] = {}
    for run in runs:
        for record in (*run.fits, *run.cells):
            if record.key not in roots or record.status == "done":
                roots[record.key] = run.root_of(record)
    return roots


def _check_distinct(runs: Sequence[Run]) -> None:
    found: dict[tuple[object, ...], Run] = {}
    for run in runs:
        for cell in run.cells:
            other = found.setdefault((row_of(cell), cell.seed), run)
            if other is not run:
                raise UsageError(_twice(cell, other, run))


def _twice(cell: CellRecord, first: Run, second: Run) -> str:
    return (
        f"{first.folder} and {second.folder} both hold {cell.job.title}"
        f"{f', {cell.budget}' if cell.budget else ''}: leave one of them out"
    )
