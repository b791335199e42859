"""Where results lie: fits and cells under their keys, and runs that refer to them.

::

    runs/
      fits/<key>/     job.json, record.json, losses.jsonl, checkpoint/, weights.safetensors, log.txt
      cells/<key>/    job.json, record.json, scores.jsonl, images/, log.txt
      images/<digest of a dataset>/    noisy/ and clean/, of the images that cells keep
      2026-11-20-153000/
        run.json      state, provenance, and the planned jobs
        records.jsonl a line per fit and cell, as they end
        report/       table.md and the like

A fit or a cell exists once, whatever runs it belongs to. A run holds copies of all its records,
so it can be read, and moved, without the rest.
"""

import fcntl
import logging
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import IO

from harness.errors import HarnessError, ReportError
from harness.results.jobs import CellJob, FitJob
from harness.results.names import LAUNCHER, RECORD, job_folder
from harness.results.records import CellRecord, FitRecord, from_json
from harness.util.files import DAMAGED, digest_of, set_aside

LOCK = "lock"

_log = logging.getLogger(__name__)


class Store:
    """The folder of all results.

    Args:
        root: made when the first result is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def folder(self, job: FitJob | CellJob) -> Path:
        """The folder of a job."""
        return job_folder(self.root, job.kind, job.key)

    def finished(self, job: FitJob | CellJob) -> FitRecord | CellRecord | None:
        """The record of a job that is done, if it and the files that it names are unharmed.

        What is damaged is given another name, and said in a warning.

        Raises:
            HarnessError: the job's folder is a link, or lies behind one.
        """
        folder = self.folder(job)
        if not folder.exists():
            return None
        self._check_place(folder)
        record = self.record(folder)
        if record is None or record.status != "done" or record.key != job.key:
            return None
        damaged = [name for name in record.files if not _is_whole(folder / name, record)]
        for name in damaged:
            if (folder / name).exists():
                _set_aside(folder / name, "its checksum does not fit")
        return None if damaged else record

    def record(self, folder: Path) -> FitRecord | CellRecord | None:
        """The record in a job's folder; None where there is none that can be read.

        One that is damaged is given another name, and said in a warning.
        """
        path = folder / RECORD
        try:
            return from_json(path.read_text(encoding="utf-8"))
        except OSError:
            return None
        except (ReportError, UnicodeDecodeError) as error:
            reason = str(error) if isinstance(error, ReportError) else "it is not text"
            _set_aside(path, reason)
            return None

    def lock(self, job: FitJob | CellJob) -> IO[str] | None:
        """Hold a job's folder, so that two runs never work on the same job.

        Args:
            job: whose folder is made if need be.

        Returns:
            A file that holds it until it is closed; None where another run holds it.

        Raises:
            HarnessError: the folder is a link, or lies elsewhere because one above it is.
        """
        folder = self.folder(job)
        folder.mkdir(parents=True, exist_ok=True)
        self._check_place(folder)
        file = (folder / LOCK).open("w")
        if _lock(file.fileno()):
            return file
        file.close()
        return None

    def clean(self, job: FitJob | CellJob, keep: Collection[str]) -> None:
        """Remove all from a job's folder but its lock, damaged files and the names to keep."""
        for path in self.folder(job).iterdir():
            if path.name in keep or path.name == LOCK or DAMAGED in path.name:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _check_place(self, folder: Path) -> None:
        """Refuse a folder that is not where it seems to be: its files would be removed."""
        if folder.resolve() != self.root.resolve() / folder.relative_to(self.root):
            raise HarnessError(
                f"{folder} is a link, or lies behind one, and is not used: remove the link, or "
                "name another folder with --out"
            )


def is_locked(folder: Path) -> bool:
    """Whether a run works on the job of this folder now."""
    try:
        with (folder / LOCK).open("rb") as file:
            return not _lock(file.fileno())
    except OSError:
        return False


def is_worked_on(folder: Path) -> bool:
    """Whether a run works on the job of this folder, or left it to a launcher and it may go on."""
    is_left = (folder / LAUNCHER).exists() and not (folder / RECORD).exists()
    return is_left or is_locked(folder)


def _is_whole(path: Path, record: FitRecord | CellRecord) -> bool:
    return path.is_file() and digest_of(path) == record.files[path.name]


def _set_aside(path: Path, reason: str) -> None:
    try:
        aside = set_aside(path)
    except OSError as error:
        _log.warning("%s is damaged (%s), and cannot be renamed: %s", path, reason, error.strerror)
        return
    _log.warning("%s is damaged (%s): kept as %s and made anew", path, reason, aside.name)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
