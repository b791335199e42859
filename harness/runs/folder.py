"""The folder of a run: written while the run goes on, and read back."""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, ReportError
from harness.results.plan import Plan
from harness.results.records import (
    SCHEMA,
    CellRecord,
    FitRecord,
    Run,
    blank_record,
    from_json,
    from_plain_record,
    plain_record,
    to_json,
)
from harness.results.serial import dump_json
from harness.util.files import write_text
from harness.util.text import first_line

RUN, RECORDS, LATEST = "run.json", "records.jsonl", "latest"

_log = logging.getLogger(__name__)


class RunWriter:
    """Writes the folder of a run while it goes on.

    Args:
        root: of the store; the run gets a folder in it named after the time.
        provenance: of the run.
        plan: whose jobs are recorded as interrupted as long as they have not ended.
    """

    def __init__(self, root: Path, provenance: Mapping[str, Any], plan: Plan) -> None:
        self.folder = _new_folder(root.absolute())
        self._provenance = provenance
        self._plan = plan
        self._ended: set[str] = set()
        self._write("running")
        point_latest(self.folder)

    def append(self, record: FitRecord | CellRecord) -> None:
        """Keep the record of a job that has ended."""
        self._ended.add(record.key)
        with (self.folder / RECORDS).open("a", encoding="utf-8") as file:
            file.write(to_json(record) + "\n")

    def close(self, *, interrupted: bool) -> Run:
        """Write the state of the run; jobs that never ended are kept as planned."""
        for job in self._plan.jobs:
            if job.key not in self._ended:
                self.append(blank_record(job))
        self._write("interrupted" if interrupted else "finished")
        return load_run(self.folder)

    def leave(self) -> Run:
        """Leave the run as one that goes on, whose jobs another command will look after."""
        return load_run(self.folder)

    def _write(self, state: str) -> None:
        data = {
            "schema": SCHEMA,
            "state": state,
            "provenance": self._provenance,
            "notes": self._plan.notes,
            "planned": [plain_record(blank_record(job)) for job in self._plan.jobs],
        }
        write_text(self.folder / RUN, dump_json(data, indent=1) + "\n")


def load_run(folder: Path) -> Run:
    """Read a run, also one that goes on or was interrupted.

    Args:
        folder: as ``harness run`` prints it.

    Raises:
        ReportError: the folder is not that of a run, or cannot be read.
    """
    folder = Path(folder)
    try:
        data = json.loads((folder / RUN).read_text(encoding="utf-8"))
        if data["schema"] == SCHEMA:
            return _run(folder, data)
    except FileNotFoundError:
        raise ReportError(f"{folder} is not the folder of a run: it holds no {RUN}") from None
    except KeyError as error:
        raise ReportError(
            f"cannot read the run in {folder}: its {RUN} has no {error.args[0]!r}; it was written "
            "by another version of harness, or is damaged: run it again"
        ) from error
    except OSError as error:
        raise ReportError(f"cannot read the run in {folder}: {error.strerror}") from error
    except (ReportError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ReportError(f"cannot read the run in {folder}: {first_line(error)}") from error
    raise ReportError(
        f"{folder} was written by another version of harness (its schema is {data['schema']}, and "
        f"this one reads {SCHEMA}): run it again"
    )


def _run(folder: Path, data: Mapping[str, Any]) -> Run:
    """A run from what its file says, and from the records that were added since."""
    planned = map(from_plain_record, data["planned"])
    records = {record.key: record for record in (*planned, *_read_records(folder / RECORDS))}
    return Run(
        folder=folder,
        state=data["state"],
        provenance=dict(data["provenance"]),
        fits=tuple(each for each in records.values() if isinstance(each, FitRecord)),
        cells=tuple(each for each in records.values() if isinstance(each, CellRecord)),
        notes=tuple(map(str, data["notes"])),
    )


def newest_run(root: Path) -> Path:
    """The newest run in a folder of runs.

    Raises:
        ReportError: there is none.
    """
    runs = sorted(root.glob(f"*/{RUN}"), key=lambda path: (path.stat().st_mtime, path))
    if not runs:
        raise ReportError(f"there is no run in {root}; give its folder, or run: harness run")
    return runs[-1].parent.resolve()


def _read_records(path: Path) -> Iterator[FitRecord | CellRecord]:
    """The records that can be read; a line that a kill cut short is passed over."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            return
        try:
            yield from_json(line.decode())
        except (ReportError, UnicodeDecodeError) as error:
            _log.warning("%s: line %d is damaged and left out: %s", path, number, error)


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


def point_latest(folder: Path) -> None:
    """Let ``latest`` point to the newest run, where the file system has links."""
    link = folder.parent / LATEST
    temporary = folder.parent / f".{LATEST}.{folder.name}"
    try:
        temporary.symlink_to(folder.name, target_is_directory=True)
        temporary.replace(link)
    except OSError:
        temporary.unlink(missing_ok=True)
