"""Published scores, put beside measured ones where they belong, and apart where they do not."""

from collections.abc import Iterator
from dataclasses import replace

from harness.plugin.registry import Registry
from harness.plugin.selector import parse_selector
from harness.results.columns import Column
from harness.results.jobs import CellJob
from harness.results.records import CellRecord, PublishedScore, Run, Score
from harness.results.reference import Reference
from harness.specs import MethodSpec, MetricSpec, Published, ShownPublished, SuiteSpec

ITSELF = "itself"
"""What a published value says it was trained on, where that is the noisy test images."""

COMPARABLE = ("", "paper")
"""Budgets with which a method is as published: none, for it does not train; and the recipe."""


def with_published(record: CellRecord, registry: Registry) -> CellRecord:
    """Add what is published of the method on the dataset.

    A value stands beside a score where nothing keeps it from being compared: the method as its
    paper has it, on all of the paper's dataset, by the same protocol, trained with the budget
    ``paper`` on all of the paper's training data, or not at all. Every other stands apart, with
    what differs.
    """
    beside: dict[tuple[str, str], Published] = {}
    apart = []
    for value in published_on(record.job.data.dataset, record.job.method, registry):
        column = _column(value, registry)
        if differs := tuple(_differences(value, column.protocol, record, registry)):
            apart.append(
                PublishedScore(
                    score=column.header, value=value.value, source=value.stands, differs=differs
                )
            )
        else:
            beside.setdefault((value.metric, column.protocol), value)
    scores = tuple(_beside(score, beside.get(_kind(score))) for score in record.scores)
    return replace(record, scores=scores, published=tuple(dict.fromkeys(apart)))


def showing_published(run: Run, published: ShownPublished) -> Run:
    """The run as it is where a table shows none, some or all of the published values."""
    if published == "all":
        return run
    cells = (replace(cell, published=()) for cell in run.cells)
    if published == "none":
        cells = (
            replace(
                cell,
                scores=tuple(replace(score, published=None, source="") for score in cell.scores),
            )
            for cell in cells
        )
    return replace(run, cells=tuple(cells))


def published_on(
    dataset: Reference, method: Reference, registry: Registry
) -> tuple[Published, ...]:
    """What is published of a method on a dataset, however it was trained there."""
    metrics = {entry.spec.name for entry in registry.entries("metric")}
    return tuple(
        value
        for value in published_values(method, registry)
        if value.metric in metrics and _is_of(value.dataset, dataset, registry)
    )


def _differences(
    value: Published, protocol: str, record: CellRecord, registry: Registry
) -> Iterator[str]:
    """What keeps a value from being compared with what a cell measured, in a few words each."""
    if record.split != "test":
        yield f"here the split {record.split}"
    if record.job.data.scenes:
        yield f"here the {record.job.data.scenes_text} alone"
    elif record.job.data.part:
        yield f"here {record.job.data.part} images"
    if record.job.weights:
        yield f"here weights {record.weights}, of whose training nothing is known"
    elif record.job.fit:
        yield from _training_differences(value, record.job, registry)
    if record.budget not in COMPARABLE:
        yield f"trained as published, here {record.budget}"
    yield from _protocol_differences(value, protocol, record)


def _training_differences(value: Published, job: CellJob, registry: Registry) -> Iterator[str]:
    """How the training data of a fit differs from what a value states."""
    fit = job.fit
    assert fit is not None
    own = job.trained_on_itself
    if value.trained_on == ITSELF:
        alike = own
    else:
        is_part = fit.data.part or fit.data.scenes
        alike = not (own or is_part) and _is_of(value.trained_on, fit.data.dataset, registry)
    if not alike:
        yield f"{value.training}, here on {'its test images' if own else fit.data.marked}"
    if fit.clean:
        yield f"here with clean images of {fit.clean.label}"


def _protocol_differences(value: Published, protocol: str, record: CellRecord) -> Iterator[str]:
    """How the protocol of a value differs from those that were measured."""
    measured = [other for metric, other in map(_kind, record.scores) if metric == value.metric]
    if not measured:
        yield "not measured here"
    elif protocol not in measured:
        yield f"protocol {protocol}, here {', '.join(measured)}"


def published_values(method: Reference, registry: Registry) -> tuple[Published, ...]:
    """What the method's spec, or a suite that has it as a variant, says."""
    values: list[Published] = []
    for entry in registry.entries("suite"):
        assert isinstance(entry.spec, SuiteSpec)
        values += entry.spec.published.get(method.label, ())
    spec = registry.find("method", method.name).spec
    if method.label == method.name and isinstance(spec, MethodSpec):
        values += spec.published
    return tuple(values)


def _is_of(stated: str, dataset: Reference, registry: Registry) -> bool:
    """Whether a dataset is the stated one: it has all the parameters that are stated."""
    if stated.partition("[")[0] != dataset.name:  # words need be no selector
        return False
    selector = parse_selector(stated)
    meant = registry.choose("dataset", selector)
    return all(
        dataset.parameters.get(name) == meant.parameters[name] for name, _ in selector.arguments
    )


def _kind(score: Score) -> tuple[str, str]:
    """What two numbers must have in common to be of one kind: name of the metric, and protocol."""
    return parse_selector(score.metric).name, score.protocol


def _beside(score: Score, value: Published | None) -> Score:
    return replace(score, published=value.value, source=value.stands) if value else score


def _column(value: Published, registry: Registry) -> Column:
    """The column in which a value would stand: by the protocol it states, or the default."""
    metric = registry.choose("metric", value.metric)
    spec = registry.find("metric", metric.name).spec
    assert isinstance(spec, MetricSpec)
    column = Column.of(spec, metric.label, metric.arguments())
    return column if value.protocol is None else replace(column, protocol=value.protocol)
