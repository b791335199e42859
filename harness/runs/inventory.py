"""What lies in the folder of all results: runs, what each of them keeps, and what none needs."""

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, ReportError
from harness.results.keys import KEY_LENGTH
from harness.results.names import IMAGES, job_folder, originals_folder
from harness.runs.folder import LATEST, RECORDS, RUN, point_latest
from harness.runs.store import is_worked_on

_KEY = re.compile(f"[0-9a-f]{{{KEY_LENGTH}}}")
_HOMES = ("fits", "cells", IMAGES)


@dataclass(frozen=True)
class StoredRun:
    """A run in the folder of all results, as far as its files tell.

    Attributes:
        folder: where it lies.
        state: ``running``, ``finished``, ``interrupted``, ``killed`` or ``unreadable``.
        changed: when its files were last written, in seconds since 1970.
        done: cells that are done.
        cells: cells that were planned.
        command: that made it; empty where that is not known.
        results: folders of fits, cells and images that it refers to, if they are there.
        problem: why it cannot be read; empty if it can.
    """

    folder: Path
    state: str
    changed: float
    done: int = 0
    cells: int = 0
    command: tuple[str, ...] = ()
    results: frozenset[Path] = field(default=frozenset(), repr=False)
    problem: str = ""


class Inventory:
    """The runs of a folder of all results, and who needs which result.

    Args:
        root: the folder, such as ``runs``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @cached_property
    def runs(self) -> tuple[StoredRun, ...]:
        """All runs, the oldest first."""
        found = [_stored(self.root, path.parent) for path in self.root.glob(f"*/{RUN}")
                 if not path.parent.is_symlink()]  # fmt: skip
        return tuple(sorted(found, key=lambda run: (run.changed, run.folder.name)))

    def run(self, text: str) -> StoredRun:
        """A run by its name, or by the path of its folder.

        Raises:
            ReportError: there is none.
        """
        for folder in (self.root / text, Path(text)):
            for run in self.runs:
                if run.folder == folder.resolve():
                    return run
        raise ReportError(f"there is no run {text!r} in {self.root}; see: harness runs")

    def needed_by(self, runs: Iterable[StoredRun]) -> list[Path]:
        """What these runs refer to and no other does, in order; this goes with them.

        Raises:
            ReportError: a run that stays cannot be read, so that nobody knows what it needs.
        """
        going = list(runs)
        staying = [run for run in self.runs if run not in going]
        _check_readable(staying)
        others = frozenset[Path]().union(*(run.results for run in staying))
        own = frozenset[Path]().union(*(run.results for run in going))
        return sorted(own - others)

    def needed_by_none(self) -> list[Path]:
        """Fits, cells and images to which no run refers; raises as :meth:`needed_by`."""
        _check_readable(self.runs)
        needed = frozenset[Path]().union(*(run.results for run in self.runs))
        return [path for path in self._results() if path not in needed]

    def remove(self, folders: Iterable[Path]) -> list[Path]:
        """Remove folders of runs and of results, but for those that are worked on.

        Returns:
            Those that were removed.

        Raises:
            HarnessError: a folder lies elsewhere, because it or one above it is a link.
        """
        removed = []
        for folder in folders:
            if folder.resolve() != folder or self.root not in folder.parents:
                raise HarnessError(f"{folder} is a link, or lies behind one: remove it yourself")
            if not is_worked_on(folder):
                shutil.rmtree(folder)
                removed.append(folder)
        vars(self).pop("runs", None)  # they are read again
        self._mend_latest()
        return removed

    def _results(self) -> Iterator[Path]:
        """All folders of results: they have a key for a name."""
        for home in _HOMES:
            for path in sorted((self.root / home).glob("*")):
                if _KEY.fullmatch(path.name) and path.is_dir() and not path.is_symlink():
                    yield path

    def _mend_latest(self) -> None:
        """Let ``latest`` point to the newest run that is left, if it points to none."""
        link = self.root / LATEST
        if link.is_symlink() and not link.exists():
            link.unlink()
            if self.runs:
                point_latest(self.runs[-1].folder)


def size_of(folders: Iterable[Path]) -> int:
    """Bytes of all files in some folders."""
    return sum(
        path.lstat().st_size
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def _check_readable(runs: Sequence[StoredRun]) -> None:
    for run in runs:
        if run.state == "unreadable":
            raise ReportError(
                f"what {run.folder} needs cannot be told, so nothing is removed: {run.problem}; "
                f"remove it first: harness runs rm {run.folder.name}"
            )


def _stored(root: Path, folder: Path) -> StoredRun:
    """A run from the plain data of its files, which those of other versions have, too."""
    changed = max(p.stat().st_mtime for p in (folder / RUN, folder / RECORDS) if p.exists())
    try:
        data = json.loads((folder / RUN).read_text(encoding="utf-8"))
        records = {each["key"]: each for each in (*data["planned"], *_lines(folder / RECORDS))}
        results = frozenset(path for each in records.values() for path in _results_of(root, each))
        cells = [each for each in records.values() if each["kind"] == "cell"]
        return StoredRun(
            folder=folder,
            state=_state(data["state"], records.values(), root),
            changed=changed,
            done=sum(cell["status"] == "done" for cell in cells),
            cells=len(cells),
            command=tuple(map(str, data["provenance"].get("command", ()))),
            results=results,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"its {RUN} is damaged ({type(error).__name__})"
        return StoredRun(folder=folder, state="unreadable", changed=changed, problem=problem)


def _lines(path: Path) -> Iterator[Any]:
    """The records of a run; a line that a kill cut short is passed over."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            yield json.loads(line)


def _results_of(root: Path, record: Any) -> Iterator[Path]:
    """The folders to which a record refers, those that are there."""
    places = [job_folder(root, record["kind"], record["key"])]
    if record["kind"] == "cell":
        places.append(originals_folder(root, record["job"]["data"]["fingerprint"]))
    return (place for place in places if place.is_dir())


def _state(state: str, records: Iterable[Any], root: Path) -> str:
    """The state of a run; one that says it runs, and works on nothing, was killed."""
    if state != "running":
        return state
    undone = (each for each in records if each["status"] != "done")
    folders = (job_folder(root, each["kind"], each["key"]) for each in undone)
    return "running" if any(map(is_worked_on, folders)) else "killed"
