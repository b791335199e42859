"""The tables of a run in Markdown, as code hosts render it."""

import re
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from harness import PUBLISHED_HEADERS, DatasetTable, Run, ShownPublished, tables_of
from harness_reports.values import caption_of, commands_of, method_of, status_of, text_of

_MARKED = {None: "{}", 1: "**{}**", 2: "<u>{}</u>"}


def markdown(run: Run, published: ShownPublished = "agreeing") -> str:
    """A table per dataset, the notes of all, and the command that made them.

    Args:
        run: with its records.
        published: which published values are shown; those beside which not all agrees stand in a
            table of their own.
    """
    made = tables_of(run, published)
    parts = [f"# {escaped(run.title)}"] if run.title else []
    for table in made.tables:
        parts += [f"## {escaped(table.dataset)}", escaped(caption_of(table)), _table(table)]
    if made.notes:
        parts.append("\n".join(f"- {escaped(note)}" for note in made.notes))
    if apart := made.summary.published_texts():
        parts.append("Published under other conditions, and not to be compared without them:")
        parts.append(_aligned(PUBLISHED_HEADERS, [map(escaped, texts) for texts in apart]))
    parts += map(_code, commands_of(run))
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """A text in which nothing means anything to Markdown, on one line."""
    line = " ".join(text.split()).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    line = re.sub(r"[|*`]|~~|!\[|(?<![^\W_])_|_(?![^\W_])|^[#>+-]", r"\\\g<0>", line)
    return line.replace("](", r"]\(")


def _table(table: DatasetTable) -> str:
    """Rows of one supervision stand below a row that names it."""
    has_status = any(entry.row.status for entry in table.entries)
    headers = ["method", "trained", *(["status"] if has_status else [])]
    rows = []
    for group in table.groups:
        rows.append([f"*{group.title}*"])
        for entry in group.entries:
            status = [escaped(status_of(entry) or "done")] if has_status else []
            numbers = [text_of(figure, _marked) for figure in entry.figures]
            names = [escaped(method_of(entry)), escaped(entry.row.trained)]
            rows.append([*names, *status, *numbers])
    columns = [escaped(column.pointed_header) for column in table.columns]
    return _aligned([*headers, *columns], rows, len(columns))


def _marked(number: str, place: int | None) -> str:
    return _MARKED[place].format(number)


def _aligned(headers: Sequence[str], rows: Iterable[Iterable[str]], numbers: int = 0) -> str:
    """A table whose last columns are numbers, flushed right."""
    align = ["left"] * (len(headers) - numbers) + ["right"] * numbers
    full = [[*row, *[""] * len(headers)][: len(headers)] for row in rows]
    return tabulate(full, headers, "pipe", disable_numparse=True, colalign=align)


def _code(line: str) -> str:
    """A line as code, between more backticks than it has."""
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence}{line}{fence}"
