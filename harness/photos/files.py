"""Which files are denoised, and where each one's result goes."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from harness.data.folders import reading
from harness.data.images import SUFFIXES
from harness.errors import DataError, UsageError
from harness.util.text import counted

_log = logging.getLogger(__name__)

_UNREAD = (
    *(".heic", ".heif", ".avif", ".webp", ".jp2", ".jxl"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2"),
)
"""Endings of photographs of other kinds; those in a folder are left out, and that is said."""


@dataclass(frozen=True)
class Task:
    """A file to denoise.

    Attributes:
        source: the photograph.
        target: where its result goes.
    """

    source: Path
    target: Path


def tasks_of(
    inputs: Sequence[Path], out: Path, *, recursive: bool = False, suffix: str = ""
) -> list[Task]:
    """The files that are to be denoised, each with a place of its own.

    A file goes into ``out`` under its own name, what lies in a folder under its path from there.

    Args:
        inputs: files and folders; of folders, the images in them.
        out: folder of the results.
        recursive: take the sub-folders of folders too.
        suffix: ending of all results, such as ``.png``; empty: that of each source.

    Raises:
        DataError: an input is missing, or a folder has no image in it.
        UsageError: two results would have one place, or one that of a photograph.
    """
    tasks: dict[Path, Task] = {}
    for source, name in _named(inputs, out, recursive=recursive):
        target = out / (name.with_suffix(suffix) if suffix else name)
        if target.resolve() == source.resolve():
            raise UsageError(f"--out {out}: the result of {source} would take its place")
        other = tasks.setdefault(target, Task(source, target))
        if other.source.resolve() != source.resolve():
            raise UsageError(
                f"{other.source} and {source} would both become {target}: denoise them into "
                "folders of their own"
            )
    sources = {each.source.resolve() for each in tasks.values()}
    for each in tasks.values():
        if each.target.resolve() in sources:
            raise UsageError(
                f"--out {out}: the result of {each.source} would take the place of {each.target}, "
                "which is to be denoised, too: name another folder"
            )
    return list(tasks.values())


def check_writable(out: Path) -> None:
    """See that results can be written, before time is spent on them; this leaves nothing there.

    Args:
        out: the folder; it need not be there.

    Raises:
        UsageError: it can be neither made nor written to.
    """
    whole = out.absolute()
    there = next(each for each in (whole, *whole.parents) if os.path.lexists(each))
    try:
        with TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise UsageError(
            f"--out {out}: cannot write into {there}: {error.strerror}; name another folder"
        ) from error


def _named(inputs: Iterable[Path], out: Path, *, recursive: bool) -> Iterator[tuple[Path, Path]]:
    """Every file, with the name of its result below ``out``."""
    for given in inputs:
        if not given.exists():
            raise DataError(f"cannot read images: {given} does not exist")
        if not given.is_dir():
            yield given, Path(given.name)
            continue
        for path in _in_folder(given, out, recursive=recursive):
            yield path, path.relative_to(given)


def _in_folder(folder: Path, out: Path, *, recursive: bool) -> list[Path]:
    """The images in a folder; results in a folder inside of it are none."""
    root, own = folder.resolve(), out.resolve()
    if root == own:
        raise UsageError(f"--out {out} is the folder of the photographs: name another one")
    results = own if root in own.parents else None
    with reading(folder):
        below = _files_below(folder) if recursive else sorted(folder.iterdir())
        found = [path for path in below if _ends_in(SUFFIXES, path) and path.is_file()]
        found = [path for path in found if results not in path.resolve().parents]
    unread = [path for path in below if _ends_in(_UNREAD, path)]
    endings = ", ".join(sorted({path.suffix.lower() for path in unread}))
    if not found:
        where = "it, at any depth" if recursive else "it (--recursive for its sub-folders)"
        others = f"; convert the {endings} there first" if unread else ""
        raise DataError(f"no images in {folder}: no {', '.join(SUFFIXES)} lies in {where}{others}")
    if unread:
        files = counted(len(unread), "file")
        _log.warning("%s in %s left out, convert first: %s", files, folder, endings)
    return found


def _files_below(folder: Path) -> list[Path]:
    """The files in a folder and below; links to folders are not followed, hidden ones left out."""
    found = []
    for where, folders, names in os.walk(folder, onerror=_say_left_out):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(where, name) for name in names]
    return sorted(found)


def _say_left_out(error: OSError) -> None:
    _log.warning("%s is left out: %s", error.filename, error.strerror)


def _ends_in(endings: Sequence[str], path: Path) -> bool:
    return path.suffix.lower() in endings and not path.name.startswith(".")
