"""The table of a run: a row per method, data and budget, with mean and spread over seeds."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from harness.results.columns import Column
from harness.results.records import CellRecord, FitRecord, Run, Score
from harness.runs import legend
from harness.runs.conditions import Conditions
from harness.runs.counts import Counts
from harness.runs.marks import part_remarks, seen_remarks, tested_on, training_marks
from harness.runs.published_scores import showing_published
from harness.specs import ShownPublished

NOTHING = legend.NOTHING()
"""Stands where a table has nothing to say."""

PUBLISHED_HEADERS = ("method", "dataset", "score", "published", "here", "source", "what differs")
"""The head of the table of what is published under other conditions."""

RowIdentity = tuple[str, ...]
"""All that tells rows apart; the seed does not."""


@dataclass(frozen=True)
class MeanScore:
    """A metric's number in one row.

    Attributes:
        mean: over seeds; None where the number is not available.
        spread: standard deviation over seeds (N - 1); None for a single seed.
        published: what the method's paper prints.
        footnote: number of the note that says why there is no number, or what is left out.
        count: images, or repeats, behind the number; the fewest of any seed.
    """

    mean: float | None
    spread: float | None = None
    published: float | None = None
    footnote: int | None = None
    count: int = 0


@dataclass(frozen=True)
class Row:
    """A method on a dataset, trained in one way.

    Attributes:
        cells: one per seed; they differ in nothing else that was asked for.
        values: one per column; None where the metric was not measured.
        status: empty if all seeds are done, else how they ended, in a word or two.
        footnotes: numbers of the notes that say why.
        training_seconds: wall time of training, mean over seeds; None where there was none.
        trained_parameters: how many parameters training changed; None where there was none.
        conditions: numbers of the notes that say how it was measured otherwise than most rows.
    """

    cells: tuple[CellRecord, ...]
    values: tuple[MeanScore | None, ...]
    status: str = ""
    footnotes: tuple[int, ...] = ()
    training_seconds: float | None = None
    trained_parameters: int | None = None
    conditions: tuple[int, ...] = ()

    @property
    def cell(self) -> CellRecord:
        """The first cell, for all that the cells share."""
        return self.cells[0]

    @property
    def method(self) -> str:
        """Label of the method."""
        return self.cell.method

    @property
    def dataset(self) -> str:
        """Selector of the dataset; the split unless it is ``test``, and how much of the set."""
        return tested_on(self.cell)

    @property
    def trained(self) -> str:
        """Training data, budget and time, and what sets the method apart, in short words."""
        return ", ".join(training_marks(self.cell, self.training_seconds)) or NOTHING


@dataclass(frozen=True)
class Summary:
    """What reports print of a run.

    Attributes:
        columns: one per metric and protocol, in the order asked for.
        rows: in the order of the plan.
        footnotes: the texts of notes 1, 2, and so on.
        remarks: what a reader must know besides.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    footnotes: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """Footnotes with their numbers, then remarks."""
        numbered = [f"[{number}] {text}" for number, text in enumerate(self.footnotes, 1)]
        return [*numbered, *self.remarks]

    @property
    def has_failures(self) -> bool:
        """Some row is not done."""
        return any(row.status for row in self.rows)

    def headers(self) -> list[str]:
        """The head of the text table, each on one line."""
        return self._first_headers + [column.pointed_header for column in self.columns]

    def stacked_headers(self) -> list[str]:
        """The head of the text table, on several lines where that keeps columns narrow."""
        return self._first_headers + [column.stacked_header for column in self.columns]

    def published_texts(self) -> list[list[str]]:
        """What is published under other conditions, a list per value, see PUBLISHED_HEADERS."""
        return [
            [
                row.method,
                row.dataset,
                each.score,
                f"{each.value:g}",
                self._measured(row, each.score),
                each.source,
                "; ".join(each.differs),
            ]
            for row in self.rows
            for each in row.cell.published
        ]

    def _measured(self, row: Row, head: str) -> str:
        """What a row has in the column of a head."""
        texts = (
            _text(column, value and replace(value, published=None))
            for column, value in zip(self.columns, row.values, strict=True)
            if column.header == head
        )
        return next(texts, NOTHING)

    @property
    def _first_headers(self) -> list[str]:
        return ["method", "dataset", "trained", *(["status"] if self.has_failures else [])]

    def texts(self) -> list[list[str]]:
        """The text table, a list per row, with as many texts as there are heads."""
        return [
            [
                row.method + _marks(row.conditions),
                row.dataset,
                row.trained,
                *([_status(row)] if self.has_failures else []),
                *(_text(*each) for each in zip(self.columns, row.values, strict=True)),
            ]
            for row in self.rows
        ]


def summarise(run: Run, published: ShownPublished = "agreeing") -> Summary:
    """Make the table of a run from its records.

    Args:
        run: with its records.
        published: which published values it shows.
    """
    run = showing_published(run, published)
    notes = _Notes(run)
    columns = tuple(dict.fromkeys(score.column for cell in run.cells for score in cell.scores))
    groups: dict[RowIdentity, list[CellRecord]] = {}
    for cell in run.cells:
        groups.setdefault(row_of(cell), []).append(cell)
    fits = {fit.key: fit for fit in run.fits if fit.stages}
    rows = tuple(_row(tuple(cells), columns, notes, fits) for cells in groups.values())
    return Summary(columns, rows, tuple(notes.footnotes), tuple(_remarks(run, rows, notes)))


class _Notes:
    """What is said below the table of a run, as it is gathered.

    Attributes:
        conditions: what the run was measured with.
        counts: images behind the means.
        footnotes: the texts of notes 1, 2, and so on.
    """

    def __init__(self, run: Run) -> None:
        self.conditions = Conditions(run)
        self.counts = Counts(run.cells)
        self.footnotes: list[str] = []

    def number(self, text: str) -> int:
        """The number of a footnote, which is added unless it is there."""
        if text not in self.footnotes:
            self.footnotes.append(text)
        return self.footnotes.index(text) + 1


def row_of(cell: CellRecord) -> RowIdentity:
    """What tells the row of a cell from others."""
    return (
        cell.method,
        cell.dataset,
        cell.split,
        cell.trained_on,
        cell.train_split,
        cell.clean,
        *_scenes(cell),
        cell.budget,
        cell.weights,
        _settings(cell),
    )


def _scenes(cell: CellRecord) -> list[str]:
    """The scenes that it is tested on, and those that it was trained on; empty for all."""
    data = [cell.job.data, *(cell.job.fit.datasets if cell.job.fit else ())]
    return ["\0".join(each.scenes) for each in data]


def _settings(cell: CellRecord) -> str:
    return ", ".join(f"{key}={value}" for key, value in cell.narrowed.items())


def _row(
    cells: tuple[CellRecord, ...],
    columns: Iterable[Column],
    notes: _Notes,
    fits: Mapping[str, FitRecord],
) -> Row:
    done = [cell for cell in cells if cell.status == "done"]
    undone = [cell for cell in cells if cell.status != "done"]
    conditions = tuple(map(notes.number, notes.conditions.differences(cells)))
    values = tuple(_value(column, done, notes) for column in columns)
    status = "/".join(dict.fromkeys(cell.status for cell in undone))
    if done and undone:
        status = f"{len(undone)} of {len(cells)} seeds {status}"
    reasons = dict.fromkeys(cell.error for cell in undone if cell.error)
    numbers = tuple(notes.number(f"{cells[0].method}: {reason}") for reason in reasons)
    own = [fits[job.fit.key] for job in (c.job for c in cells) if job.fit and job.fit.key in fits]
    seconds = [sum(stage.seconds for stage in fit.stages) for fit in own]
    return Row(
        cells,
        values,
        status,
        numbers,
        training_seconds=fmean(seconds) if seconds else None,
        trained_parameters=own[0].trained_parameters if own else None,
        conditions=conditions,
    )


def _value(column: Column, cells: Sequence[CellRecord], notes: _Notes) -> MeanScore | None:
    """Mean and spread over seeds of what one column says."""
    found = [(cell, each) for cell in cells for each in cell.scores if each.column == column]
    scores = [score for _, score in found]
    if not scores:
        return None
    numbers = [score.value for score in scores if score.value is not None]
    published = next((each.published for each in scores if each.published is not None), None)
    if not numbers:
        reason = next((score.reason for score in scores if score.reason), "no reason is recorded")
        return MeanScore(None, None, published, notes.number(f"{column.label}: {reason}"))
    has_spread = len(numbers) > 1 and all(map(math.isfinite, numbers))
    left_out = "; ".join(dict.fromkeys(_left_out(found, notes.counts)))
    return MeanScore(
        fmean(numbers),
        stdev(numbers) if has_spread else None,
        published,
        notes.number(left_out) if left_out else None,
        min(score.count for score in scores if score.value is not None),
    )


def _left_out(found: Iterable[tuple[CellRecord, Score]], counts: Counts) -> Iterator[str]:
    """What a mean leaves out: images that others have, and whole seeds."""
    for cell, score in found:
        if score.value is None:
            where = f"{score.column.title} on {tested_on(cell)}"
            yield f"{where}: no number for seed {cell.seed}, {score.reason}"
        elif text := counts.shortfall(cell, score):
            yield text


def _status(row: Row) -> str:
    return f"{row.status or legend.DONE()}{_marks(row.footnotes)}"


def _marks(numbers: Iterable[int]) -> str:
    return "".join(f" {legend.NOTE(number=number)}" for number in numbers)


def _text(column: Column, value: MeanScore | None) -> str:
    """A value as ``27.31 ± 0.05 [1] (27.40)``: mean, spread over seeds, note, published."""
    if value is None:
        return NOTHING
    text = legend.MISSING() if value.mean is None else column.format(value.mean)
    if value.spread is not None:
        text += f" {legend.SPREAD(number=column.format(value.spread))}"
    if value.footnote is not None:
        text += _marks([value.footnote])
    if value.published is not None:
        text += f" {legend.PUBLISHED(number=f'{value.published:g}')}"
    return text


def _remarks(run: Run, rows: Sequence[Row], notes: _Notes) -> list[str]:
    """What a reader must know to compare the rows, each once."""
    remarks = list(run.notes)
    if run.state != "finished":
        state = "was interrupted" if run.state == "interrupted" else "has not finished"
        remarks.append(f"The run {state}: rows are missing results.")
    for row in rows:
        remarks += _remarks_on(row.cell)
        remarks += _parameters_remarks(row)
    for row in rows:
        remarks += _sources(row)
    seeds = sorted({cell.seed for row in rows for cell in row.cells if len(row.cells) > 1})
    if seeds:
        numbers = ", ".join(map(str, seeds))
        remarks.append(f"Mean ± standard deviation over the seeds {numbers}.")
    remarks += notes.counts.remarks
    remarks += filter(None, [notes.conditions.line])
    return list(dict.fromkeys(remarks))


def _remarks_on(cell: CellRecord) -> list[str]:
    remarks = []
    if cell.oracle:
        remarks.append(f"{cell.method}: is given the clean images; an upper bound.")
    if cell.narrowed:
        images = cell.job.method.narrowed_on
        chosen = f", chosen on {images}: " if images else ", "
        remarks.append(
            f"{cell.method}: configuration of the budget quick{chosen}{_settings(cell)}."
        )
    if cell.view == "unpaired" and cell.weights:
        remarks.append(f"{cell.method}: trains on noisy images, and on clean ones of others.")
    elif cell.view == "unpaired":
        whose = cell.clean or "other scenes"
        remarks.append(f"{cell.method}: trains on noisy images, and on clean images of {whose}.")
    if cell.view == "pairs":
        remarks.append(f"{cell.method}: trains on pairs of noisy and clean images.")
    return [*remarks, *seen_remarks(cell), *part_remarks(cell)]


def _parameters_remarks(row: Row) -> list[str]:
    """That more, or others, are trained than take part at test time."""
    used = next((s.details["used"] for s in row.cell.scores if "used" in s.details), None)
    if None in (used, row.trained_parameters) or used == row.trained_parameters:
        return []
    return [
        f"{row.method}: {row.trained_parameters:,} parameters are trained; {used:,} take part at "
        "test time, and time, parameters and FLOPs are theirs."
    ]


def _sources(row: Row) -> list[str]:
    return [
        f"In parentheses, as published: {score.label} of {row.method} on {row.dataset}"
        f"{f', {score.source}' if score.source else ''}."
        for cell in row.cells
        for score in cell.scores
        if score.published is not None
    ]
