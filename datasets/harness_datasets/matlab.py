"""Variables of MATLAB files, of version 5 and of 7.3, read whole, in part, or their shape alone.

What a file holds is checked as far as the format can tell. Compressed variables carry checksums;
of numbers that lie plain in a file, a changed one cannot be told from the right one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import h5py
import numpy as np
from numpy.typing import NDArray

from harness import DataError
from harness_datasets import matlab5, matlab73
from harness_datasets.matlab5 import Value as Value


def find_file(folder: Path, name: str) -> Path:
    """The file of a name, in any case, in a folder.

    Raises:
        DataError: it is not there, or the folder cannot be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.name.lower() == name.lower())
    except OSError as error:
        raise DataError(f"cannot read images: {folder}: {error.strerror}") from error
    if not found:
        raise DataError(f"no file {name} in {folder}")
    return found[0]


class _Version(Protocol):
    """Reads files of one version; raises whatever its library does."""

    def read_variable(self, path: Path, name: str) -> Value: ...

    def read_shape(self, path: Path, name: str) -> tuple[tuple[int, ...], str]: ...

    def read_part(self, path: Path, name: str, part: tuple[slice, ...]) -> NDArray[np.generic]: ...


def read_variable(path: Path, name: str) -> Value:
    """Read a variable.

    Args:
        path: the file.
        name: of the variable; ``a.b`` is the field ``b`` of the struct ``a``.

    Returns:
        Numbers as an array with MATLAB's axes, in MATLAB's order in memory, which is part of the
        mapped file where it lies there plain (version 5); text; a struct as a dictionary; a cell
        array as an array of objects, and so each field of an array of structs.

    Raises:
        DataError: the file or the variable is missing, damaged, or of no such kind; one line.
    """
    with _in_one_line(path, name):
        return _version_of(path).read_variable(path, name)


def read_shape(path: Path, name: str, types: tuple[str, ...], axes: int) -> tuple[int, ...]:
    """Read the shape of an array of numbers, and none of them.

    Args:
        path: the file.
        name: of the variable.
        types: those that the numbers may have, as NumPy names them.
        axes: how many the array must have; MATLAB leaves out last ones of size 1.

    Raises:
        DataError: as :func:`read_variable`, or the array is of another type or has other axes.
    """
    with _in_one_line(path, name):
        shape, number = _version_of(path).read_shape(path, name)
        if number not in types or len(shape) != axes:
            raise ValueError(
                f"it is {number} of {'x'.join(map(str, shape))}, not {' or '.join(types)} of "
                f"{axes} axes"
            )
        return shape


def read_part(path: Path, name: str, part: tuple[slice, ...]) -> NDArray[np.generic]:
    """Read part of an array of numbers, and no more of a file of version 7.3 than it must.

    Args:
        path: the file.
        name: of the variable.
        part: from where to where, one slice for each axis.

    Raises:
        DataError: as :func:`read_variable`, or the array ends before the part does.
    """
    with _in_one_line(path, name):
        version = _version_of(path)
        shape, _ = version.read_shape(path, name)
        if len(part) != len(shape) or any(
            not 0 <= each.start < each.stop <= size for each, size in zip(part, shape, strict=True)
        ):
            wanted = ", ".join(f"{each.start} to {each.stop}" for each in part)
            raise ValueError(f"{wanted} is not within {'x'.join(map(str, shape))}")
        return version.read_part(path, name, part)


def _version_of(path: Path) -> _Version:
    """The module that reads files of the version of a file."""
    with path.open("rb") as file:
        if matlab5.is_matlab_5(file.read(128)):
            return matlab5
    if h5py.is_hdf5(path):
        return matlab73
    raise ValueError("it is no MATLAB file of version 5 or 7.3, or is damaged")


@contextmanager
def _in_one_line(path: Path, name: str) -> Iterator[None]:
    """Say of which variable and which file whatever fails could not be read.

    Raises:
        DataError: it could not.
    """
    try:
        yield
    except Exception as error:
        strerror = error.strerror if isinstance(error, OSError) else None
        reason = strerror or " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"cannot read {name} in {path}: {reason}") from error
