"""Every score of a run as a row: the schema that CSV and JSON share, see docs/reports.md."""

from collections.abc import Iterator, Mapping, Sequence

from harness import (
    CellRecord,
    ImageScore,
    Run,
    Score,
    ShownPublished,
    dump_json,
    image_scores,
    showing_published,
)
from harness_reports.facts import FACTS, Field, facts_of

LONG_SCHEMA = 1
"""Version of the schema: raised when a column changes its meaning, its name or its place; columns
that are added at the end leave it."""

_SCORE = (
    "seed",
    "level",
    "image",
    "scene",
    "metric",
    "label",
    "protocol",
    "unit",
    "higher_is_better",
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
    "status",
    "error",
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
COLUMNS = ("schema", *FACTS, *_SCORE, *_CONDITIONS)
"""The name of every field of a row, in order."""


def rows_of(run: Run, published: ShownPublished = "agreeing") -> Iterator[list[Field]]:
    """A row for every score of every cell, followed by those of its images.

    A cell without any score has one row that says how it ended.

    Args:
        run: with its records.
        published: ``none`` leaves out the published values, which stand beside scores that can be
            compared with them.

    Yields:
        As many fields as there are :data:`COLUMNS`.
    """
    for cell in showing_published(run, published).cells:
        columns = {score.metric: score for score in cell.scores}
        facts, conditions = facts_of(cell), _conditions(cell)
        for score in cell.scores or (None,):
            yield [LONG_SCHEMA, *facts, *_of_cell(cell, score), *conditions]
        for image in image_scores(run, cell):
            if image.metric in columns:
                own = _of_image(cell, columns[image.metric], image)
                yield [LONG_SCHEMA, *facts, *own, *_key_alone(cell)]


def _of_cell(cell: CellRecord, score: Score | None) -> Sequence[Field]:
    """The fields of :data:`_SCORE` for the score of a cell."""
    if score is None:
        return [cell.seed, "cell", *[None] * (len(_SCORE) - 2)]
    return [
        cell.seed,
        "cell",
        None,
        None,
        *_meaning(score),
        score.value,
        score.spread,
        score.count,
        score.scenes,
        _pairs(score.left_out, ": "),
        score.reason,
        dump_json(score.details),
        score.published,
        score.source,
    ]


def _of_image(cell: CellRecord, score: Score, image: ImageScore) -> Sequence[Field]:
    """The fields of :data:`_SCORE` for the score of an image."""
    start = [cell.seed, "image", image.image, image.scene, *_meaning(score), image.value]
    reason = len(start) + 4  # spread, count, scenes and left_out are those of many images
    rest = [None] * (len(_SCORE) - reason - 1)
    return [*start, None, None, None, None, image.reason, *rest]


def _meaning(score: Score) -> Sequence[Field]:
    return [
        score.metric,
        score.label,
        score.protocol,
        score.unit,
        score.column.higher_is_better,
    ]


def _conditions(cell: CellRecord) -> Sequence[Field]:
    """How the cell ended; where, when and with what it was measured."""
    machine = cell.machine
    return [
        cell.status,
        cell.error,
        cell.finished,
        cell.reused,
        machine.host,
        machine.system,
        machine.device,
        machine.processor,
        machine.threads,
        cell.job.precision,
        _pairs(machine.settings, ": "),
        _pairs({**machine.versions, **cell.job.libraries}, " "),
        "; ".join(_commits(cell)),
        cell.key,
    ]


def _key_alone(cell: CellRecord) -> Sequence[Field]:
    """The key, by which an image's row finds the conditions in the row of its cell."""
    return [*[None] * (len(_CONDITIONS) - 1), cell.key]


def _commits(cell: CellRecord) -> Iterator[str]:
    """The commits in full, by package."""
    for package, state in cell.machine.commits.items():
        yield f"{package} {state.commit}{' (dirty)' if state.dirty else ''}"


def _pairs(texts: Mapping[str, str], between: str) -> str:
    return "; ".join(f"{name}{between}{text}" for name, text in texts.items())
