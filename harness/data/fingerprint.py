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
"""Age in seconds from which a file's time stamp is trusted; a younger file may change within it."""


def file_digests(paths: Iterable[Path]) -> dict[Path, str]:
    """The SHA-256 of every file's content.

    A digest is remembered under the user's cache folder with the file's size and time of change
    (in nanoseconds), and the file is read again only when one of them differs. That memory may
    be deleted at any time; where it cannot be written, every file is read every time.

    Raises:
        DataError: a file cannot be read.
    """
    remembered = _load()
    before = dict(remembered)
    digests = {}
    for path in paths:
        try:
            digests[path] = _digest(path, remembered)
        except OSError as error:
            raise DataError(f"cannot read {path}: {error.strerror}") from error
    if remembered != before:
        _save(remembered)
    return digests


def _digest(path: Path, remembered: dict[str, Any]) -> str:
    key = str(path.resolve())
    stat = path.stat()
    match remembered.get(key):
        case [stat.st_size, stat.st_mtime_ns, str(digest)]:
            return digest
    digest = digest_of(path)
    if time.time() - stat.st_mtime > _SETTLED:
        remembered[key] = [stat.st_size, stat.st_mtime_ns, digest]
    return digest


def cache_folder() -> Path:
    """Where the harness keeps what can be made again: ``$XDG_CACHE_HOME/harness``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "harness"


def _memory() -> Path:
    return cache_folder() / "digests.json"


def _load() -> dict[str, Any]:
    try:
        entries = json.loads(_memory().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # Path.home() raises RuntimeError without a home
        return {}
    return entries if isinstance(entries, dict) else {}


def _save(entries: Mapping[str, Any]) -> None:
    present = {key: entry for key, entry in entries.items() if Path(key).exists()}
    try:
        _memory().parent.mkdir(parents=True, exist_ok=True)
        write_text(_memory(), json.dumps(present))
    except (OSError, RuntimeError):
        return  # the digests are right all the same; only the next process reads the files again
