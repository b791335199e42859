"""A launcher that starts nothing: its jobs end after they were looked at so many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.launchers import Launcher, Resources
from harness.results.jobs import CellJob, FitJob, read_job
from harness.results.names import RECORD
from harness.results.records import Status, blank_record, to_json
from harness.util.files import write_text


def name_of(job: FitJob | CellJob) -> str:
    """A job as the log has it, such as ``fit 2``: by its seed."""
    return f"{job.kind} {job.seed}"


@dataclass
class FakeLauncher(Launcher):
    """Keeps a log of jobs that start (``+fit 0``), end (``-``), stop (``~``) or are killed (``x``).

    Attributes:
        looks: after how many a job ends.
        endings: how a job ends at every try, by its name; else it is done.
        on_look: called at every look at a job, with its name.
        deaf: jobs do not stop when they are asked to.
        log: what happened.
        resources: what every job got, by its name.
        beside: all jobs that ran at the same time as a job's last try, by its name.
        looked: how often any job was looked at.
    """

    looks: int = 3
    endings: Mapping[str, list[Status]] = field(default_factory=dict)
    on_look: Callable[[str], object] = lambda name: None
    deaf: bool = False
    log: list[str] = field(default_factory=list)
    resources: dict[str, Resources] = field(default_factory=dict)
    beside: dict[str, set[str]] = field(default_factory=dict)
    looked: int = 0

    def __post_init__(self) -> None:
        self.running: set[str] = set()

    def start(self, job_file: Path, log: Path, resources: Resources) -> "FakeJob":
        job = read_job(job_file)
        name = name_of(job)
        self.log.append(f"+{name}")
        self.resources[name] = resources
        self.beside[name] = set(self.running)
        for other in self.running:
            self.beside[other].add(name)
        self.running.add(name)
        return FakeJob(self, job, job_file.parent)


class FakeJob:
    """A job that ends by itself, or when it is asked to."""

    def __init__(self, launcher: FakeLauncher, job: FitJob | CellJob, folder: Path) -> None:
        self.launcher = launcher
        self.job = job
        self.folder = folder
        self.name = name_of(job)
        self.left = launcher.looks
        self.status: int | None = None

    def wait(self, seconds: float) -> int | None:
        if self.status is None:
            self.launcher.looked += 1
            self.launcher.on_look(self.name)
            self.left -= 1
            if self.left <= 0:
                self._leave_record()
                self._end("-", 0)
        return self.status

    def terminate(self) -> None:
        if not self.launcher.deaf:
            self._end("~", 1)

    def kill(self) -> None:
        self._end("x", -9)

    def _leave_record(self) -> None:
        endings = self.launcher.endings.get(self.name)
        record = blank_record(self.job, status=endings.pop(0) if endings else "done", seconds=1.0)
        write_text(self.folder / RECORD, to_json(record))

    def _end(self, sign: str, status: int) -> None:
        self.launcher.log.append(f"{sign}{self.name}")
        self.launcher.running.remove(self.name)
        self.status = status
