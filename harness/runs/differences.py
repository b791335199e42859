"""How the rows of a table differ, by every metric of images, and how they rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.comparison.differences import Difference, Measured, corrected, differences, ranks
from harness.results.columns import Column
from harness.results.records import ImageScore
from harness.runs.table import Row


@dataclass(frozen=True, kw_only=True)
class RowDifference:
    """How two rows on the same dataset differ by one metric.

    Attributes:
        first: a row.
        second: a later one.
        column: the metric.
        difference: the first one's score minus the second's, with Holm's correction over the table.
    """

    first: Row
    second: Row
    column: Column
    difference: Difference

    @property
    def better(self) -> Row | None:
        """The better row; None where that cannot be told."""
        if self.difference.is_tie:
            return None
        wins = (self.difference.low > 0) == self.column.higher_is_better
        return self.first if wins else self.second


def compare_rows(
    rows: Sequence[Row], scores: Mapping[str, Sequence[ImageScore]]
) -> tuple[RowDifference, ...]:
    """Compare every two rows on the same images, by every metric that both have.

    Metrics of images count, and of these the ones that rank methods.

    ::

        summary = harness.summarise(run)
        scores = {cell.key: harness.image_scores(run, cell) for cell in run.cells}
        for each in harness.compare_rows(summary.rows, scores):
            print(each.first.method, each.second.method, each.column.title, each.difference)

    Args:
        rows: of one table, or of several.
        scores: those of the images of each cell, by its key, see :func:`harness.image_scores`.

    Returns:
        A difference for each pair and metric; of those without scores of images nothing but the
        reason. Holm's correction is over all of one table: those on the same images, by all
        metrics.
    """
    return tuple(
        difference for on_same in _by_data(rows) for difference in _compare_table(on_same, scores)
    )


def rank_rows(
    rows: Sequence[Row], column: Column, compared: Sequence[RowDifference]
) -> tuple[int, ...]:
    """The places of rows on one dataset by one metric, 1 for the best.

    Rows that cannot be told apart share a place, so several may be best; see
    :func:`harness.comparison.differences.ranks`.

    Args:
        rows: those that are to be ranked among one another, such as those of equal supervision, all
            with a number in the column.
        column: of the metric.
        compared: what :func:`compare_rows` found; other rows and metrics in it do no harm.
    """
    at = {row.cell.key: place for place, row in enumerate(rows)}
    pairs = {
        (at[each.first.cell.key], at[each.second.cell.key]): each.difference
        for each in compared
        if each.column == column and each.first.cell.key in at and each.second.cell.key in at
    }
    return tuple(ranks(len(rows), pairs, higher_is_better=column.higher_is_better))


def _compare_table(
    rows: Sequence[Row], scores: Mapping[str, Sequence[ImageScore]]
) -> list[RowDifference]:
    """The differences of every two rows on the same images, with Holm's correction."""
    found = []
    for column in _columns(rows):
        measured = [(row, _measured(row, column, scores)) for row in rows]
        own = [(row, each) for row, each in measured if each is not None]
        for (first, second), difference in differences([each for _, each in own]).items():
            found.append((own[first][0], own[second][0], column, difference))
    adjusted = corrected([difference for *_, difference in found])
    return [
        RowDifference(first=first, second=second, column=column, difference=difference)
        for (first, second, column, _), difference in zip(found, adjusted, strict=True)
    ]


def _by_data(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows that are tested on the same images, together."""

    def tested(row: Row) -> tuple[str, str]:
        return row.cell.job.data.fingerprint, row.cell.split

    return [list(same) for _, same in groupby(sorted(rows, key=tested), tested)]


def _columns(rows: Sequence[Row]) -> list[Column]:
    """The metrics of images that rank methods, each once."""
    scores = (score for row in rows for cell in row.cells for score in cell.scores)
    return [column for column in dict.fromkeys(s.column for s in scores) if column.is_quality]


def _measured(
    row: Row, column: Column, scores: Mapping[str, Sequence[ImageScore]]
) -> Measured | None:
    """The scores of a row's images; None where it has no number in the column."""
    seeds = []
    scenes: dict[str, str] = {}
    for cell in row.cells:
        if not any(s.column == column and s.value is not None for s in cell.scores):
            continue
        own = [each for each in scores.get(cell.key, ()) if each.metric == column.metric]
        scenes |= {each.image: each.scene for each in own}
        seeds.append({each.image: each.value for each in own if each.value is not None})
    if not seeds:
        return None
    return Measured(seeds=tuple(seeds), scenes=scenes, trains=row.cell.job.fit is not None)
