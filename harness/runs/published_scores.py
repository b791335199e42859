"""Published values, put beside measured ones where they belong."""

from collections.abc import Iterable
from dataclasses import replace

from harness.plugin.registry import Registry
from harness.plugin.selector import parse_selector
from harness.results.records import CellRecord, Score
from harness.specs import Published


def with_published(record: CellRecord, registry: Registry) -> CellRecord:
    """Add to every score the value that the method's paper prints for it.

    Only where it can be compared: the method as its paper has it, trained with the budget
    ``paper`` (or not at all), on the training data that the dataset names, not on test images.
    """
    as_published = record.budget in ("", "paper") and not record.trained_on_itself
    values = _values(record, registry)
    if not as_published or not values:
        return record
    fitting = [value for value in values if _is_of(value, record.dataset, registry)]
    return replace(record, scores=tuple(_beside(score, fitting) for score in record.scores))


def _values(record: CellRecord, registry: Registry) -> tuple[Published, ...]:
    """What the method's spec, or a suite that has it as a variant, says."""
    values: list[Published] = []
    for entry in registry.entries("suite"):
        values += entry.spec.published.get(record.method, ())  # type: ignore[attr-defined]
    if "[" not in record.method:
        values += registry.find("method", record.method).spec.published  # type: ignore[attr-defined]
    return tuple(values)


def _is_of(value: Published, dataset: str, registry: Registry) -> bool:
    """Whether a value belongs to a dataset: it has all the parameters that the value states."""
    if parse_selector(value.dataset).name != parse_selector(dataset).name:
        return False
    stated = registry.choose("dataset", value.dataset).given
    parameters = registry.choose("dataset", dataset).parameters()
    return all(parameters[name] == stated[name] for name in stated)


def _beside(score: Score, values: Iterable[Published]) -> Score:
    metric = parse_selector(score.metric).name
    for value in values:
        if value.metric == metric and value.protocol in (None, score.protocol):
            return replace(score, published=value.value, source=value.source)
    return score
