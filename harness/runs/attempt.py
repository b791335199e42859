"""One try at a job: its process started, watched and ended, and the record that it leaves."""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from harness.errors import HarnessError
from harness.launchers import Launcher, RunningJob
from harness.plugin.events import Events
from harness.results.jobs import CellJob, FitJob, write_job
from harness.results.names import CHECKPOINT, LOG, LOSSES
from harness.results.progress import Progress, ProgressFile
from harness.results.records import CellRecord, FitRecord, Status, as_planned, blank_record
from harness.runs.exits import exit_reason
from harness.runs.slots import Place
from harness.runs.store import Store
from harness.worker.ending import first_error

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How a plan is carried out.

    Attributes:
        fresh: do again what is done already.
        timeout: time that a job may run, in seconds; None: no limit.
    """

    fresh: bool = False
    timeout: float | None = None


class _JobStoppedError(HarnessError):
    """A job was ended from outside."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status: Status = status


class Attempt:
    """One try at a job, a moment at a time, so that many go on side by side in one thread.

    Args:
        job: what to do.
        place: where.
        store: of results; a job on which another run works is waited for.
        events: hear of its start and its progress.
        launcher_of: chooses its launcher.
        execution: how it is carried out.
    """

    def __init__(
        self,
        job: FitJob | CellJob,
        place: Place,
        store: Store,
        events: Events,
        launcher_of: Callable[[FitJob | CellJob], Launcher],
        execution: Execution,
    ) -> None:
        self.job = job
        self.place = place
        self._store = store
        self._events = events
        self._launcher_of = launcher_of
        self._execution = execution
        self._began = time.monotonic()
        self._folder = store.folder(job)
        self._progress = ProgressFile(self._folder)
        self._reported: Progress | None = None
        self._held = ExitStack()  # the job's folder, once it is ours
        self._waited = False
        self._running: RunningJob | None = None
        self._started = 0.0

    @property
    def seconds(self) -> float:
        """Wall time since it began, with the time that it waited for another run."""
        return round(time.monotonic() - self._began, 3)

    def go_on(self, seconds: float) -> FitRecord | CellRecord | None:
        """Go on for at most this long; returns the record of the job, if it has ended."""
        try:
            record = self._watch(seconds) if self._running else self._begin(seconds)
        except _JobStoppedError as error:
            record = blank_record(self.job, status=error.status, error=str(error))
        except HarnessError as error:
            record = blank_record(self.job, status="failed", error=str(error))
        if record is None:
            return None
        self._held.close()
        return record if record.seconds else replace(record, seconds=self.seconds)

    def terminate(self) -> None:
        """Ask the job to stop; a fit writes its checkpoint first."""
        if self._running:
            self._running.terminate()

    def end(self, seconds: float) -> None:
        """Wait at most this long for the job to stop, and kill it then."""
        if self._running and self._running.wait(seconds) is None:
            self._running.kill()
        self._held.close()

    def _begin(self, seconds: float) -> FitRecord | CellRecord | None:
        """Start the job; where another run works on it, wait and take what that run made."""
        lock = self._store.lock(self.job)
        if lock is None:
            if not self._waited:
                _log.warning("waiting for another run, which works on: %s", self.job.title)
            self._waited = True
            time.sleep(seconds)
            return None
        self._held.enter_context(lock)
        if self._waited and (finished := self._store.finished(self.job)):
            return as_planned(finished, self.job)
        self._clean()
        self._events.harness_job_started(job=self.job)
        self._running = self._launcher_of(self.job).start(
            write_job(self.job, self._folder), self._folder / LOG, self.place.resources
        )
        self._started = time.monotonic()
        return None

    def _clean(self) -> None:
        """Remove what an earlier try left, but for the checkpoint of a fit that goes on."""
        goes_on = isinstance(self.job, FitJob) and not self._execution.fresh
        kept = [CHECKPOINT, LOSSES] if goes_on else []
        self._store.clean(self.job, keep=kept)

    def _watch(self, seconds: float) -> FitRecord | CellRecord | None:
        """See whether the job has ended, report its progress, and end it when its time is up."""
        assert self._running
        status = self._running.wait(seconds)
        if status is not None:
            return self._left(status)
        now = self._progress.read()
        if now is not None and now != self._reported:
            self._reported = now
            self._events.harness_stage_progress(job=self.job, progress=now)
        limit = self._execution.timeout
        if limit is not None and time.monotonic() - self._started > limit:
            self._running.kill()
            raise _JobStoppedError("timeout", f"stopped after {limit:g} s, as --timeout says")
        return None

    def _left(self, status: int) -> FitRecord | CellRecord:
        """The record that the job left.

        Raises:
            _JobStoppedError: it left none; says why.
        """
        record = self._store.record(self._folder)
        if record is None:
            if failure := first_error(self._folder):
                raise _JobStoppedError(failure.status, failure.error)
            raise _JobStoppedError("failed", exit_reason(status, self._folder / LOG))
        for note in record.notes:
            _log.warning("%s: %s", self.job.title, note)
        return replace(record, job=self.job)  # type: ignore[arg-type]
