"""The table of a run as comma-separated values."""

import csv
import io

from harness import MeanScore, Row, Run, ShownPublished, summarise
from harness_reports.facts import FACTS, Field, facts_of, text_of

_OUTCOME = ("trained_parameters", "seeds", "status", "error")
_NUMBERS = ("", " std", " count", " published")


def csv_table(run: Run, published: ShownPublished = "agreeing") -> str:
    """A line per row of the table; numbers in full precision, infinity as ``inf``.

    Every metric has four columns: the mean over seeds, its standard deviation, the count of images
    or repeats behind it (the fewest of any seed), and the published value. A field is empty where
    there is no number. With ``published=all`` the last column says what is published under other
    conditions, values separated by bars.

    Args:
        run: with its records.
        published: which published values are shown.
    """
    summary = summarise(run, published)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    headers = [column.header for column in summary.columns]
    named = [f"{head}{part}" for head in headers for part in _NUMBERS]
    apart = ["published apart"] if published == "all" else []
    writer.writerow([*FACTS, *_OUTCOME, *named, *apart])
    for row in summary.rows:
        values = [field for value in row.values for field in _numbers(value)]
        last = [_apart(row)] if apart else []
        fields = [*facts_of(row.cell), *_outcome(row), *values, *last]
        writer.writerow(map(text_of, fields))
    return text.getvalue()


def _outcome(row: Row) -> list[Field]:
    return [
        row.trained_parameters,
        " ".join(str(each.seed) for each in row.cells),
        row.status or "done",
        "; ".join(dict.fromkeys(each.error for each in row.cells if each.error)),
    ]


def _apart(row: Row) -> str:
    """What is published under other conditions, and what differs."""
    return " | ".join(
        f"{each.score} = {each.value:g}: {each.source}; {'; '.join(each.differs)}"
        for each in row.cell.published
    )


def _numbers(value: MeanScore | None) -> list[Field]:
    if value is None:
        return [None] * len(_NUMBERS)
    return [value.mean, value.spread, value.count, value.published]
