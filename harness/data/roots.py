"""Where datasets lie: said by the user, never guessed from the current folder."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from harness.data.folders import dataset_root, subfolder
from harness.data.kept_roots import kept_roots
from harness.errors import DataError
from harness.plugin.registry import Registry
from harness.results.reference import Reference

VARIABLE = "HARNESS_DATA"
"""Environment variable: a folder with a folder per dataset, named after it."""

RootOrigin = Literal["flag", "environment", "configuration"]
"""Who says where a dataset lies, from the first that is asked to the last."""


@dataclass(frozen=True)
class Root:
    """Where a dataset lies.

    Attributes:
        folder: its absolute path.
        origin: who says so.
    """

    folder: Path
    origin: RootOrigin


@dataclass(frozen=True)
class Roots:
    """Folders of datasets.

    A dataset's own root goes first: ``mine[root=DIR]``, then ``--root mine=DIR``; then a folder
    of its name, in any case, below ``--data-root``; then one below that of the environment
    variable; then what the configuration says: that of the folder of work, and that of the user,
    see :mod:`harness.data.kept_roots`.

    Attributes:
        named: folder by dataset.
        base: a folder with a folder per dataset.
        configured: what the configuration says of both; None: nothing.
    """

    named: Mapping[str, Path] = field(default_factory=dict)
    base: Path | None = None
    configured: "Roots | None" = None

    def rooted(self, dataset: Reference, registry: Registry) -> Reference:
        """A dataset with the absolute path of its folder as ``root``, if it needs one.

        Raises:
            DataError: it needs a folder and has none; says how to give it.
            UsageError: the user's configuration cannot be understood.
        """
        if not needs_root(dataset, registry):
            return dataset
        root = self.find(dataset)
        if root is None:
            raise self.missing([(dataset, "")])
        return replace(dataset, parameters={**dataset.parameters, "root": str(root.folder)})

    def check(self, needed: Iterable[tuple[Reference, str]], registry: Registry) -> None:
        """See that the folders of datasets are known.

        Args:
            needed: datasets, and why each is needed; empty for one that the user named.
            registry: knows the plugins.

        Raises:
            DataError: some are not; names all of them, and says how to give them.
            UsageError: the user's configuration cannot be understood.
        """
        missing = [
            (dataset, why)
            for dataset, why in needed
            if needs_root(dataset, registry) and self.find(dataset) is None
        ]
        if missing:
            raise self.missing(missing)

    def missing(self, datasets: Iterable[tuple[Reference, str]]) -> DataError:
        """The error that names datasets without a folder, and why each is needed."""
        names = {dataset.name: why for dataset, why in datasets}
        listed = " and ".join(f"{name!r}{f', {why}' if why else ''}" for name, why in names.items())
        options = " ".join(f"--root {name}=DIR" for name in names)
        configured = self.configured.base if self.configured else None
        if base := self.base or os.environ.get(VARIABLE) or configured:
            hint = f"{_absolute(base)} holds no folder of that name: say {options}"
        else:
            hint = f"say {options}, or --data-root DIR for a folder that holds folders by name"
        keep = f"; to keep it: harness data path {next(iter(names))} DIR"
        return DataError(f"no folder is known for dataset {listed}; {hint}{keep}")

    def find(self, dataset: Reference) -> Root | None:
        """Where a dataset lies; None: nobody says.

        Raises:
            DataError: a folder that holds others cannot be read, or a home folder is unknown.
            UsageError: the user's configuration cannot be understood.
        """
        return next(self._places(dataset), None)

    def _places(self, dataset: Reference) -> Iterator[Root]:
        """Where a dataset may lie, the place that counts first; the rest is not looked for."""
        configured = self.configured or Roots()
        name = dataset.name
        if given := dataset.parameters.get("root") or self.named.get(name):
            yield Root(_absolute(str(given)), "flag")
        yield from _below(self.base, name, "flag")
        yield from _below(os.environ.get(VARIABLE), name, "environment")
        if named := configured.named.get(name):
            yield Root(_absolute(named), "configuration")
        yield from _below(configured.base, name, "configuration")
        if kept := kept_roots().get(name):
            yield Root(_absolute(kept), "configuration")


def needs_root(dataset: Reference, registry: Registry) -> bool:
    """Whether a dataset reads a folder that the user has."""
    return bool(getattr(registry.find("dataset", dataset.name).spec, "needs_root", False))


def _absolute(folder: str | Path) -> Path:
    return dataset_root(folder).absolute()


def _below(base: str | Path | None, name: str, origin: RootOrigin) -> Iterator[Root]:
    """The folder of a name, in any case, below another that somebody named; none without."""
    if base:
        folder = subfolder(_absolute(base), name)
        if folder != _absolute(base):
            yield Root(folder, origin)
