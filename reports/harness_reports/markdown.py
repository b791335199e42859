"""The table of a run in Markdown."""

import shlex
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from harness import PUBLISHED_HEADERS, Run, ShownPublished, summarise


def markdown(run: Run, published: ShownPublished = "agreeing") -> str:
    """The table, its notes, and the command that made it.

    Args:
        run: with its records.
        published: which published values are shown; those beside which not all agrees stand in a
            table of their own.
    """
    summary = summarise(run, published)
    headers = summary.headers()
    first_number = len(headers) - len(summary.columns)
    table = tabulate(
        _escaped(summary.texts()),
        headers,
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left"] * first_number + ["right"] * len(summary.columns),
    )
    parts = [f"# {run.title}", table] if run.title else [table]
    if summary.notes:
        parts.append("\n".join(f"- {note}" for note in summary.notes))
    if apart := summary.published_texts():
        parts.append("Published under other conditions, and not to be compared without them:")
        parts.append(tabulate(_escaped(apart), PUBLISHED_HEADERS, "pipe", disable_numparse=True))
    if command := run.provenance.get("command"):
        parts.append(f"`{shlex.join(map(str, command))}`")
    return "\n\n".join(parts) + "\n"


def _escaped(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[text.replace("|", r"\|") for text in row] for row in rows]
