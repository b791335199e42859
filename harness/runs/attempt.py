"""One try at a job: its process started, watched and ended, and the record that it leaves."""

import logging
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from harness.errors import HarnessError
from harness.launchers import RESTARTS, Ended, Launcher, RunningJob
from harness.plugin.events import Events
from harness.results.jobs import CellJob, FitJob, write_job
from harness.results.losses import GrowingCurve
from harness.results.names import CHECKPOINT, JOB, LAUNCHER, LOG, LOSSES, PREVIEWS
from harness.results.progress import Progress, ProgressFile
from harness.results.records import CellRecord, FitRecord, Status, as_planned, blank_record
from harness.runs.exits import exit_reason
from harness.runs.launching import Launchers
from harness.runs.slots import Place
from harness.runs.store import Store
from harness.util.files import write_text
from harness.worker.ending import first_error

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How a plan is carried out.

    Attributes:
        fresh: do again what is done already.
        timeout: time that a job may run, in seconds; None: no limit. The time that it waits for its
            turn, or ran before this command took it over, does not count.
        detach: start what can be started, and leave it to its launcher.
    """

    fresh: bool = False
    timeout: float | None = None
    detach: bool = False


class _JobStoppedError(HarnessError):
    """A job was ended from outside."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status: Status = status


class Attempt:
    """One try at a job, a moment at a time, so that many go on side by side in one thread.

    A job that an earlier command left behind is taken over. One that is lost, as its launcher says,
    is started again, and a fit goes on from its checkpoint.

    Args:
        job: what to do.
        place: where.
        store: of results; a job on which another run works is waited for.
        events: hear of its start and its progress.
        launchers: start it.
        execution: how it is carried out.
    """

    def __init__(
        self,
        job: FitJob | CellJob,
        place: Place,
        store: Store,
        events: Events,
        launchers: Launchers,
        execution: Execution,
    ) -> None:
        self.job = job
        self.place = place
        self._store = store
        self._events = events
        self._launchers = launchers
        self._execution = execution
        self._began = time.monotonic()
        self._folder = store.folder(job)
        self._progress = ProgressFile(self._folder)
        self._reported: Progress | None = None
        self._curve = GrowingCurve(self._folder)
        self._held = ExitStack()  # the job's folder, once it is ours
        self._waited = False
        self._launcher: Launcher | None = None
        self._running: RunningJob | None = None
        self._ended: int | Ended | None = None
        self._looked = 0.0  # when the job was looked at last
        self._ran = 0.0  # seconds, without those that it waited
        self._losses: list[str] = []  # why it was started again

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
        self._let_go()
        return record if record.seconds else replace(record, seconds=self.seconds)

    def terminate(self) -> None:
        """Ask the job to stop; a fit writes its checkpoint first."""
        if self._running and self._ended is None:
            self._running.terminate()

    def end(self, seconds: float) -> None:
        """Wait at most this long for the job to stop, and kill it then."""
        if self._running:
            with suppress(HarnessError):  # it cannot be carried out at all
                if self._running.wait(seconds) is None:
                    self._running.kill()
        self._let_go()

    def leave(self) -> None:
        """Leave the job to its launcher, from which another command may take it over."""
        self._held.close()

    def _let_go(self) -> None:
        """Let others have the job, which nobody has to look after any more if it has ended."""
        if self._running and self._is_over(self._running):
            (self._folder / LAUNCHER).unlink(missing_ok=True)
        self._held.close()

    def _is_over(self, running: RunningJob) -> bool:
        """Whether the job has ended, which a launcher that is not heard of cannot say."""
        try:
            return self._ended is not None or running.wait(0) is not None
        except HarnessError:  # it cannot be carried out at all
            return True

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
        left_to = self._left_to()
        if left_to and (ended := self._ended_unseen()):
            return ended
        self._events.harness_job_started(job=self.job)
        if left_to and (running := left_to.attach(self._folder / JOB)):
            self._launcher, self._running = left_to, running
            self._looked = time.monotonic()
        else:
            self._start(goes_on=not self._execution.fresh)
        return None

    def _left_to(self) -> Launcher | None:
        """The launcher to which another command left the job; None for none.

        Raises:
            HarnessError: there is no such launcher here, so nobody can tell how the job is.
        """
        try:
            selector = (self._folder / LAUNCHER).read_text(encoding="utf-8").strip()
        except OSError:
            return None
        return self._launchers.named(selector)

    def _ended_unseen(self) -> FitRecord | CellRecord | None:
        """The record of a job that was left to its launcher and ended while nobody looked."""
        record = None if self._execution.fresh else self._store.record(self._folder)
        if record is None or record.status == "interrupted":
            return None
        (self._folder / LAUNCHER).unlink()
        return self._with_notes(record)

    def _start(self, *, goes_on: bool) -> None:
        """Start the job.

        Args:
            goes_on: a fit does so from the checkpoint that an earlier try left.
        """
        selector = self._launchers.selector_of(self.job)
        self._launcher = self._launchers.named(selector)
        is_kept = goes_on and isinstance(self.job, FitJob)
        kept = [CHECKPOINT, LOSSES, PREVIEWS] if is_kept else []
        self._store.clean(self.job, keep=kept)
        if self._launcher.detaches:
            write_text(self._folder / LAUNCHER, selector + "\n")
        self._running = self._launcher.start(
            write_job(self.job, self._folder), self._folder / LOG, self.place.resources
        )
        self._looked = time.monotonic()
        self._curve = GrowingCurve(self._folder)  # a fit may go on from an earlier point

    def _watch(self, seconds: float) -> FitRecord | CellRecord | None:
        """See whether the job has ended, report its progress, and end it when its time is up."""
        assert self._running
        if self._ended is not None:
            time.sleep(seconds)
            return self._left(self._ended)
        self._ended = self._running.wait(seconds)
        now = time.monotonic()
        if not self._running.is_waiting:
            self._ran += now - self._looked
        self._looked = now
        if self._ended is not None:
            return self._left(self._ended)
        progress = self._progress.read()
        if progress is not None and progress != self._reported:
            self._reported = progress
            self._events.harness_stage_progress(job=self.job, progress=progress)
            self._report_losses()  # not before: a resumed fit puts them in order first
        limit = self._execution.timeout
        if limit is not None and self._ran > limit:
            self._running.kill()
            raise _JobStoppedError("timeout", f"stopped after {limit:g} s, as --timeout says")
        return None

    def _left(self, ended: int | Ended) -> FitRecord | CellRecord | None:
        """The record that the job left, or what is known instead.

        Returns:
            None as long as it may still come to be seen, and where the job was started again.

        Raises:
            _JobStoppedError: it left none; says why.
        """
        assert self._launcher
        self._report_losses()
        record = self._store.record(self._folder)
        if record is None and time.monotonic() - self._looked < self._launcher.lag:
            any(self._folder.iterdir())  # lets a file system that remembers its answers ask again
            return None
        if isinstance(ended, Ended) and (record is None or record.status == "interrupted"):
            if ended.lost and len(self._losses) < RESTARTS:
                self._start_again(ended.reason)
                return None
            record = record or blank_record(self.job)
            return self._with_notes(replace(record, status=ended.status, error=ended.reason))
        if record is None:
            if failure := first_error(self._folder):
                raise _JobStoppedError(failure.status, failure.error)
            status = ended if isinstance(ended, int) else 1
            raise _JobStoppedError("failed", exit_reason(status, self._folder / LOG))
        return self._with_notes(record)

    def _report_losses(self) -> None:
        """Tell observers of the points that the loss curve of a fit has got."""
        if isinstance(self.job, FitJob):
            for point in self._curve.further():
                self._events.harness_loss_point(job=self.job, point=point)

    def _start_again(self, reason: str) -> None:
        """Start a job that was lost again."""
        _log.warning("%s: %s: it is started again", self.job.title, reason)
        self._losses.append(f"{reason}, so it was started again")
        self._ended = None
        self._start(goes_on=True)

    def _with_notes(self, record: FitRecord | CellRecord) -> FitRecord | CellRecord:
        """A record as that of the job, whose notes the user hears, with how often it was lost."""
        for note in record.notes:
            _log.warning("%s: %s", self.job.title, note)
        return replace(record, job=self.job, notes=(*record.notes, *self._losses))  # type: ignore[arg-type]
