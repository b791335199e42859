"""Carrying out a plan: job after job, each in a process of its own, none harming another."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import ExitCode, HarnessError
from harness.launchers import Launcher, RunningJob
from harness.plugin.registry import Registry
from harness.results.jobs import CHECKPOINT, LOSSES, CellJob, FitJob, ProgressFile, write_job
from harness.results.plan import Plan
from harness.results.records import CellRecord, FitRecord, Record, Run, Status
from harness.runs.published_scores import with_published
from harness.runs.store import RunWriter, Store, read_record
from harness.worker.main import empty_record

POLL_SECONDS = 0.1
GRACE_SECONDS = 15.0
"""How long a job may take to write its checkpoint when the run is interrupted."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How a plan is carried out.

    Attributes:
        fresh: do again what is done already.
        timeout: wall time per job in seconds; None: no limit.
    """

    fresh: bool = False
    timeout: float | None = None


class _JobStoppedError(HarnessError):
    """A job was ended from outside."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status: Status = status


def execute(
    plan: Plan,
    registry: Registry,
    store: Store,
    writer: RunWriter,
    launcher_of: Callable[[FitJob | CellJob], Launcher],
    execution: Execution,
) -> Run:
    """Carry out a plan; every planned fit and cell ends as a record.

    A fit starts when the first cell needs it. A job whose record is in the store is not done
    again. A job that fails leaves a record that says why, and the run goes on. Ctrl-C asks the
    running job to stop, with a checkpoint, and ends the run; what is done is kept.

    Args:
        plan: what to do.
        registry: hears of events.
        store: of results.
        writer: of the run.
        launcher_of: chooses the launcher of a job.
        execution: how.

    Returns:
        The run as it can be read back.
    """
    return _Executor(plan, registry, store, writer, launcher_of, execution).execute()


def exit_code_of(run: Run) -> ExitCode:
    """The exit code of the command that made a run."""
    if run.state == "interrupted":
        return ExitCode.INTERRUPTED
    records: tuple[Record, ...] = (*run.fits, *run.cells)
    return ExitCode.OK if all(record.status == "done" for record in records) else ExitCode.FAILED


class _Executor:
    def __init__(
        self,
        plan: Plan,
        registry: Registry,
        store: Store,
        writer: RunWriter,
        launcher_of: Callable[[FitJob | CellJob], Launcher],
        execution: Execution,
    ) -> None:
        self.plan = plan
        self.registry = registry
        self.store = store
        self.writer = writer
        self.launcher_of = launcher_of
        self.execution = execution
        self.fits: dict[str, FitRecord] = {}

    def execute(self) -> Run:
        """Do every cell, and the fits they need."""
        events = self.registry.events
        events.harness_plan(plan=self.plan)
        interrupted = False
        try:
            with _handling(signal.SIGTERM, signal.default_int_handler):  # as if it were Ctrl-C
                for cell in self.plan.cells:
                    self._cell(cell)
        except KeyboardInterrupt:
            interrupted = True
        with _handling(signal.SIGINT, signal.SIG_IGN):  # let the last files be written in peace
            run = self.writer.close(interrupted=interrupted)
            events.harness_run_finished(run=run)
        return run

    def _cell(self, job: CellJob) -> None:
        fit = self.plan.fit_of(job)
        if fit and fit.key not in self.fits:
            record = self._do(fit, self.store.finished_fit(fit.key))
            assert isinstance(record, FitRecord)
            self.fits[fit.key] = record
        trained = self.fits.get(job.fit)
        if trained and trained.status != "done":
            self._finish(
                job,
                replace(
                    empty_record(job),
                    status=trained.status,
                    error=f"training: {trained.error or trained.status}",
                    traceback=trained.traceback,
                ),
            )
            return
        self._do(job, self.store.finished_cell(job.key))

    def _do(self, job: FitJob | CellJob, finished: Record | None) -> Record:
        """Do a job, unless its result is there already."""
        if finished is not None and not self.execution.fresh:
            return self._finish(job, _named_as_planned(finished, job))
        started = time.monotonic()
        try:
            with self.store.locked(job.folder):
                self._clean(job)
                self.registry.events.harness_job_started(job=job)
                record = self._run(job)
        except _JobStoppedError as error:
            record = replace(empty_record(job), status=error.status, error=str(error))
        except HarnessError as error:
            record = replace(empty_record(job), status="failed", error=str(error))
        except KeyboardInterrupt:
            seconds = round(time.monotonic() - started, 3)
            self._finish(job, replace(empty_record(job), seconds=seconds))
            raise
        if not record.seconds:
            record = replace(record, seconds=round(time.monotonic() - started, 3))
        return self._finish(job, record)

    def _clean(self, job: FitJob | CellJob) -> None:
        """Remove what an earlier try left, but for the checkpoint of a fit that goes on."""
        goes_on = isinstance(job, FitJob) and not self.execution.fresh
        self.store.clean(job.folder, keep=(CHECKPOINT, LOSSES) if goes_on else ())

    def _run(self, job: FitJob | CellJob) -> FitRecord | CellRecord:
        """Start the process of a job, watch it, and read the record that it leaves."""
        processes = job.processes if isinstance(job, FitJob) else 1
        running = self.launcher_of(job).start(
            write_job(job), job.folder / "log.txt", processes=processes, device=job.device
        )
        try:
            status = self._watch(job, running)
        except KeyboardInterrupt:
            _stop(running)
            raise
        record = read_record(job.folder)
        if record is None:
            raise _JobStoppedError("failed", _exit_reason(status, job.folder / "log.txt"))
        return record

    def _watch(self, job: FitJob | CellJob, running: RunningJob) -> int:
        """Wait for a job, tell of its progress, and end it when its time is up."""
        progress = ProgressFile(job.folder)
        started = time.monotonic()
        told = None
        while (status := running.wait(POLL_SECONDS)) is None:
            now = progress.read()
            if now is not None and now != told:
                told = now
                self.registry.events.harness_stage_progress(job=job, progress=now)
            limit = self.execution.timeout
            if limit is not None and time.monotonic() - started > limit:
                running.kill()
                raise _JobStoppedError("timeout", f"stopped after {limit:g} s, as --timeout says")
        return status

    def _finish(self, job: FitJob | CellJob, record: Record) -> Record:
        """Keep the record of a job in the run."""
        assert isinstance(record, (FitRecord, CellRecord))
        if isinstance(record, CellRecord):
            record = with_published(record, self.registry)
        self.writer.append(record)
        self.registry.events.harness_job_finished(job=job, record=record)
        return record


def _named_as_planned(record: Record, job: FitJob | CellJob) -> Record:
    """A record of the store, under the names that this run uses for the same things."""
    planned = empty_record(job)
    names: dict[str, Any] = {"method": planned.method, "reused": True}
    if isinstance(planned, CellRecord):
        names |= {
            "dataset": planned.dataset,
            "trained_on": planned.trained_on,
            "clean": planned.clean,
            "narrowed": planned.narrowed,
        }
    else:
        names |= {"trained_on": planned.trained_on, "clean": planned.clean}
    return replace(record, **names)


def _exit_reason(status: int, log: Path) -> str:
    """Why a process ended without leaving a record."""
    if status == -signal.SIGKILL:
        return "its process was killed; the system does so when memory runs out"
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    last = next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    return f"its process ended {how}: {last} (see {log})"


def _stop(running: RunningJob) -> None:
    """Ask a job to stop; end it when it takes too long, or at a second Ctrl-C."""
    try:
        running.terminate()
        if running.wait(GRACE_SECONDS) is None:
            running.kill()
    except KeyboardInterrupt:
        running.kill()


@contextmanager
def _handling(signum: signal.Signals, handler: Any) -> Iterator[None]:
    """Handle a signal in another way for a while."""
    try:
        before = signal.signal(signum, handler)
    except ValueError:  # not the main thread, which alone gets signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signum, before)
