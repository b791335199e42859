"""What ``harness show`` says of the words and signs of the table."""

from collections.abc import Iterable, Sequence

from harness.cli import layout
from harness.plugin.registry import Registry
from harness.runs.legend import HIGHER, LEGEND, LOWER, Mark
from harness.specs import MetricSpec


def marks_text(marks: Iterable[Mark]) -> str:
    """Marks with their meanings, a row each."""
    return _section("in the table", ((mark.shown, mark.meaning) for mark in marks))


def table_text(registry: Registry) -> str:
    """All columns, marks and metrics of the table."""
    sections = [
        _section(where, ((mark.shown, mark.meaning) for mark in marks))
        for where, marks in LEGEND.items()
    ]
    specs = (entry.spec for entry in registry.entries("metric"))
    metrics = [spec for spec in specs if isinstance(spec, MetricSpec)]
    return "\n\n".join(
        [
            *sections,
            _section(
                "metrics (harness show METRIC says what a protocol is)",
                (
                    (spec.name, _head(spec), spec.summary)
                    for spec in metrics
                    if isinstance(spec, MetricSpec)
                ),
            ),
        ]
    )


def _head(spec: MetricSpec) -> str:
    unit = f" [{spec.unit}]" if spec.unit else ""
    arrow = f" {HIGHER() if spec.higher_is_better else LOWER()}" if spec.ranks else ""
    return f"{spec.label}{unit}{arrow}"


def _section(title: str, rows: Iterable[Sequence[str]]) -> str:
    return f"{title}\n{layout.table(['', *row] for row in rows)}"
