"""Digests of files, kept between processes so that a large dataset is hashed once."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import DataError
from harness.util.files import digest_of, write_text

_SETTLED = 2.0
"""Seconds since a file's last change from which its time stamps are trusted: a younger file may
change again within one step of the clock."""

_Stamp = tuple[int, int, int, int, int]
"""Device, inode, size, and in nanoseconds the times of change of the content and of the file."""


def file_digests(paths: Iterable[Path]) -> dict[Path, str]:
    """The SHA-256 of every file's content.

    A digest is remembered under the user's cache folder with the file's device, inode, size,
    modification time and change time, and the file is read again when one of them differs. The
    last is set by the system alone: a copy that keeps the modification time of what it replaces
    is told by it. A file that changed in the last seconds is always read. That memory may be
    deleted at any time; where it cannot be written, every file is read every time.

    Raises:
        DataError: a file cannot be read.
    """
    remembered = _load()
    learned: dict[str, list[Any]] = {}
    digests = {}
    for path in paths:
        try:
            digests[path] = _digest(path, remembered, learned)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}") from error
    if learned:
        _save(_load() | learned)  # what other processes learned meanwhile is kept
    return digests


def _digest(path: Path, remembered: Mapping[str, list[Any]], learned: dict[str, list[Any]]) -> str:
    key = str(path.resolve())
    stamp = _settled_stamp(path)
    if stamp and stamp == tuple(remembered.get(key, ())[:-1]):
        return str(remembered[key][-1])
    digest = digest_of(path)
    if stamp and stamp == _settled_stamp(path):  # it did not change while it was read
        learned[key] = [*stamp, digest]
    return digest


def _settled_stamp(path: Path) -> _Stamp | None:
    """What tells a file from a changed one; None while it may change without being told."""
    stat = path.stat()
    if time.time() - max(stat.st_mtime, stat.st_ctime) <= _SETTLED:
        return None
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def cache_folder() -> Path:
    """Where the harness keeps what can be made again: ``$XDG_CACHE_HOME/harness``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "harness"


def _memory() -> Path:
    return cache_folder() / "digests.json"


def _load() -> dict[str, list[Any]]:
    """What is remembered: by file its stamp and its digest; entries of another form are left."""
    try:
        entries = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # Path.home() raises RuntimeError without a home
        return {}
    if not isinstance(entries, dict):
        return {}
    return {key: entry for key, entry in entries.items() if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    match entry:
        case [int(), int(), int(), int(), int(), str()]:
            return True
    return False


def _save(entries: Mapping[str, list[Any]]) -> None:
    present = {key: entry for key, entry in entries.items() if Path(key).exists()}
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        write_text(_memory(), json.dumps(present))
    except (OSError, RuntimeError):
        return  # the digests are right all the same; only the next process reads the files again
