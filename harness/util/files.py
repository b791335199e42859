"""Files that are whole or not there: written to a temporary name, then renamed."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape
from io import BufferedWriter, FileIO, UnsupportedOperation
from pathlib import Path

from harness.errors import DiskFullError
from harness.util.text import whole_number

DAMAGED = ".damaged-"
"""In the name of a file that was set aside."""

_PART = ".part"
"""What the name of a file ends in while it is written, behind the id of the process."""


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8; raises as :func:`write_with`."""
    write_with(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically; raises as :func:`write_with`."""
    write_with(path, lambda temporary: temporary.write_bytes(content))


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file atomically.

    Args:
        path: the file; its folder is made if need be.
        write: writes the content to the path that it is given, with the means of Python: libraries
            that open files themselves do not say that a disk is full, see :class:`CheckedFile`.

    Raises:
        DiskFullError: the disk is full; an older file stays.
        OSError: the folder cannot be written to; an older file stays.
    """
    with room_for(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{os.getpid()}{_PART}")
        try:
            write(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


class CheckedFile(BufferedWriter):
    """A file that is written to by the means of Python alone, for libraries that are given it.

    Pillow and NumPy take the descriptor of a file and write to it themselves: the one does not
    notice that a full disk took but part of it, the other does not say that this was why.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(FileIO(path, "w"))

    def fileno(self) -> int:
        """There is none.

        Raises:
            UnsupportedOperation: always.
        """
        raise UnsupportedOperation("no descriptor: what is written past Python is not checked")


def remove_left_over(path: Path) -> None:
    """Remove what processes that were killed have left of a file that they were writing."""
    import psutil

    for part in path.parent.glob(f"{escape(path.name)}.*{_PART}"):
        process = whole_number(part.name.split(".")[-2])
        if process is not None and not psutil.pid_exists(process):
            part.unlink(missing_ok=True)


@contextmanager
def room_for(path: Path) -> Iterator[None]:
    """Say in one line which file a full disk, or a spent quota, has no room for.

    Raises:
        DiskFullError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFullError(f"the disk is full: cannot write {path}") from error


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that it is never read again and can still be looked at.

    Args:
        path: a file or folder beside which there is room for its new name.

    Returns:
        The new path: ``state.pt.damaged-1`` for ``state.pt``, or the next number that is free.
    """
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}{DAMAGED}{number}")):
        number += 1
    return path.rename(aside)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
