"""Folders that users name: found in any case, and said in one line where they cannot be read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import DataError


def dataset_root(root: str | Path) -> Path:
    """The folder that a user named, with ``~`` resolved.

    Raises:
        DataError: the home folder meant is unknown, or the name is not UTF-8.
    """
    check_name(Path(root))
    try:
        return Path(root).expanduser()
    except RuntimeError as error:
        raise DataError(f"cannot find the home folder in {root}; write the folder out") from error


def subfolder(root: Path, name: str) -> Path:
    """The folder ``name`` in ``root``, in any case, or ``root`` itself where there is none.

    Raises:
        DataError: ``root`` cannot be read.
    """
    with reading(root):
        if not root.is_dir():
            return root
        matches = [path for path in root.iterdir() if path.name.lower() == name.lower()]
        return next((path for path in sorted(matches) if path.is_dir()), root)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Say which folder it was that could not be read.

    Raises:
        DataError: it could not.
    """
    try:
        yield
    except OSError as error:
        raise DataError(f"cannot read images: {folder}: {error.strerror}") from error


def check_name(path: Path) -> None:
    """Refuse a name that cannot be written into a record or a table.

    Raises:
        DataError: it is not UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise DataError(f"cannot read {shown}: its name is not UTF-8; rename it") from error
