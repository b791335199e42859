"""Unpacking archives of strangers: nothing is written but files below one folder."""

import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from harness.errors import DataError, DiskFullError
from harness.util.files import room_for
from harness.util.text import first_line, size_text


@dataclass(frozen=True)
class _Member:
    """A file in an archive.

    Attributes:
        name: as the archive says.
        size: in bytes.
        is_file: it is no link, and no device.
        open: reads it.
    """

    name: str
    size: int
    is_file: bool
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, folder: Path, only: str = "", strip: int = 0) -> int:
    """Unpack a ZIP or TAR archive; files of the same name are replaced.

    A file appears when it is whole, and none before all are unpacked.

    Args:
        archive: the file.
        folder: gets the files; made if need be.
        only: pattern of the names that are kept, in which ``*`` stands for slashes too; empty: all.
        strip: leading folders that names lose; a file with no more than that is left out.

    Returns:
        How many files were unpacked.

    Raises:
        DataError: it is no such archive, damaged, holds nothing that is kept, or a name that leads
            out of the folder, a link or a device; nothing is unpacked.
        DiskFullError: there is no room.
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (
        _told(archive),
        room_for(folder),
        tempfile.TemporaryDirectory(prefix=".unpacking-", dir=folder) as scratch,
        _members(archive) as members,
    ):
        kept = [
            (member, place)
            for member in members
            if (not only or fnmatchcase(member.name, only)) and (place := _place(member, strip))
        ]
        if not kept:
            raise DataError(f"cannot unpack {archive}: nothing in it is wanted")
        _check_room(folder, sum(member.size for member, _ in kept))
        for member, place in kept:
            target = Path(scratch, place)
            target.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
        for _, place in kept:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            Path(scratch, place).replace(folder / place)
        return len(kept)


def _place(member: _Member, strip: int) -> PurePosixPath | None:
    """Where a member goes below the folder; None: nowhere.

    Raises:
        DataError: its name leads elsewhere, or it is no file.
    """
    name = PurePosixPath(member.name)
    odd = "\\" in member.name or "\0" in member.name or ":" in name.parts[0]
    if name.is_absolute() or ".." in name.parts or odd:
        raise DataError(f"{member.name!r} leads out of the folder")
    if not member.is_file:
        raise DataError(f"{member.name!r} is a link or a device")
    parts = name.parts[strip:]
    return PurePosixPath(*parts) if parts else None


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFullError(
            f"there is no room in {folder} for what is unpacked: it takes {size_text(needed)}, and "
            f"{size_text(free)} are free"
        )


@contextmanager
def _members(archive: Path) -> Iterator[list[_Member]]:
    """The files of an archive, folders left out; it stays open meanwhile."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as content:
            yield [_zipped(content, info) for info in content.infolist() if not info.is_dir()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as content:
            yield [_tarred(content, info) for info in content.getmembers() if not info.isdir()]
    else:
        raise DataError("it is neither a ZIP nor a TAR archive")


def _zipped(content: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    kind = stat.S_IFMT(info.external_attr >> 16)
    is_file = kind in (0, stat.S_IFREG)
    return _Member(info.filename, info.file_size, is_file, lambda: content.open(info))


def _tarred(content: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    def read() -> IO[bytes]:
        file = content.extractfile(info)
        assert file is not None
        return file

    return _Member(info.name, info.size, info.isreg(), read)


@contextmanager
def _told(archive: Path) -> Iterator[None]:
    """Say in one line why an archive cannot be unpacked."""
    try:
        yield
    except DiskFullError:
        raise
    except DataError as error:
        text = str(error).removeprefix(f"cannot unpack {archive}: ")
        raise DataError(f"cannot unpack {archive}: {text}") from error
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        RuntimeError,  # it is encrypted
        NotImplementedError,  # it is compressed in a way that Python does not know
        ValueError,
    ) as error:
        raise DataError(f"cannot unpack {archive}: {first_line(error)}") from error
