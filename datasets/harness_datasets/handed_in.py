"""What submissions of MATLAB files share: cells that are filled while they are written."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness import DataError, Denoised, write_with

Read = Callable[[], NDArray[Any]]
"""Reads an image as it is to be written."""


class _Later:
    """An image of a cell array that is read when it is written, so that few are in memory."""

    def __init__(self, read: Read) -> None:
        self.read = read

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.read(), dtype)


def cells(rows: Sequence[Sequence[Read]]) -> NDArray[np.object_]:
    """A cell array of images, which are read as it is written."""
    array = np.empty((len(rows), len(rows[0])), object)
    for place in np.ndindex(array.shape):
        array[place] = _Later(rows[place[0]][place[1]])
    return array


def write_matlab(path: Path, variables: Mapping[str, Any]) -> Path:
    """Write a MATLAB 5 file, whole or not at all; returns it."""
    write_with(path, partial(_write, variables=dict(variables)))
    return path


def _write(path: Path, variables: dict[str, Any]) -> None:
    from scipy.io import savemat  # SciPy takes long to import

    with path.open("wb") as file:
        savemat(file, variables)


def by_image(denoised: Sequence[Denoised]) -> list[list[Denoised]]:
    """Images by the photograph that they are cut from, which the first part of their name says.

    Raises:
        DataError: photographs have different numbers of them.
    """
    rows: dict[str, list[Denoised]] = {}
    for each in denoised:
        rows.setdefault(each.sample.name.rpartition("_")[0], []).append(each)
    lengths = {len(row) for row in rows.values()}
    if len(lengths) > 1:
        raise DataError(
            f"photographs have {' or '.join(map(str, sorted(lengths)))} images each; a submission "
            "is of the whole dataset"
        )
    return list(rows.values())
