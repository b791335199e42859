"""Every score of a run on a line of comma-separated values, with all that it depends on."""

import csv
import io
from collections.abc import Iterator, Mapping

from harness import CellRecord, Run, Score, ShownPublished, dump_json, showing_published
from harness_reports.csv_facts import FACTS, facts_of, number

_SCORE = (
    "seed",
    "metric",
    "label",
    "protocol",
    "unit",
    "value",
    "spread",
    "count",
    "scenes",
    "left_out",
    "reason",
    "details",
    "published",
    "source",
)
_CONDITIONS = (
    "measured",
    "reused",
    "host",
    "system",
    "device",
    "processor",
    "threads",
    "precision",
    "settings",
    "versions",
    "commits",
    "key",
)


def csv_scores(run: Run, published: ShownPublished = "agreeing") -> str:
    """A line per metric, seed, method and dataset: the score, and where, when and with what.

    Numbers have full precision, infinity is ``inf``, and a field is empty where there is no
    number; several things in one field are separated by semicolons, and ``details`` is JSON.

    Args:
        run: with its records.
        published: ``none`` leaves out the published values, which stand beside scores that can be
            compared with them.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*FACTS, *_SCORE, *_CONDITIONS])
    for cell in showing_published(run, published).cells:
        for score in cell.scores:
            writer.writerow([*facts_of(cell), *_of_score(cell, score), *_of_cell(cell)])
    return text.getvalue()


def _of_score(cell: CellRecord, score: Score) -> list[str]:
    return [
        str(cell.seed),
        score.metric,
        score.label,
        score.protocol,
        score.unit,
        number(score.value),
        number(score.spread),
        str(score.count),
        str(score.scenes),
        _pairs(score.left_out, ": "),
        score.reason,
        dump_json(score.details),
        number(score.published),
        score.source,
    ]


def _of_cell(cell: CellRecord) -> list[str]:
    machine = cell.machine
    return [
        cell.finished,
        str(cell.reused).lower(),
        machine.host,
        machine.system,
        machine.device,
        machine.processor,
        str(machine.threads),
        cell.job.precision,
        _pairs(machine.settings, ": "),
        _pairs({**machine.versions, **cell.job.libraries}, " "),
        "; ".join(_commits(cell)),
        cell.key,
    ]


def _commits(cell: CellRecord) -> Iterator[str]:
    """The commits in full, by package."""
    for package, state in cell.machine.commits.items():
        yield f"{package} {state.commit}{' (dirty)' if state.dirty else ''}"


def _pairs(texts: Mapping[str, str], between: str) -> str:
    return "; ".join(f"{name}{between}{text}" for name, text in texts.items())
