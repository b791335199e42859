"""A comparison for people: the fields of its table, and Markdown for a code host."""

import math
from collections.abc import Iterable, Sequence

from tabulate import tabulate

from harness.gate.changes import Change
from harness.gate.rules import Verdict
from harness.gate.verdicts import Finding, Outcome

HEADERS = ("cell", "metric", "base", "now", "change", "verdict", "why")
"""The head of the table of findings."""

SUMMARY_BYTES = 900_000
"""A summary of GitHub's may hold 1024 KiB in all, and is thrown away if it holds more."""

_SIGNS: dict[Verdict, str] = {
    "same": "=",
    "better": "▲",
    "worse": "▼",
    "new": "+",
    "missing": "✗",
    "failed": "✗",
    "fixed": "▲",
    "incomparable": "≠",
    "acknowledged": "✓",
}
_NOTHING = "–"


def fields_of(finding: Finding) -> list[str]:
    """A text for each of :data:`HEADERS`."""
    column, change = finding.column, finding.change
    return [
        finding.cell,
        column.pointed_header if column else _NOTHING,
        column.format(change.base) if column and change else _NOTHING,
        column.format(change.current) if column and change else _NOTHING,
        _change(finding, change) if change else _NOTHING,
        f"{_SIGNS[finding.verdict]} {finding.verdict}",
        finding.reason,
    ]


def message_of(finding: Finding) -> str:
    """What became of a score, in a line: ``PSNR (8bit) worse: 30.10 → 29.50, -0.600``."""
    _, _, base, now, change, *_ = fields_of(finding)
    what = finding.column.title if finding.column else "the cell"
    numbers = f"{base} → {now}, {change}" if finding.change else ""
    text = "; ".join(filter(None, (numbers, finding.reason)))
    return f"{what} {finding.verdict}{f': {text}' if text else ''}"


def lines_of(findings: Iterable[Finding]) -> list[str]:
    """A line per finding, with its cell."""
    return [f"{finding.cell}: {message_of(finding)}" for finding in findings]


def failing_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order, those that fail before the others."""
    return sorted(findings, key=lambda finding: not finding.fails)


def markdown(outcome: Outcome, longest: int = SUMMARY_BYTES) -> str:
    """A comparison in Markdown: what fails in the open, all of it folded away.

    Args:
        outcome: of the comparison.
        longest: bytes that there is room for; where they do not hold all, the end says so.
    """
    failing = outcome.failing
    parts = [
        f"### {'❌' if outcome.exit_code else '✅'} {_escaped(outcome.sentence)}",
        f"{_code(outcome.current)} compared with {_code(outcome.base)}.",
    ]
    if failing:
        parts.append(_table(HEADERS, map(fields_of, failing)))
    parts += [f"- {_escaped(note)}" for note in outcome.notes]
    if outcome.provenance:
        parts.append(_table(("measured with", "base", "now"), outcome.provenance))
    head = "\n\n".join(parts) + "\n"
    whole = _table(HEADERS, map(fields_of, failing_first(outcome.findings)))
    count = len(outcome.findings)
    folded = f"\n<details><summary>All {count} comparisons</summary>\n\n{whole}\n\n</details>\n"
    if _bytes(head) + _bytes(folded) <= longest:
        return head + folded
    return _cut(head, longest)


def _change(finding: Finding, change: Change) -> str:
    """The change with its interval or spread: ``-0.31 [-0.40, -0.22]``, ``x1.52 ± 0.03``."""
    assert finding.column is not None
    if change.rule in ("timing", "exact"):
        spread = "" if change.spread is None else f" ± {change.change * change.spread:.2f}"
        return f"×{change.change:.2f}{spread}"
    digits = finding.column.decimals + 1
    numbers = (change.change, *(change.interval or ()))
    texts = [_signed(number, digits) for number in numbers]
    return f"{texts[0]} [{texts[1]}, {texts[2]}]" if change.interval else texts[0]


def _signed(number: float, digits: int) -> str:
    if math.isinf(number):
        return "+∞" if number > 0 else "-∞"
    return f"{number:+.{digits}f}"


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    escaped = [[_escaped(text) for text in row] for row in rows]
    return tabulate(escaped, headers, "pipe", disable_numparse=True)


def _escaped(text: str) -> str:
    """Text that Markdown and the HTML in it show as it is, on one line."""
    for sign in ("\\", "|", "`", "*", "_", "[", "]"):
        text = text.replace(sign, f"\\{sign}")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(text.split())


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def _cut(text: str, longest: int) -> str:
    """The first lines of a text, and that there are more."""
    note = "\n\nThere is no room for the rest: it is in the file that `--json` writes.\n"
    room = longest - _bytes(note)
    kept: list[str] = []
    for line in text.splitlines():
        room -= _bytes(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(kept) + note


def _bytes(text: str) -> int:
    return len(text.encode())
