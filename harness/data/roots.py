"""Where datasets lie: said by the user, never guessed from the current folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.data.image_folder import dataset_root, subfolder
from harness.errors import DataError
from harness.plugin.registry import Choice
from harness.specs import Value

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

    def parameters(self, dataset: Choice) -> dict[str, Value]:
        """All parameters of a dataset, with an absolute ``root`` if it needs one.

        Raises:
            DataError: it needs a root and has none; says how to give it.
        """
        parameters = dataset.parameters()
        if dataset.spec.needs_root:
            parameters["root"] = str(self._root(dataset))
        return parameters

    def _root(self, dataset: Choice) -> Path:
        given = dataset.given.get("root") or self.named.get(dataset.name)
        if given:
            return dataset_root(str(given)).absolute()
        base = self.base or os.environ.get(VARIABLE)
        if base:
            base = dataset_root(base).absolute()
            folder = subfolder(base, dataset.name)
            if folder != base:
                return folder
            raise DataError(
                f"dataset {dataset.name!r} needs its folder, and there is none of that name in "
                f"{base}: say --root {dataset.name}=DIR"
            )
        raise DataError(
            f"dataset {dataset.name!r} needs its folder: say --root {dataset.name}=DIR, or "
            f"--data-root DIR for one that holds a folder {dataset.name!r}"
        )
