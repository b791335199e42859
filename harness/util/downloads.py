"""Downloads: announced, with their progress, given up where nothing comes, forbidden on demand."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import DownloadError
from harness.util.files import digest_of, write_with
from harness.util.processes import kill_tree
from harness.util.text import cut

OFFLINE = "HARNESS_OFFLINE"
"""The environment variable that forbids downloads; plugins and the processes of jobs see it too."""

PATIENCE = 10.0
"""Seconds in which an address must give something, its look-up and connection included."""

INTERVAL = 2.0
"""Seconds between two lines on the progress of a download."""

UNFINISHED = ".unfinished"
"""At the end of the name of a file of which more is to come."""

_MEGABYTE = 10**6
_POLL = 0.1

_FETCH = """
import os, shutil, sys, urllib.request
url, path = sys.argv[1:]
there = os.path.getsize(path)
request = urllib.request.Request(url, headers={"Range": f"bytes={there}-"} if there else {})
with urllib.request.urlopen(request) as answer:
    goes_on = (answer.headers.get("Content-Range") or "").startswith(f"bytes {there}-")
    with open(path, "ab" if there and goes_on else "wb") as file:
        shutil.copyfileobj(answer, file)
"""
"""Downloads a file; of one that is there in part, only the rest, if the server knows how."""


def is_offline() -> bool:
    """Whether downloads are forbidden."""
    return os.environ.get(OFFLINE, "").lower() not in ("", "0", "false", "no", "off")


@contextmanager
def offline(wanted: bool = True) -> Iterator[None]:
    """Forbid downloads for a while, if that is wanted; else leave it as it is."""
    before = os.environ.get(OFFLINE)
    if wanted:
        os.environ[OFFLINE] = "1"
    try:
        yield
    finally:
        if wanted and before is None:
            del os.environ[OFFLINE]
        elif wanted:
            os.environ[OFFLINE] = str(before)


def download(url: str, path: Path, *, sha256: str, what: str, megabytes: int) -> None:
    """Download a file; it is whole or not there.

    Args:
        url: where from.
        path: where to; its folder is made if need be.
        sha256: the first digits of its SHA-256.
        what: it is, for the announcement.
        megabytes: its size in 10^6 bytes, for the announcement.

    Raises:
        DownloadError: it cannot be had.
        OSError: the folder cannot be written to.
    """

    def write(temporary: Path) -> None:
        temporary.touch()
        watch(
            [sys.executable, "-c", _FETCH, url, str(temporary)],
            temporary,
            what=f"{what} from {url}",
            megabytes=megabytes,
        )
        digest = digest_of(temporary)
        if not digest.startswith(sha256):
            raise DownloadError(f"what came has the SHA-256 {digest[:8]}…, not {sha256[:8]}…")

    write_with(path, write)


def download_resumed(url: str, path: Path, *, sha256: str, size: int, what: str) -> None:
    """Download a file, and go on where that was interrupted; it is whole or not there.

    What has come of it lies beside it under a temporary name until it is whole.

    Args:
        url: where from.
        path: where to; its folder is made if need be.
        sha256: its SHA-256.
        size: in bytes.
        what: it is, for the announcement.

    Raises:
        DownloadError: it cannot be had, or is not what it should be.
        OSError: the folder cannot be written to, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}{UNFINISHED}")
    part.touch()
    if part.stat().st_size < size:
        watch(
            [sys.executable, "-c", _FETCH, url, str(part)],
            part,
            what=f"{what} from {url}",
            megabytes=max(1, size // _MEGABYTE),
        )
    if (came := part.stat().st_size) < size:
        raise DownloadError(f"only {came} of {size} bytes came; start it again to go on from there")
    if (digest := digest_of(part)) != sha256.lower():
        part.unlink()
        raise DownloadError(
            f"what came has the SHA-256 {digest[:8]}…, not {sha256[:8].lower()}…, and was removed"
        )
    part.replace(path)


def watch(
    command: Sequence[str],
    place: Path,
    *,
    what: str,
    megabytes: int,
    patience: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program that downloads, and tell people of it on standard error.

    It is a program, and not a function, because nothing else can be ended while it looks up a name
    in a network that does not answer.

    Args:
        command: the program and its arguments.
        place: file or folder that grows as it works.
        what: is downloaded, and where from, for the announcement.
        megabytes: its size in 10^6 bytes, for the announcement.
        patience: seconds without growth after which it is ended; None: :data:`PATIENCE`.
        environment: of the program; None: that of this process.

    Raises:
        DownloadError: downloads are forbidden, it failed, or nothing came.
    """
    if is_offline():
        raise DownloadError(f"downloads are forbidden by --offline or {OFFLINE}")
    patience = PATIENCE if patience is None else patience
    _say(f"downloading {what} ({megabytes} MB)")
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment,
        )
        try:
            _wait(process, place, megabytes, patience)
        finally:
            if process.poll() is None:
                kill_tree(process.pid)
                process.wait()
        if process.returncode:
            errors.seek(0)
            lines = [line.strip() for line in errors if line.strip()]
            raise DownloadError(cut(lines[-1]) if lines else f"exit code {process.returncode}")


def _wait(process: subprocess.Popen[bytes], place: Path, megabytes: int, patience: float) -> None:
    """Wait for the end of a program, and say now and then how much has come.

    Raises:
        DownloadError: nothing came for too long.
    """
    size, grown, said = _size(place), time.monotonic(), time.monotonic()
    while process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL)
        now, before, size = time.monotonic(), size, _size(place)
        if size != before:
            grown = now
        if now - grown > patience:
            raise DownloadError(f"nothing came for {patience:g} s")
        if now - said > INTERVAL and size:
            said = now
            _say(f"  {min(size // _MEGABYTE, megabytes)} of {megabytes} MB")  # it may unpack, too


def _size(place: Path) -> int:
    """The bytes in a file, or in all files of a folder; those that vanish meanwhile are left."""
    size = 0
    for path in (place, *place.rglob("*")):
        with suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
