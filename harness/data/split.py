"""Opens a split of a dataset that was chosen by name."""

from collections.abc import Sequence

from harness.data.dataset import Sample
from harness.data.roots import Roots
from harness.errors import UsageError
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import DatasetSpec


def open_split(
    registry: Registry, dataset: Reference, split: str, roots: Roots | None = None
) -> Sequence[Sample]:
    """The images of a split, made or fetched if they must be; none is read yet.

    Args:
        registry: where the dataset was chosen.
        dataset: from :meth:`Registry.choose`.
        split: ``train`` or ``test``.
        roots: where datasets lie; None: only what the environment says.

    Raises:
        UsageError: the dataset has no such split.
        DataError: it needs a root and has none, or its images are missing.
    """
    spec = registry.find("dataset", dataset.name).spec
    assert isinstance(spec, DatasetSpec)
    if split not in spec.splits:
        raise UsageError(
            f"dataset {dataset.name!r} has no split {split!r}; it has {', '.join(spec.splits)}"
        )
    opened = registry.build((roots or Roots()).rooted(dataset, registry))
    opened.prepare()
    samples: Sequence[Sample] = opened.samples(split)
    return samples
