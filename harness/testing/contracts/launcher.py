"""The contract of a launcher: a job starts, is logged, ends when told to, and is found again."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import psutil

from harness.launchers import Launcher, Resources, RunningJob
from harness.results.jobs import write_job
from harness.results.names import JOB, LOG, RECORD, job_folder
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.testing import jobs
from harness.testing.contracts.base import Contract, skip

PATIENCE = 120.0
"""Seconds in which a job must have started, or ended."""

FOREVER = 3600
"""Seconds that a job waits that is stopped before."""


class LauncherContract(Contract):
    """What every launcher must do with a job of one process on the CPU."""

    kind: ClassVar[str] = "launcher"

    def plugins(self) -> tuple[str, ...]:
        """The launcher, and a method and a dataset that jobs are made of."""
        return (*super().plugins(), jobs.__name__)

    def test_a_job_is_carried_out_and_logged(self) -> None:
        """It leaves a record, and what it prints is in the log."""
        with self.started(seconds=0) as (running, folder):
            status = running.wait(PATIENCE)
            assert status == 0, f"the job ended with {status}: {_log_of(folder)}"
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            assert record["status"] == "done", record["error"]
            assert jobs.SAYING in _log_of(folder), (
                "what the job prints is not in its log: give the process the file as stdout and "
                "stderr"
            )

    def test_a_job_that_is_terminated_ends(self) -> None:
        """``wait`` says that it goes on, and when it has ended; with another status than 0."""
        with self.waiting() as (running, _):
            assert running.wait(0.1) is None, "wait returns a status though the job goes on"
            running.terminate()
            status = running.wait(PATIENCE)
            assert status is not None, "terminate does not end the job: send it SIGTERM"
            assert status != 0, "a job that was terminated ends as if it were done, with 0"

    def test_a_job_that_is_killed_ends_with_all_that_it_started(self) -> None:
        """Nothing of it goes on."""
        with self.waiting() as (running, folder):
            child = int(_log_of(folder).rpartition(jobs.SAYING)[2].split()[0])
            running.kill()
            assert running.wait(PATIENCE) is not None, "kill does not end the job"
            assert _has_ended(child), (
                "a process that the job started goes on after kill: start the job with "
                "start_new_session=True, and kill its group by os.killpg"
            )

    def test_a_job_that_was_left_is_found_again(self) -> None:
        """By another launcher of its kind, from nothing but what lies in the job's folder."""
        if not self.launcher().detaches:
            skip("its jobs end with the process that starts them")
        with self.waiting() as (_, folder):
            found = self.launcher().attach(folder / JOB)
            assert found is not None, "attach does not find a job that runs"
            assert found.wait(0.1) is None, "attach finds a job that has ended, though it runs"
            found.kill()
            assert found.wait(PATIENCE) is not None, "kill does not end the job that attach found"

    def test_of_a_job_that_nobody_started_nothing_is_known(self) -> None:
        """So the job is started."""
        with TemporaryDirectory() as root:
            assert self.launcher().attach(Path(root) / JOB) is None

    def launcher(self) -> Launcher:
        """A new launcher."""
        made: Launcher = self.registry.build(self.reference)
        return made

    @contextmanager
    def started(self, seconds: int) -> Iterator[tuple[RunningJob, Path]]:
        """A job that waits before it denoises an image, and its folder; it ends with this."""
        with TemporaryDirectory() as root:
            request = Request(
                methods=f"{jobs.METHOD}[seconds={seconds}]",
                datasets=jobs.DATASET,
                metrics=(),
                device="cpu",
                images=0,
                out=Path(root),
            )
            cell = make_plan(request, self.registry).cells[0]
            folder = job_folder(Path(root), cell.kind, cell.key)
            folder.mkdir(parents=True)
            running = self.launcher().start(write_job(cell, folder), folder / LOG, Resources())
            try:
                yield running, folder
            finally:
                if running.wait(0) is None:
                    running.kill()

    @contextmanager
    def waiting(self) -> Iterator[tuple[RunningJob, Path]]:
        """A job that has started and will not end by itself, and its folder."""
        with self.started(FOREVER) as (running, folder):
            deadline = time.monotonic() + PATIENCE
            while jobs.SAYING not in _log_of(folder) and time.monotonic() < deadline:
                assert running.wait(0.1) is None, f"the job ended: {_log_of(folder)}"
            assert jobs.SAYING in _log_of(folder), f"the job has not started: {_log_of(folder)}"
            while running.is_waiting and time.monotonic() < deadline:
                running.wait(0.1)
            assert not running.is_waiting, "is_waiting is still true though the job has begun"
            yield running, folder


def _log_of(folder: Path) -> str:
    log = folder / LOG
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def _has_ended(process: int) -> bool:
    """Whether a process has ended, or does within a second."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
