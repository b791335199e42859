"""A launcher that starts nothing: its jobs end after they were looked at so many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from made_records import make_cell_job

from harness.launchers import Ended, Launcher, Resources, RunningJob
from harness.results.jobs import CellJob, FitJob, read_job
from harness.results.names import RECORD
from harness.results.records import Run, Status, blank_record, to_json
from harness.runs import attempt
from harness.util.files import write_text

THREADS = 8
"""Of the machine on which jobs are pretended to run."""


def cell(seed, *, fit=True, timed=False, dataset="camera", **of_fit) -> CellJob:
    """A cell, known by its seed."""
    job = make_cell_job(
        "identity", dataset, trained_on="camera" if fit else "", seed=seed, **of_fit
    )
    return replace(job, conditions={"threads": str(THREADS)} if timed else {})


def statuses(run: Run) -> dict[str, str]:
    """How the jobs of a run ended, by their names."""
    return {name_of(record.job): record.status for record in (*run.fits, *run.cells)}


class Clock:
    """Time as an attempt knows it; ``passed`` is called when it has waited."""

    def __init__(self, monkeypatch, passed=lambda: None):
        self.now = 0.0
        self.passed = passed
        monkeypatch.setattr(attempt, "time", self)

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += 1000
        self.passed()


def name_of(job: FitJob | CellJob) -> str:
    """A job as the log has it, such as ``fit 2``: by its seed."""
    return f"{job.kind} {job.seed}"


@dataclass
class FakeLauncher(Launcher):
    """Keeps a log of jobs that start (``+fit 0``), end (``-``, or ``!``
    without a record), stop (``~``) or are killed (``x``).

    Attributes:
        looks: after how many a job ends.
        endings: how a job ends at every try, by its name; else it is done.
        lost: how a job ends without a record at every try, by its name, before those endings.
        exits: how a job ends with its record.
        waits: at how many looks a job waits, before it runs.
        on_look: called at every look at a job, with its name.
        deaf: jobs do not stop when they are asked to.
        log: what happened.
        resources: what every job got, by its name.
        beside: all jobs that ran at the same time as a job's last try, by its name.
        looked: how often any job was looked at.
    """

    looks: int = 3
    endings: Mapping[str, list[Status]] = field(default_factory=dict)
    lost: Mapping[str, list[int | Ended]] = field(default_factory=dict)
    waits: int = 0
    exits: int | Ended = 0
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


class Scheduler(FakeLauncher):
    """A fake launcher whose jobs go on without the command that started them."""

    schedules = True
    detaches = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.jobs: dict[Path, FakeJob] = {}

    def start(self, job_file: Path, log: Path, resources: Resources) -> "FakeJob":
        self.jobs[job_file] = super().start(job_file, log, resources)
        return self.jobs[job_file]

    def attach(self, job_file: Path) -> "FakeJob | None":
        job = self.jobs.get(job_file)
        return job if job and job.status is None else None

    def pass_by(self) -> None:
        """Let time pass until all jobs have ended."""
        for job in self.jobs.values():
            while job.wait(0) is None:
                pass


class OneLauncher:
    """Starts all jobs of a run with one launcher, in the place of those that a request names."""

    def __init__(self, launcher: Launcher) -> None:
        self.launcher = launcher

    def selector_of(self, job: FitJob | CellJob) -> str:
        return "fake"

    def named(self, selector: str) -> Launcher:
        return self.launcher


class FakeJob(RunningJob):
    """A job that ends by itself, or when it is asked to."""

    def __init__(self, launcher: FakeLauncher, job: FitJob | CellJob, folder: Path) -> None:
        self.launcher = launcher
        self.job = job
        self.folder = folder
        self.name = name_of(job)
        self.left = launcher.looks + launcher.waits
        self.status: int | Ended | None = None

    @property
    def is_waiting(self) -> bool:
        return self.left >= self.launcher.looks

    def wait(self, seconds: float) -> int | Ended | None:
        if self.status is None:
            self.launcher.looked += 1
            self.launcher.on_look(self.name)
            self.left -= 1
            if self.left <= 0:
                self._end_by_itself()
        return self.status

    def terminate(self) -> None:
        if not self.launcher.deaf:
            self._end("~", 1)

    def kill(self) -> None:
        self._end("x", -9)

    def _end_by_itself(self) -> None:
        if lost := self.launcher.lost.get(self.name):
            self._end("!", lost.pop(0))
        else:
            self._leave_record()
            self._end("-", self.launcher.exits)

    def _leave_record(self) -> None:
        endings = self.launcher.endings.get(self.name)
        record = blank_record(self.job, status=endings.pop(0) if endings else "done", seconds=1.0)
        write_text(self.folder / RECORD, to_json(record))

    def _end(self, sign: str, status: int | Ended) -> None:
        self.launcher.log.append(f"{sign}{self.name}")
        self.launcher.running.remove(self.name)
        self.status = status
