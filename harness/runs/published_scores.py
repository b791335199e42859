"""Published scores, put beside measured ones where they belong."""

from collections.abc import Iterable
from dataclasses import replace

from harness.plugin.registry import Registry
from harness.plugin.selector import parse_selector
from harness.results.records import CellRecord, Score
from harness.results.reference import Reference
from harness.specs import MethodSpec, Published, SuiteSpec


def with_published(record: CellRecord, registry: Registry) -> CellRecord:
    """Add to every score the value that the method's paper prints for it.

    Only where it can be compared: the method as its paper has it, trained with the budget
    ``paper`` (or not at all), on the training data that the dataset names, not on test images.
    """
    as_published = record.budget in ("", "paper") and not record.job.trained_on_itself
    values = _values(record.job.method, registry) if as_published else ()
    if not values:
        return record
    fitting = [value for value in values if _is_of(value, record.job.data.dataset, registry)]
    return replace(record, scores=tuple(_beside(score, fitting) for score in record.scores))


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


def _is_of(value: Published, dataset: Reference, registry: Registry) -> bool:
    """Whether a value belongs to a dataset: it has all the parameters that the value states."""
    selector = parse_selector(value.dataset)
    if selector.name != dataset.name:
        return False
    meant = registry.choose("dataset", selector)
    return all(
        dataset.parameters.get(name) == meant.parameters[name] for name, _ in selector.arguments
    )


def _beside(score: Score, values: Iterable[Published]) -> Score:
    metric = parse_selector(score.metric).name
    for value in values:
        if value.metric == metric and value.protocol in (None, score.column.protocol):
            return replace(score, published=value.value, source=value.source)
    return score
