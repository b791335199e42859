"""The table of a run in Markdown."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from harness import PUBLISHED_HEADERS, Run, ShownPublished, summarise


def markdown(run: Run, published: ShownPublished = "agreeing") -> str:
    """The table, its notes, and where the numbers come from.

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
    parts = [table]
    if summary.notes:
        parts.append("\n".join(f"- {note}" for note in summary.notes))
    if apart := summary.published_texts():
        parts.append("Published under other conditions, and not to be compared without them:")
        parts.append(tabulate(_escaped(apart), PUBLISHED_HEADERS, "pipe", disable_numparse=True))
    if origin := _origin(run.provenance):
        parts.append(origin)
    return "\n\n".join(parts) + "\n"


def _escaped(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[text.replace("|", r"\|") for text in row] for row in rows]


def _origin(provenance: Mapping[str, Any]) -> str:
    """The command, and the versions and processor that it ran with."""
    lines = []
    if command := provenance.get("command"):
        lines.append(f"`{shlex.join(map(str, command))}`")
    facts = [f"{name} {version}" for name, version in provenance.get("versions", {}).items()]
    if processor := provenance.get("processor"):
        facts.append(str(processor))
    if facts:
        lines.append(", ".join(facts))
    return "\n\n".join(lines)
