"""Where datasets lie: said by the user, never guessed from the current folder."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.data.folders import dataset_root, subfolder
from harness.errors import DataError
from harness.plugin.registry import Registry
from harness.results.reference import Reference

VARIABLE = "HARNESS_DATA"
"""Environment variable: a folder with a folder per dataset, named after it."""


@dataclass(frozen=True)
class Roots:
    """Folders of datasets.

    A dataset's own root goes first: ``mine[root=DIR]``, then ``--root mine=DIR``; then a folder
    of its name, in any case, below ``--data-root``, or below that of the environment variable.

    Attributes:
        named: folder by dataset.
        base: a folder with a folder per dataset; None: taken from ``HARNESS_DATA``.
    """

    named: Mapping[str, Path] = field(default_factory=dict)
    base: Path | None = None

    def rooted(self, dataset: Reference, registry: Registry) -> Reference:
        """A dataset with the absolute path of its folder as ``root``, if it needs one.

        Raises:
            DataError: it needs a folder and has none; says how to give it.
        """
        if not _needs_root(dataset, registry):
            return dataset
        root = self._find(dataset)
        if root is None:
            raise self.missing([(dataset, "")])
        return replace(dataset, parameters={**dataset.parameters, "root": str(root)})

    def check(self, needed: Iterable[tuple[Reference, str]], registry: Registry) -> None:
        """See that the folders of datasets are known.

        Args:
            needed: datasets, and why each is needed; empty for one that the user named.
            registry: knows the plugins.

        Raises:
            DataError: some are not; names all of them, and says how to give them.
        """
        missing = [
            (dataset, why)
            for dataset, why in needed
            if _needs_root(dataset, registry) and self._find(dataset) is None
        ]
        if missing:
            raise self.missing(missing)

    def missing(self, datasets: Iterable[tuple[Reference, str]]) -> DataError:
        """The error that names datasets without a folder, and why each is needed."""
        names = {dataset.name: why for dataset, why in datasets}
        listed = " and ".join(f"{name!r}{f', {why}' if why else ''}" for name, why in names.items())
        options = " ".join(f"--root {name}=DIR" for name in names)
        if self._base:
            hint = f"{self._base} holds no folder of that name: say {options}"
        else:
            hint = f"say {options}, or --data-root DIR for a folder that holds folders by name"
        return DataError(f"no folder is known for dataset {listed}; {hint}")

    @property
    def _base(self) -> Path | None:
        base = self.base or os.environ.get(VARIABLE)
        return dataset_root(base).absolute() if base else None

    def _find(self, dataset: Reference) -> Path | None:
        given = dataset.parameters.get("root") or self.named.get(dataset.name)
        if given:
            return dataset_root(str(given)).absolute()
        if self._base is None:
            return None
        folder = subfolder(self._base, dataset.name)
        return None if folder == self._base else folder


def _needs_root(dataset: Reference, registry: Registry) -> bool:
    return bool(getattr(registry.find("dataset", dataset.name).spec, "needs_root", False))
