"""Cells as the gate compares them: what was measured, under which conditions, in plain values.

They are read from runs, from reports in JSON and from benchmarks, and written as baselines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from harness.results.columns import Column
from harness.results.jobs import DataReference, FitJob
from harness.results.names import WEIGHTS
from harness.results.records import CellRecord, FitRecord, ImageScore, Run, Score
from harness.results.reference import Reference
from harness.results.serial import dump_json
from harness.runs.kept import image_scores
from harness.specs import SUPERVISION

PARAMETER = "parameter "
"""Begins the name of a configuration's entry that is a parameter of the method."""

COMMIT = "commit of "
"""Begins the name of a condition that says which sources were measured."""


@dataclass(frozen=True, kw_only=True)
class GatedData:
    """A split of a dataset, as it is told from others.

    Attributes:
        fingerprint: digest of what it is made from.
        content: digest of its pixels; empty where that is not known.
    """

    fingerprint: str
    content: str = ""

    def is_same(self, other: "GatedData") -> bool:
        """It has the same pixels, whatever they were made from."""
        if self.content and other.content:
            return self.content == other.content
        return self.fingerprint == other.fingerprint


@dataclass(frozen=True, kw_only=True)
class GatedScore:
    """A score of a cell.

    Attributes:
        column: what the number means.
        value: the number; None where it is not available.
        spread: standard deviation over repeats, or over images.
        count: how many repeats or images.
        reason: why there is no number.
        data: digest of data on the machine that the number depends on, such as a trunk of LPIPS.
        images: the score of every image, by name; empty where that is not known.
    """

    column: Column
    value: float | None
    spread: float | None = None
    count: int = 0
    reason: str = ""
    data: str = ""
    images: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class GatedCell:
    """A method on a dataset, for one seed.

    Attributes:
        method: label of the method.
        dataset: what it is tested on, with the split unless it is ``test``; empty for a benchmark.
        trained: training data and budget in a few words; empty for a method that does not train.
        seed: of the fit.
        status: as of a record.
        error: why it is not done.
        configuration: what was asked for, by what it tells, such as ``parameter width``.
        data: what it was tested and trained on, by what it was for.
        weights: digest of the weights; empty for a method without.
        conditions: what was measured on and with; times depend on it.
        scenes: the scene of every image.
        scores: one per metric.
    """

    method: str
    dataset: str
    trained: str = ""
    seed: int = 0
    status: str = "done"
    error: str = ""
    configuration: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, GatedData] = field(default_factory=dict)
    weights: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    scenes: Mapping[str, str] = field(default_factory=dict)
    scores: tuple[GatedScore, ...] = ()

    @property
    def is_done(self) -> bool:
        """It has scores, whatever they are."""
        return self.status == "done"

    @property
    def trains(self) -> bool:
        """Its weights come from a fit, which another seed would change."""
        return "budget" in self.configuration


Cells = tuple[GatedCell, ...]
"""Those of a run, or of several: a cell per seed."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side of a comparison.

    Attributes:
        name: where it was read from.
        cells: a cell per seed.
    """

    name: str
    cells: Cells


@dataclass(frozen=True)
class Group:
    """The cells that differ in nothing but their seeds.

    Attributes:
        cells: at least one, by seed.
    """

    cells: tuple[GatedCell, ...]

    @property
    def first(self) -> GatedCell:
        """For all that the cells share."""
        return self.cells[0]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the cells."""
        return tuple(cell.seed for cell in self.cells)

    @property
    def failures(self) -> str:
        """How cells ended that are not done, and why; empty where all are."""
        undone = (cell for cell in self.cells if not cell.is_done)
        texts = (f"{c.status}: {c.error}" if c.error else c.status for c in undone)
        return "; ".join(dict.fromkeys(texts))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Selectors of the metrics, in order."""
        return tuple(
            dict.fromkeys(score.column.metric for cell in self.cells for score in cell.scores)
        )

    def scores(self, metric: str) -> list[GatedScore]:
        """The scores by a metric, of the cells that have it."""
        return [each for cell in self.cells for each in cell.scores if each.column.metric == metric]


def groups_of(cells: Sequence[GatedCell]) -> list[Group]:
    """Cells that differ in their seeds alone, together and in order of them."""
    found: dict[object, list[GatedCell]] = {}
    for cell in cells:
        key = (cell.method, cell.dataset, cell.trained, dump_json([cell.configuration, cell.data]))
        found.setdefault(key, []).append(cell)
    return [Group(tuple(sorted(same, key=lambda cell: cell.seed))) for same in found.values()]


def mean_of(scores: Sequence[GatedScore]) -> float | None:
    """The mean over seeds; None where one has no number."""
    values = [score.value for score in scores if score.value is not None]
    return fmean(values) if values and len(values) == len(scores) else None


def cells_of(run: Run) -> Cells:
    """The cells of a run, with the scores of their images where these are still there."""
    fits = {fit.key: fit for fit in run.fits}
    return tuple(
        gated(cell, fits.get(cell.job.fit.key) if cell.job.fit else None, image_scores(run, cell))
        for cell in run.cells
    )


def gated(cell: CellRecord, fit: FitRecord | None, images: Sequence[ImageScore]) -> GatedCell:
    """A cell as the gate compares it.

    Args:
        cell: its record.
        fit: record of the fit that gave its weights; None for none.
        images: the scores of its images; empty where these are not known.
    """
    job = cell.job
    return GatedCell(
        method=cell.method,
        dataset=job.data.titled + _split(cell.split, "test"),
        trained=_trained(cell),
        seed=cell.seed,
        status=cell.status,
        error=cell.error,
        configuration=dict(_configuration(cell)),
        data=_data(job.data, job.fit),
        weights=fit.files.get(WEIGHTS, "") if fit else job.weights_digest,
        conditions=_conditions(cell),
        scenes={each.image: each.scene for each in images},
        scores=tuple(_scores(cell, images)),
    )


def _trained(cell: CellRecord) -> str:
    fit = cell.job.fit
    data = fit.data.titled + _split(fit.data.split, "train") if fit else ""
    clean = f"clean {cell.clean}" if cell.clean else ""
    weights = f"weights {cell.weights}" if cell.weights else ""
    return ", ".join(filter(None, (data, clean, cell.budget, weights)))


def _split(split: str, usual: str) -> str:
    return "" if split in ("", usual) else f" ({split})"


def _configuration(cell: CellRecord) -> Iterator[tuple[str, str]]:
    """All that was asked for, but for data, metrics and the seed."""
    job = cell.job
    yield from _parameters(job.method)
    yield "supervision", SUPERVISION[job.view]
    yield "device", job.device
    yield "precision", job.precision
    if job.tile is not None:
        yield "tile", str(job.tile)
    if job.weights_digest:
        yield "pretrained weights", job.weights_digest
    if job.fit is not None:
        yield "budget", job.fit.budget
        yield "processes", str(job.fit.processes)
        yield "accumulate", str(job.fit.accumulate)
        yield "compile", str(job.fit.compile).lower()


def _parameters(reference: Reference, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every parameter, those of nested networks under the name of theirs."""
    for name, value in reference.parameters.items():
        if isinstance(value, Reference):
            yield f"{PARAMETER}{prefix}{name}", value.name
            yield from _parameters(value, f"{prefix}{name}.")
        else:
            yield (
                f"{PARAMETER}{prefix}{name}",
                value if isinstance(value, str) else dump_json(value),
            )


def _data(tested: DataReference, fit: FitJob | None) -> dict[str, GatedData]:
    used = {"test data": tested}
    if fit is not None:
        used["training data"] = fit.data
        if fit.clean is not None:
            used["clean images"] = fit.clean
    return {
        name: GatedData(fingerprint=data.fingerprint, content=data.content)
        for name, data in used.items()
    }


def _conditions(cell: CellRecord) -> dict[str, str]:
    """What the cell was measured on and with; nothing where its process could not say."""
    machine, job = cell.machine, cell.job
    if not machine.device:
        return {}
    return {
        "device": machine.device,
        "processor": machine.processor,
        "cores": str(machine.cores),
        "threads": str(machine.threads),
        **machine.settings,
        **job.libraries,
        **machine.versions,
        **{f"{COMMIT}{name}": str(commit) for name, commit in machine.commits.items()},
    }


def _scores(cell: CellRecord, images: Sequence[ImageScore]) -> Iterator[GatedScore]:
    """What was measured, and what should have been."""
    measured = {score.column.metric: score for score in cell.scores}
    asked = {metric.column.metric: metric for metric in cell.job.metrics}
    for metric in dict.fromkeys((*asked, *measured)):
        planned = asked.get(metric)
        missing = Score(column=planned.column, value=None, reason=cell.error) if planned else None
        score = measured.get(metric, missing)
        assert score is not None
        yield GatedScore(
            column=score.column,
            value=score.value,
            spread=score.spread,
            count=score.count,
            reason=score.reason,
            data=planned.data if planned else "",
            images={e.image: e.value for e in images if e.metric == metric and e.value is not None},
        )
