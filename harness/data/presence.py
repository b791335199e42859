"""Which datasets are here, how much of each, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from harness.data.dataset import Dataset
from harness.data.prepared import INDEX, NOISY, store_folder
from harness.data.roots import Root, RootOrigin, Roots, needs_root
from harness.errors import DataError, HarnessError, PluginError
from harness.plugin.blame import one_line_with_place
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import DatasetSpec

Presence = Literal["here", "partial", "not here", "needs nothing", "unusable"]
"""``partial``: less, or more, than the dataset holds; ``unusable``: its plugin fails."""


@dataclass(frozen=True, kw_only=True)
class DatasetState:
    """What there is of a dataset on this machine.

    Attributes:
        name: of the dataset.
        state: whether it is here.
        images: how many are here of the test split, or the first; None where that is unknown.
        expected: how many there should be; None where any number is as good.
        folder: where it lies; None where nobody says, or it needs none.
        origin: who says so; empty where nobody does.
        problem: why it is not here, or unusable.
        prepared: splits that have a store.
        interrupted: splits whose preparation was begun, and not ended.
    """

    name: str
    state: Presence
    images: int | None = None
    expected: int | None = None
    folder: Path | None = None
    origin: RootOrigin | Literal[""] = ""
    problem: str = ""
    prepared: tuple[str, ...] = ()
    interrupted: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The state, with numbers where it is partial."""
        if self.state == "partial":
            return f"partial ({self.images} of {self.expected})"
        return self.state


def counted_split(splits: Sequence[str]) -> str:
    """The split whose images tell whether a dataset is whole."""
    return "test" if "test" in splits else splits[0]


def states(registry: Registry, roots: Roots) -> list[DatasetState]:
    """What there is of every dataset; no pixel is read."""
    names = [entry.spec.name for entry in registry.entries("dataset")]
    return [_state(registry, name, roots) for name in names]


def state_of_dataset(registry: Registry, dataset: Reference, roots: Roots) -> DatasetState:
    """What there is of a dataset; no pixel is read.

    Raises:
        UsageError: the user's configuration cannot be understood.
    """
    spec = registry.find("dataset", dataset.name).spec
    assert isinstance(spec, DatasetSpec)
    needed = needs_root(dataset, registry)
    root = roots.find(dataset) if needed else None
    if needed and root is None:
        return DatasetState(name=dataset.name, state="not here", problem="no folder is known")
    return _looked_at(registry, dataset, spec.splits, root, needed)


def _state(registry: Registry, name: str, roots: Roots) -> DatasetState:
    """What there is of a dataset as its parameters are by default."""
    try:
        return state_of_dataset(registry, registry.choose("dataset", name), roots)
    except DataError as error:
        return DatasetState(name=name, state="not here", problem=str(error))
    except PluginError as error:
        return DatasetState(name=name, state="unusable", problem=str(error))


def _looked_at(
    registry: Registry, dataset: Reference, splits: Sequence[str], root: Root | None, needed: bool
) -> DatasetState:
    """What there is of a dataset whose folder is known, or that needs none."""
    rooted = dataset
    if root:
        rooted = replace(dataset, parameters={**dataset.parameters, "root": str(root.folder)})
    state: Presence = "here" if needed else "needs nothing"
    images = expected = None
    problem = ""
    try:
        made: Dataset = registry.build(rooted)
        images, expected = len(made.samples(counted_split(splits))), made.expected
        if expected not in (None, images):
            state = "partial"
    except HarnessError as error:
        state, problem = "not here", str(error)
    except (Exception, SystemExit) as error:  # of a plugin
        state, problem = "unusable", one_line_with_place(error)
    folders = {split: store_folder(dataset, split) for split in splits}
    whole = tuple(split for split, folder in folders.items() if (folder / INDEX).is_file())
    return DatasetState(
        name=dataset.name,
        state=state,
        images=images,
        expected=expected,
        folder=root.folder if root else None,
        origin=root.origin if root else "",
        problem=problem,
        prepared=whole,
        interrupted=tuple(
            split
            for split, folder in folders.items()
            if split not in whole and (folder / NOISY).is_file()
        ),
    )
