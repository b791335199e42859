"""The table of a run in Markdown."""

import shlex
from collections.abc import Mapping
from typing import Any

from tabulate import tabulate

from harness import Run, summarise


def markdown(run: Run) -> str:
    """The table, its notes, and where the numbers come from."""
    summary = summarise(run)
    headers = summary.headers()
    first_number = len(headers) - len(summary.columns)
    table = tabulate(
        [[text.replace("|", r"\|") for text in row] for row in summary.texts()],
        headers,
        tablefmt="pipe",
        disable_numparse=True,
        colalign=["left"] * first_number + ["right"] * len(summary.columns),
    )
    parts = [table]
    if summary.notes:
        parts.append("\n".join(f"- {note}" for note in summary.notes))
    if origin := _origin(run.provenance):
        parts.append(origin)
    return "\n\n".join(parts) + "\n"


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
