"""Published scores, put beside measured ones where they belong."""

from collections.abc import Iterable
from dataclasses import replace

from harness.plugin.registry import Registry
from harness.plugin.selector import parse_selector
from harness.results.columns import Column
from harness.results.jobs import CellJob
from harness.results.records import CellRecord, Score
from harness.results.reference import Reference
from harness.specs import MethodSpec, MetricSpec, Published, SuiteSpec

ITSELF = "itself"
"""What a published value says it was trained on, where that is the noisy test images."""


def with_published(record: CellRecord, registry: Registry) -> CellRecord:
    """Add to every score the value that the method's paper prints for it.

    Only where it can be compared: the method as its paper has it, on all of the paper's dataset,
    trained with the budget ``paper`` on all of the paper's training data, or not at all.
    """
    if record.budget not in ("", "paper") or record.job.weights or record.job.data.part:
        return record
    fitting = [
        value
        for value in published_on(record.job.data.dataset, record.job.method, registry)
        if _is_trained_alike(value, record.job, registry)
    ]
    scores = tuple(_beside(score, fitting, registry) for score in record.scores)
    return replace(record, scores=scores)


def published_on(
    dataset: Reference, method: Reference, registry: Registry
) -> tuple[Published, ...]:
    """What is published of a method on a dataset, whatever it was trained on there."""
    values = _values(method, registry)
    return tuple(value for value in values if _is_of(value.dataset, dataset, registry))


def _is_trained_alike(value: Published, job: CellJob, registry: Registry) -> bool:
    """Whether the fit has the training data that a value states; true without training."""
    fit = job.fit
    if fit is None:
        return True
    if value.trained_on == ITSELF or job.trained_on_itself:
        alike = value.trained_on == ITSELF and job.trained_on_itself
    else:
        alike = _is_of(value.trained_on, fit.data.dataset, registry) and not fit.data.part
    return alike and fit.clean is None


def _values(method: Reference, registry: Registry) -> tuple[Published, ...]:
    """What the method's spec, or a suite that has it as a variant, says."""
    values: list[Published] = []
    for entry in registry.entries("suite"):
        assert isinstance(entry.spec, SuiteSpec)
        values += entry.spec.published.get(method.label, ())
    spec = registry.find("method", method.name).spec
    if method.is_default and isinstance(spec, MethodSpec):
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


def _beside(score: Score, values: Iterable[Published], registry: Registry) -> Score:
    metric = parse_selector(score.metric).name
    for value in values:
        if value.metric == metric and score.protocol == _protocol(value, registry):
            return replace(score, published=value.value, source=value.stands)
    return score


def _protocol(value: Published, registry: Registry) -> str:
    """The protocol of a value: that which it states, or the metric's default."""
    if value.protocol is not None:
        return value.protocol
    metric = registry.choose("metric", value.metric)
    spec = registry.find("metric", metric.name).spec
    assert isinstance(spec, MetricSpec)
    return Column.of(spec, metric.label, metric.arguments()).protocol
