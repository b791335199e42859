"""Opens a split of a dataset that was chosen by name."""

from collections.abc import Sequence

from harness.data.dataset import Sample
from harness.data.roots import Roots
from harness.errors import UsageError
from harness.plugin.registry import Choice, Registry


def open_split(
    registry: Registry, dataset: Choice, split: str, roots: Roots | None = None
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
    splits = dataset.spec.splits
    if split not in splits:
        raise UsageError(
            f"dataset {dataset.name!r} has no split {split!r}; it has {', '.join(splits)}"
        )
    opened = registry.load(dataset)(**(roots or Roots()).parameters(dataset))
    opened.prepare()
    samples: Sequence[Sample] = opened.samples(split)
    return samples
