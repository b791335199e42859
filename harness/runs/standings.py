"""What a report prints of a run: a table per dataset, rows by supervision, places within them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from harness.comparison.differences import Difference, ranks
from harness.results.columns import Column
from harness.results.records import ImageScore, Run
from harness.runs.counts import Counts
from harness.runs.differences import RowDifference, compare_rows, rank_rows
from harness.runs.kept import image_scores
from harness.runs.table import MeanScore, Row, Summary, summarise
from harness.specs import SUPERVISION, ShownPublished

UNTRAINED, ORACLE = "without training", "oracle"
"""Groups of rows beside the kinds of supervision."""

LEGEND = (
    "Bold: the best of its group; underlined: the second best. = marks numbers that cannot be told "
    "apart: those of images by their paired differences over scenes, times and sizes by the "
    "metric's tolerance and the spread of repeats."
)
"""What the marks of a table mean."""

NOT_KEPT = (
    "The scores of single images are not with this run any more, so no method is ranked by them."
)
"""Said where the files of cells are gone."""


@dataclass(frozen=True)
class Standing:
    """How a number compares with the others of its group.

    Attributes:
        place: 1 for the best, one more than the count of better ones for others; None where none
            of the group can be told from all others.
        tied: it cannot be told from another of the same place.
    """

    place: int | None
    tied: bool = False


@dataclass(frozen=True)
class Figure:
    """A number of a table.

    Attributes:
        column: its metric.
        value: the number over seeds; None where the metric was not measured.
        standing: in its group; None where there is nothing to compare it with.
    """

    column: Column
    value: MeanScore | None
    standing: Standing | None = None


@dataclass(frozen=True)
class Entry:
    """A row of a table.

    Attributes:
        row: a method, trained in one way.
        figures: one per column of the table.
    """

    row: Row
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Group:
    """Rows of one supervision, which alone are ranked among one another.

    Attributes:
        title: a kind of supervision, :data:`UNTRAINED` or :data:`ORACLE`.
        entries: in the order of the plan.
    """

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class DatasetTable:
    """Methods by metrics on one dataset.

    Attributes:
        dataset: its selector, with the split and how much of the set it is, where need be.
        facts: what its rows share, such as ``15 images of 5 scenes`` and ``budget quick``.
        columns: one per metric and protocol that is measured there.
        groups: from no training to full supervision.
        differences: of every two rows but oracles, by every metric of images.
    """

    dataset: str
    facts: tuple[str, ...]
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    differences: tuple[RowDifference, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The rows of all groups."""
        return tuple(entry for group in self.groups for entry in group.entries)

    @property
    def notes(self) -> list[str]:
        """Why some of its numbers cannot be told apart, if for another reason than being close."""
        reasons = dict.fromkeys(each.difference.reason for each in self.differences)
        told = filter(None, reasons)
        return [f"{self.dataset}: of some differences nothing can be told: {r}." for r in told]


@dataclass(frozen=True)
class RunTables:
    """All tables of a run.

    Attributes:
        summary: the rows of all, with their notes.
        tables: one per dataset, in the order of the plan.
        scores: of the images of every cell, by its key; none where they are not kept.
    """

    summary: Summary
    tables: tuple[DatasetTable, ...]
    scores: Mapping[str, tuple[ImageScore, ...]]

    @property
    def notes(self) -> list[str]:
        """Footnotes with their numbers, remarks, and what the marks mean."""
        entries = [entry for table in self.tables for entry in table.entries]
        is_marked = any(figure.standing for entry in entries for figure in entry.figures)
        return [*self.summary.notes, *self._on_differences, *([LEGEND] if is_marked else [])]

    @property
    def _on_differences(self) -> list[str]:
        if any(self.scores.values()):
            return [note for table in self.tables for note in table.notes]
        return [NOT_KEPT] if any(table.differences for table in self.tables) else []


def tables_of(run: Run, published: ShownPublished = "agreeing") -> RunTables:
    """Make the tables of a run, in which nothing is ranked that cannot be told apart.

    Args:
        run: with its records; scores of images are read from where they are kept.
        published: which published values they show.
    """
    summary = summarise(run, published)
    scores = {cell.key: image_scores(run, cell) for cell in run.cells}
    compared = compare_rows([row for row in summary.rows if not row.cell.oracle], scores)
    by_dataset: dict[str, list[Row]] = {}
    for row in summary.rows:
        by_dataset.setdefault(row.dataset, []).append(row)
    tables = tuple(_table(rows, summary.columns, compared) for rows in by_dataset.values())
    return RunTables(summary, tables, scores)


def group_of(row: Row) -> str:
    """The group that a row is ranked in."""
    cell = row.cell
    if cell.oracle:
        return ORACLE
    return SUPERVISION[cell.job.view] if cell.job.fit or cell.weights else UNTRAINED


def _table(
    rows: Sequence[Row], columns: Sequence[Column], compared: Sequence[RowDifference]
) -> DatasetTable:
    """The table of a dataset, without the columns in which none of its rows has anything."""
    keys = {row.cell.key for row in rows}
    own = tuple(each for each in compared if each.first.cell.key in keys)
    places = [at for at in range(len(columns)) if any(row.values[at] for row in rows)]
    groups = []
    for title in (UNTRAINED, *SUPERVISION.values(), ORACLE):
        if members := [row for row in rows if group_of(row) == title]:
            by_column = [_figures(members, columns[at], at, own) for at in places]
            entries = (
                Entry(row, tuple(figures[at] for figures in by_column))
                for at, row in enumerate(members)
            )
            groups.append(Group(title, tuple(entries)))
    return DatasetTable(
        dataset=rows[0].dataset,
        facts=tuple(_facts(rows)),
        columns=tuple(columns[at] for at in places),
        groups=tuple(groups),
        differences=own,
    )


def _facts(rows: Sequence[Row]) -> Iterator[str]:
    """What the rows of a dataset share: images, training data and budget."""
    yield from Counts(cell for row in rows for cell in row.cells).told
    fits = {(row.cell.trained_on, row.cell.budget) for row in rows if row.cell.job.fit}
    for what, found in zip(("trained on", "budget"), zip(*fits, strict=True), strict=False):
        if len(set(found)) == 1:
            yield f"{what} {found[0]}"


def _figures(
    rows: Sequence[Row], column: Column, at: int, compared: Sequence[RowDifference]
) -> list[Figure]:
    """The numbers of a group in one column, with their standing.

    Those of methods that saw the clean test images stand with none, and none does in a column that
    ranks nothing.
    """
    figures = [Figure(column, row.values[at]) for row in rows]
    if not column.ranks:
        return figures
    compete = [
        place
        for place, row in enumerate(rows)
        if (value := row.values[at]) and value.mean is not None and not row.cell.job.seen.clean
    ]
    rank = _ranks_of_images if column.measures == "image" else _ranks_of_methods
    standings = _standings(rank([rows[place] for place in compete], column, at, compared))
    for place, standing in zip(compete, standings, strict=False):
        figures[place] = replace(figures[place], standing=standing)
    return figures


def _standings(places: Sequence[int]) -> list[Standing]:
    """What to say of places; nothing of a single one, and of no more than a tie if all are tied."""
    if len(places) < 2:
        return []
    if len(set(places)) == 1:
        return [Standing(None, tied=True)] * len(places)
    return [Standing(place, tied=places.count(place) > 1) for place in places]


def _ranks_of_images(
    rows: Sequence[Row], column: Column, _: int, compared: Sequence[RowDifference]
) -> Sequence[int]:
    """The places by a metric of images; none where nothing was kept that would tell them."""
    keys = {row.cell.key for row in rows}
    own = [
        each
        for each in compared
        if each.column == column and keys >= {each.first.cell.key, each.second.cell.key}
    ]
    return rank_rows(rows, column, own) if any(each.difference.images for each in own) else ()


def _ranks_of_methods(
    rows: Sequence[Row], column: Column, at: int, _: Sequence[RowDifference]
) -> Sequence[int]:
    """The places by a metric of the method."""
    pairs = {}
    for first, second in combinations(range(len(rows)), 2):
        change = _told_apart(rows[first], rows[second], column, at)
        if change:
            pairs[first, second] = Difference(mean=change, low=change, high=change, adjusted=0.0)
    return ranks(len(rows), pairs, higher_is_better=column.higher_is_better)


def _told_apart(first: Row, second: Row, column: Column, at: int) -> float:
    """How much two numbers of methods differ; 0 where that is within tolerance and spread.

    Times of different machines are not told apart.
    """
    if column.depends_on_machine and _machine(first) != _machine(second):
        return 0.0
    one, other = (value.mean for row in (first, second) if (value := row.values[at]))
    if one is None or other is None or not math.isfinite(one - other):
        return 0.0
    spread = math.hypot(_spread(first, column), _spread(second, column))
    margin = max(column.tolerance * max(abs(one), abs(other)), 2 * spread)
    return one - other if abs(one - other) > margin else 0.0


def _spread(row: Row, column: Column) -> float:
    """The standard deviation of repeats, the largest of any seed."""
    scores = (score for cell in row.cells for score in cell.scores if score.column == column)
    return max((score.spread or 0.0 for score in scores), default=0.0)


def _machine(row: Row) -> tuple[object, ...]:
    machine = row.cell.machine
    return machine.host, machine.device, machine.processor, machine.threads
