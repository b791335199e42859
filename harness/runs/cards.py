"""Method cards: what the specs say of the methods of a run, and what its records know of them."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import HarnessError, UnknownNameError
from harness.plugin.claims import claim_of
from harness.plugin.registry import Registry, active_registry
from harness.results.records import CellRecord, FitRecord, Run, Score
from harness.runs.published_scores import published_values
from harness.runs.standings import group_of
from harness.runs.table import Row, summarise
from harness.specs import MethodSpec, Published


@dataclass(frozen=True)
class MethodCard:
    """What there is to know of a method.

    Attributes:
        method: its label.
        summary: one line; empty where its plugin is not installed any more.
        facts: names and texts, such as ``supervision`` and ``self-supervised``.
        paragraphs: the notes of its spec: assumptions, choices, deviations.
        published: what its paper, and papers on it, print.
    """

    method: str
    summary: str
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()


def method_cards(run: Run, registry: Registry | None = None) -> tuple[MethodCard, ...]:
    """A card for every method of a run, in the order of the plan.

    Args:
        run: with its records.
        registry: the plugins; None: those loaded last.
    """
    registry = registry or active_registry()
    rows: dict[str, list[Row]] = {}
    for row in summarise(run).rows:
        rows.setdefault(row.method, []).append(row)
    fits = {fit.key: fit for fit in run.fits}
    return tuple(_card(those, fits, registry) for those in rows.values())


def _card(rows: list[Row], fits: dict[str, FitRecord], registry: Registry) -> MethodCard:
    cells = [cell for row in rows for cell in row.cells]
    cell = next((each for each in cells if each.status == "done"), cells[0])
    spec = _spec(cell, registry)
    facts = [
        ("paper", spec.paper if spec else ""),
        ("assumes of the noise", spec.assumes if spec else ""),
        ("blind neighbourhood", _blind(cell, registry) if spec else ""),
        ("licence", spec.licence if spec else ""),
        ("supervision", group_of(rows[0])),
        ("training saw", "; ".join(dict.fromkeys(_saw(each) for each in cells))),
        ("plugin", f"{cell.job.method.plugin} {cell.job.method.version}".strip()),
        ("stages", "; ".join(dict.fromkeys(_stages(cells, fits)))),
        ("parameters trained", _count(rows[0].trained_parameters)),
        *dict.fromkeys(_costs(cells)),
        ("set by the budget quick", _narrowed(cell)),
    ]
    return MethodCard(
        method=cell.method,
        summary=spec.summary if spec else "",
        facts=tuple((name, text) for name, text in facts if text),
        paragraphs=tuple(inspect.cleandoc(spec.notes).split("\n\n")) if spec and spec.notes else (),
        published=published_values(cell.job.method, registry) if spec else (),
    )


def _spec(cell: CellRecord, registry: Registry) -> MethodSpec | None:
    """What the method says of itself; None where its plugin is not there any more."""
    try:
        spec = registry.find("method", cell.job.method.name).spec
    except UnknownNameError:
        return None
    assert isinstance(spec, MethodSpec)
    return spec


def _blind(cell: CellRecord, registry: Registry) -> str:
    """What the method says that it does not see in training."""
    try:
        claim = claim_of(registry, cell.job.method)
    except (KeyError, HarnessError):  # the record is older than a parameter, or a network is gone
        return ""
    return f"{claim.text} in training, claimed" if claim else ""


def _saw(cell: CellRecord) -> str:
    """The training data of a cell, in words."""
    fit = cell.job.fit
    if not fit:
        return f"what is behind {cell.weights}" if cell.weights else ""
    words = {"noisy": "noisy images", "unpaired": "noisy and other clean images", "pairs": "pairs"}
    clean = f", with clean images of {cell.clean}" if cell.clean else ""
    return f"{words[cell.view]} of {fit.data.titled} ({fit.data.split}){clean}, {cell.budget}"


def _stages(cells: list[CellRecord], fits: dict[str, FitRecord]) -> Iterator[str]:
    """What each stage of the first seed did."""
    for cell in cells:
        fit = fits.get(cell.job.fit.key) if cell.job.fit else None
        if fit and fit.stages:
            yield ", ".join(
                f"{stage.name} {stage.iterations:,} iterations in {stage.seconds:.0f} s"
                for stage in fit.stages
            )
            return


def _costs(cells: list[CellRecord]) -> Iterator[tuple[str, str]]:
    """Time, memory, parameters and the like, as the first cell that has them measured them."""
    scores: dict[str, Score] = {}
    for score in (score for cell in cells for score in cell.scores):
        if score.column.measures == "method" and score.value is not None:
            scores.setdefault(score.column.header, score)
    for score in scores.values():
        unit = f" {score.unit}" if score.unit else ""
        assert score.value is not None
        yield score.column.title, f"{score.column.format(score.value)}{unit}"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _narrowed(cell: CellRecord) -> str:
    return ", ".join(f"{name}={text}" for name, text in cell.narrowed.items())
