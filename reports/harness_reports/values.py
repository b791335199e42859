"""The parts of a table's text, which every format puts together in its own way."""

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness import DatasetTable, Entry, Figure, Run

NOTHING = "–"
"""Stands where nothing was measured."""

SHOWN_PLACES = (None, 1, 2)
"""Places at which ties are marked: those of the best and second best, and where all are tied."""


@dataclass(frozen=True)
class Shown:
    """A number as it is printed.

    Attributes:
        number: with the metric's decimals; ``n/a`` where it is not available.
        place: 1 and 2 are marked; None for no mark.
        tied: it cannot be told from another.
        spread: over seeds; empty for one.
        notes: such as ``[1]``; empty for none.
        published: empty for none.
    """

    number: str
    place: int | None = None
    tied: bool = False
    spread: str = ""
    notes: str = ""
    published: str = ""


def shown(figure: Figure) -> Shown:
    """The parts of a number."""
    column, value, standing = figure.column, figure.value, figure.standing
    if value is None:
        return Shown(NOTHING)
    place = standing.place if standing else None
    return Shown(
        number="n/a" if value.mean is None else column.format(value.mean),
        place=place if place in (1, 2) else None,
        tied=standing is not None and standing.tied and place in SHOWN_PLACES,
        spread="" if value.spread is None else column.format(value.spread),
        notes="" if value.footnote is None else f"[{value.footnote}]",
        published="" if value.published is None else f"{value.published:g}",
    )


def text_of(
    figure: Figure, marked: Callable[[str, int | None], str], escaped: Callable[[str], str] = str
) -> str:
    """A number as ``= 27.31 ± 0.05 [1] (27.40)``: tie, mean, spread, note, published.

    Args:
        figure: to print.
        marked: puts a number into the type of its place: 1, 2 or None.
        escaped: makes plain text of what stands beside the number.
    """
    parts = shown(figure)
    number = marked(f"= {parts.number}" if parts.tied else parts.number, parts.place)
    spread = f"± {parts.spread}" if parts.spread else ""
    published = f"({parts.published})" if parts.published else ""
    beside = map(escaped, filter(None, [spread, parts.notes, published]))
    return " ".join([number, *beside])


def labels_of(table: DatasetTable) -> dict[str, str]:
    """What tells the rows of a table apart: the method, and how it was trained where need be.

    Returns:
        A label by the key of a row's first cell.
    """
    methods = [entry.row.method for entry in table.entries]
    return {
        row.cell.key: row.method
        if methods.count(row.method) == 1
        else f"{row.method} ({row.trained})"
        for row in (entry.row for entry in table.entries)
    }


def method_of(entry: Entry) -> str:
    """The label of a row, with the notes on how it was measured."""
    return " ".join([entry.row.method, *(f"[{number}]" for number in entry.row.conditions)])


def status_of(entry: Entry) -> str:
    """How a row ended, with the notes that say why; empty where it is done."""
    notes = [f"[{number}]" for number in entry.row.footnotes]
    return " ".join([entry.row.status, *notes]) if entry.row.status else ""


def caption_of(table: DatasetTable) -> str:
    """What the rows of a table share, in one line."""
    return f"Tested on {table.dataset}: {', '.join(table.facts) or 'nothing was measured'}."


def commands_of(run: Run) -> Iterator[str]:
    """The command that made each run, on one line."""
    for each in run.provenance.get("runs", [run.provenance]):
        if command := each.get("command"):
            yield " ".join(shlex.join(map(str, command)).splitlines())
