"""Carrying out a plan: job after job, each in a process of its own, none harming another."""

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import ExitCode, HarnessError
from harness.launchers import Launcher, RunningJob
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob, write_job
from harness.results.names import CHECKPOINT, LOG, LOSSES
from harness.results.plan import Plan
from harness.results.progress import ProgressFile
from harness.results.records import (
    CellRecord,
    FitRecord,
    Run,
    Status,
    as_planned,
    blank_record,
)
from harness.runs.exits import exit_reason
from harness.runs.folder import RunWriter
from harness.runs.published_scores import with_published
from harness.runs.store import Store
from harness.worker.ending import first_error

POLL_SECONDS = 0.1
GRACE_SECONDS = 15.0
"""How long a job may take to write its checkpoint when the run is interrupted."""

_log = logging.getLogger(__name__)


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
    again; one that another run works on is waited for. A job that fails leaves a record that says
    why, and the run goes on. Ctrl-C asks the running job to stop, with a checkpoint, and ends the
    run; what is done is kept.

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
    records = (*run.fits, *run.cells)
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
        self.fits: dict[str, FitRecord | CellRecord] = {}

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
        with _undisturbed():  # let the last files be written in peace
            run = self.writer.close(interrupted=interrupted)
            events.harness_run_finished(run=run)
        return run

    def _cell(self, cell: CellJob) -> None:
        trained = None
        if cell.fit:
            if cell.fit.key not in self.fits:
                self.fits[cell.fit.key] = self._do(cell.fit)
            trained = self.fits[cell.fit.key]
        if trained is None or trained.status == "done":
            self._do(cell)
            return
        self._finish(
            blank_record(
                cell,
                status=trained.status,
                error=f"training: {trained.error or trained.status}",
                traceback=trained.traceback,
            )
        )

    def _do(self, job: FitJob | CellJob) -> FitRecord | CellRecord:
        """Do a job, unless its result is there already."""
        if reason := self.plan.impossible.get(job.key):
            return self._finish(blank_record(job, status="failed", error=reason))
        started = time.monotonic()
        try:
            record = self._reused(job) or self._made(job)
        except _JobStoppedError as error:
            record = blank_record(job, status=error.status, error=str(error))
        except HarnessError as error:
            record = blank_record(job, status="failed", error=str(error))
        except KeyboardInterrupt:
            with _undisturbed():
                self._finish(blank_record(job, seconds=_since(started)))
            raise
        if not record.seconds:
            record = replace(record, seconds=_since(started))
        return self._finish(record)

    def _reused(self, job: FitJob | CellJob) -> FitRecord | CellRecord | None:
        """The record of a job that is done already."""
        finished = None if self.execution.fresh else self.store.finished(job)
        return as_planned(finished, job) if finished else None

    def _made(self, job: FitJob | CellJob) -> FitRecord | CellRecord:
        """Do a job; where another run works on it, wait and take what that run made."""

        def say() -> None:
            _log.warning("waiting for another run, which works on: %s", job.title)

        with self.store.locked(job, on_wait=say) as waited:
            if waited and (finished := self.store.finished(job)):
                return as_planned(finished, job)
            self._clean(job)
            self.registry.events.harness_job_started(job=job)
            return self._run(job)

    def _clean(self, job: FitJob | CellJob) -> None:
        """Remove what an earlier try left, but for the checkpoint of a fit that goes on."""
        goes_on = isinstance(job, FitJob) and not self.execution.fresh
        kept = [CHECKPOINT, LOSSES] if goes_on else []
        self.store.clean(job, keep=kept)

    def _run(self, job: FitJob | CellJob) -> FitRecord | CellRecord:
        """Start the process of a job, watch it, and read the record that it leaves."""
        folder = self.store.folder(job)
        running = self.launcher_of(job).start(
            write_job(job, folder),
            folder / LOG,
            processes=job.processes if isinstance(job, FitJob) else 1,
            device=job.torch_device,
        )
        try:
            status = self._watch(job, running)
        except KeyboardInterrupt:
            _stop(running)
            raise
        record = self.store.record(folder)
        if record is None:
            if failure := first_error(folder):
                raise _JobStoppedError(failure.status, failure.error)
            raise _JobStoppedError("failed", exit_reason(status, folder / LOG))
        for note in record.notes:
            _log.warning("%s: %s", job.title, note)
        return replace(record, job=job)  # type: ignore[arg-type]

    def _watch(self, job: FitJob | CellJob, running: RunningJob) -> int:
        """Wait for a job, report its progress, and end it when its time is up."""
        progress = ProgressFile(self.store.folder(job))
        started = time.monotonic()
        reported = None
        while (status := running.wait(POLL_SECONDS)) is None:
            now = progress.read()
            if now is not None and now != reported:
                reported = now
                self.registry.events.harness_stage_progress(job=job, progress=now)
            limit = self.execution.timeout
            if limit is not None and time.monotonic() - started > limit:
                running.kill()
                raise _JobStoppedError("timeout", f"stopped after {limit:g} s, as --timeout says")
        return status

    def _finish(self, record: FitRecord | CellRecord) -> FitRecord | CellRecord:
        """Keep the record of a job in the run."""
        if isinstance(record, CellRecord):
            record = with_published(record, self.registry)
        self.writer.append(record)
        self.registry.events.harness_job_finished(job=record.job, record=record)
        return record


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _stop(running: RunningJob) -> None:
    """Ask a job to stop; end it when it takes too long, or at a second Ctrl-C."""
    try:
        running.terminate()
        if running.wait(GRACE_SECONDS) is None:
            running.kill()
    except KeyboardInterrupt:
        with _undisturbed():
            running.kill()


def _undisturbed() -> AbstractContextManager[None]:
    """Ignore Ctrl-C for a while."""
    return _handling(signal.SIGINT, signal.SIG_IGN)


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
