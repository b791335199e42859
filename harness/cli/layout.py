"""Text that fits the terminal, and 100 columns where the output is piped."""

import shutil
import textwrap
from collections.abc import Iterable, Sequence

PIPED = 100
"""Columns where there is no terminal; ``COLUMNS`` in the environment goes before it."""

_NARROWEST = 24
"""Columns that the last column of a table gets, however little room is left."""


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size((PIPED, 24)).columns


def wrapped(text: str, indent: str = "", hanging: str | None = None) -> str:
    """Wrap a text at words, which are never broken, not even at hyphens.

    Args:
        text: one paragraph.
        indent: begins every line.
        hanging: begins every line but the first; None: as ``indent``.
    """
    return _fill(text, width(), indent, indent if hanging is None else hanging)


def table(rows: Iterable[Sequence[str]], headers: Sequence[str] = (), style: str = "plain") -> str:
    """A table of text whose last column is wrapped at words.

    Args:
        rows: of equal length.
        headers: a head for every column, or none.
        style: one of tabulate's.
    """
    from tabulate import tabulate

    rows = [list(row) for row in rows]
    heads = [head + "  " for head in headers]  # tabulate keeps two more columns beside a head
    lines = [heads, *rows] if headers else rows
    used = sum(max(len(line[index]) for line in lines) + 2 for index in range(len(lines[0]) - 1))
    room = max(_NARROWEST, width() - used)
    wrapped_rows = [[*row[:-1], _fill(row[-1], room)] for row in rows]
    return tabulate(wrapped_rows, headers, style, disable_numparse=True)


def _fill(text: str, columns: int, indent: str = "", hanging: str = "") -> str:
    return textwrap.fill(
        text,
        columns,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
