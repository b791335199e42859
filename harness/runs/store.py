"""Where results lie: fits and cells under their keys, and runs that refer to them.

::

    runs/
      fits/<key>/     job.json, record.json, losses.jsonl, checkpoint/, weights.safetensors, log.txt
      cells/<key>/    job.json, record.json, scores.jsonl, images/, log.txt
      2026-11-20-153000/
        run.json      state, provenance, and the planned jobs
        records.jsonl a line per fit and cell, as they end
        report/       table.md and the like

A fit or a cell exists once, whatever runs it belongs to. A run holds copies of all its records,
so it can be read, and moved, without the rest.
"""

import fcntl
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, ReportError
from harness.results.jobs import RECORD, WEIGHTS
from harness.results.records import (
    CellRecord,
    FitRecord,
    Run,
    dump_json,
    from_json,
    load_json,
    to_json,
)
from harness.util.files import digest_of, write_text

RUN, RECORDS, LATEST, LOCK = "run.json", "records.jsonl", "latest", "lock"


class Store:
    """The folder of all results.

    Args:
        root: made when the first result is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def fit_folder(self, key: str) -> Path:
        """The folder of a fit."""
        return self.root / "fits" / key

    def cell_folder(self, key: str) -> Path:
        """The folder of a cell."""
        return self.root / "cells" / key

    def finished_fit(self, key: str) -> FitRecord | None:
        """The record of a fit that is done, if its weights are there and unharmed."""
        record = read_record(self.fit_folder(key))
        if not isinstance(record, FitRecord) or record.status != "done" or record.key != key:
            return None
        weights = self.fit_folder(key) / WEIGHTS
        return record if weights.exists() and digest_of(weights) == record.weights else None

    def finished_cell(self, key: str) -> CellRecord | None:
        """The record of a cell that is done."""
        record = read_record(self.cell_folder(key))
        if not isinstance(record, CellRecord) or record.status != "done" or record.key != key:
            return None
        return record

    @contextmanager
    def locked(self, folder: Path) -> Iterator[None]:
        """Hold a job's folder, so that two runs never work on the same job.

        Raises:
            HarnessError: another process holds it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HarnessError(
                    f"another run is working on {folder}; wait for it, or stop it"
                ) from None
            yield

    def clean(self, folder: Path, keep: Collection[str]) -> None:
        """Remove everything from a job's folder, but for its lock and the names to keep."""
        for path in folder.iterdir():
            if path.name in keep or path.name == LOCK:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def read_record(folder: Path) -> FitRecord | CellRecord | None:
    """The record in a job's folder; None where there is none that can be read."""
    try:
        return from_json((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ReportError):
        return None


class RunWriter:
    """Writes the folder of a run while it goes on.

    Args:
        root: of the store; the run gets a folder in it named after the time.
        provenance: of the run.
        planned: a record per planned fit and cell, in the order of the plan, as it stands while
            the job has not ended.
    """

    def __init__(
        self,
        root: Path,
        provenance: Mapping[str, Any],
        planned: Sequence[FitRecord | CellRecord],
    ) -> None:
        self.folder = _new_folder(root.absolute())
        self._provenance = provenance
        self._planned = planned
        self._ended: dict[tuple[type, str], FitRecord | CellRecord] = {}
        self._write("running")
        _point_latest(self.folder)

    def append(self, record: FitRecord | CellRecord) -> None:
        """Keep the record of a job that has ended."""
        self._ended[type(record), record.key] = record
        with (self.folder / RECORDS).open("a", encoding="utf-8") as file:
            file.write(to_json(record) + "\n")

    def close(self, *, interrupted: bool) -> Run:
        """Write the state of the run; jobs that never ended are kept as planned."""
        for record in self._planned:
            if (type(record), record.key) not in self._ended:
                self.append(record)
        self._write("interrupted" if interrupted else "finished")
        return load_run(self.folder)

    def _write(self, state: str) -> None:
        planned = [load_json(to_json(record)) for record in self._planned]
        data = {"state": state, "provenance": self._provenance, "planned": planned}
        write_text(self.folder / RUN, dump_json(data, indent=1) + "\n")


def load_run(folder: Path) -> Run:
    """Read a run.

    Raises:
        ReportError: the folder is not that of a run, or cannot be read.
    """
    try:
        data = load_json((folder / RUN).read_text(encoding="utf-8"))
        planned = [from_json(dump_json(record)) for record in data["planned"]]
        records = {(type(record), record.key): record for record in planned}
        for record in _read_records(folder / RECORDS):
            records[type(record), record.key] = record
        ordered = list(records.values())
        return Run(
            folder=folder,
            state=data["state"],
            provenance=data["provenance"],
            fits=tuple(record for record in ordered if isinstance(record, FitRecord)),
            cells=tuple(record for record in ordered if isinstance(record, CellRecord)),
        )
    except FileNotFoundError:
        raise ReportError(f"{folder} is not the folder of a run: it holds no {RUN}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"cannot read the run in {folder}: {error}") from error


def _read_records(path: Path) -> Iterator[FitRecord | CellRecord]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):  # else a kill cut it short
            yield from_json(line)


def _new_folder(root: Path) -> Path:
    name = datetime.now().strftime("%Y-%m-%d-%H%M%S")  # local time: people read it
    for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
        folder = root / f"{name}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise HarnessError(f"cannot make a folder for the run in {root}")


def _point_latest(folder: Path) -> None:
    """Let ``latest`` point to the newest run, where the file system has links."""
    link = folder.parent / LATEST
    temporary = folder.parent / f".{LATEST}.{folder.name}"
    try:
        temporary.symlink_to(folder.name, target_is_directory=True)
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)
