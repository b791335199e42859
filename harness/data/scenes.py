"""Splits by scene: part of the scenes of a dataset, so that no scene is trained and tested on."""

import hashlib
from collections.abc import Collection, Iterable, Sequence

from harness.data.dataset import Sample
from harness.errors import UsageError
from harness.util.text import cut, did_you_mean, some


def of_scenes(samples: Sequence[Sample], scenes: Collection[str]) -> Sequence[Sample]:
    """Those images of a split that show some scenes, in its order; all where no scene is given."""
    if not scenes:
        return samples
    return [sample for sample in samples if sample.scene in frozenset(scenes)]


def fingerprint_of_scenes(split: str, scenes: Iterable[str]) -> str:
    """The fingerprint of some scenes of a split; that of the split where no scene is given.

    Args:
        split: fingerprint of the whole split.
        scenes: their names.
    """
    names = sorted(scenes)
    return hashlib.sha256("\0".join([split, *names]).encode()).hexdigest() if names else split


def scenes_named(wanted: Iterable[str], samples: Sequence[Sample], dataset: str) -> tuple[str, ...]:
    """The scenes that names or groups stand for.

    Args:
        wanted: names of scenes, and groups such as ``phone=S6``, which stands for every scene of
            which an image belongs to the group.
        samples: the images of a split.
        dataset: what messages call it.

    Returns:
        Their names, in alphabetical order.

    Raises:
        UsageError: there is no such scene or group; says which is near.
    """
    return tuple(sorted({name for item in wanted for name in _named(item, samples, dataset)}))


def _named(item: str, samples: Sequence[Sample], dataset: str) -> set[str]:
    """The scenes that one name or group stands for."""
    scenes = {sample.scene for sample in samples}
    if item in scenes:
        return {item}
    group, equals, value = item.partition("=")
    if not equals:
        raise _unknown(f"dataset {dataset!r} has no scene {cut(item)!r}", item, scenes)
    groups = {name for sample in samples for name in sample.groups}
    if group not in groups:
        raise _unknown(f"the images of {dataset!r} have no group {cut(group)!r}", group, groups)
    values = {sample.groups[group] for sample in samples if group in sample.groups}
    if value not in values:
        raise _unknown(f"dataset {dataset!r} has no {group} {cut(value)!r}", value, values)
    return {sample.scene for sample in samples if sample.groups.get(group) == value}


def _unknown(problem: str, name: str, known: set[str]) -> UsageError:
    there = f"; there are {some(sorted(known), 10)}" if known else ""
    return UsageError(f"{problem}{did_you_mean(name, known) or there}")
