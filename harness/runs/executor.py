"""Carrying out a plan: jobs side by side, each in a process of its own, none harming another."""

import logging
import time
from dataclasses import replace

from harness.errors import ExitCode, HarnessError
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.results.records import CellRecord, FitRecord, Run, as_planned, blank_record
from harness.runs.attempt import Attempt, Execution
from harness.runs.folder import RunWriter
from harness.runs.graph import JobGraph
from harness.runs.interrupts import ended_like_ctrl_c, undisturbed
from harness.runs.launching import Launchers
from harness.runs.published_scores import with_published
from harness.runs.slots import Place, Queue, Slots
from harness.runs.store import Store

POLL_SECONDS = 0.1
"""In which every running job is looked at once."""
GRACE_SECONDS = 15.0
"""How long jobs may take to write their checkpoints when the run is interrupted."""

ALONE = "memory ran out beside other jobs on its device, so it was done again alone"
"""Note of a job that needs more memory than others left it, and no more than there is."""

_log = logging.getLogger(__name__)


def execute(
    plan: Plan,
    registry: Registry,
    store: Store,
    writer: RunWriter,
    launchers: Launchers,
    slots: Slots | Queue,
    execution: Execution,
) -> Run:
    """Carry out a plan; every planned fit and cell ends as a record.

    Jobs start in the order of the plan as slots become free, a fit right before its first cell; one
    that finds no place is not overtaken. Where there are several slots, cells that are timed come
    after all others that may start. One thread starts the jobs, looks after them, and tells writer
    and observers.

    A job whose record is in the store is not done again; one that another run works on is waited
    for. A job that fails leaves a record that says why, and the run goes on; one that ran out of
    memory beside others is done again alone, once. Ctrl-C asks all running jobs to stop, with a
    checkpoint, and ends the run; what is done is kept.

    If it is to leave the jobs to their launchers, it starts what may start, takes what has ended,
    and returns a run that goes on.

    Args:
        plan: what to do.
        registry: hears of events.
        store: of results.
        writer: of the run.
        launchers: start the jobs.
        slots: where jobs run, or the queue of a launcher that schedules them.
        execution: how.

    Returns:
        The run as it can be read back.
    """
    return _Executor(plan, registry, store, writer, launchers, slots, execution).execute()


def exit_code_of(run: Run) -> ExitCode:
    """The exit code of the command that made a run."""
    if run.state == "interrupted":
        return ExitCode.INTERRUPTED
    good = ("done", "interrupted") if run.state == "running" else ("done",)
    records = (*run.fits, *run.cells)
    return ExitCode.OK if all(record.status in good for record in records) else ExitCode.FAILED


class _Executor:
    def __init__(
        self,
        plan: Plan,
        registry: Registry,
        store: Store,
        writer: RunWriter,
        launchers: Launchers,
        slots: Slots | Queue,
        execution: Execution,
    ) -> None:
        self.plan = plan
        self.registry = registry
        self.store = store
        self.writer = writer
        self.launchers = launchers
        self.slots = slots
        self.execution = execution
        self.graph = JobGraph(plan, slots.gives_way)
        self.attempts: dict[str, Attempt] = {}
        self.alone: set[str] = set()
        self.fits: dict[str, FitRecord] = {}
        self.changes = 0  # starts and ends of jobs

    def execute(self) -> Run:
        """Do every cell, and the fits they need."""
        events = self.registry.events
        events.harness_plan(plan=self.plan)
        interrupted = False
        with ended_like_ctrl_c():
            try:
                self._carry_on()
            except KeyboardInterrupt:
                interrupted = True
                self._stop_jobs()
        with undisturbed():  # let the last files be written in peace
            run = (
                self._leave_jobs() if self.attempts else self.writer.close(interrupted=interrupted)
            )
            events.harness_run_finished(run=run)
        return run

    def _carry_on(self) -> None:
        """Do all jobs; where they are left to their launchers, as long as some start or end."""
        while self.attempts or not self.graph.is_empty:
            before = self.changes
            self._start_jobs()
            self._look_after_jobs()
            if self.execution.detach and self.changes == before:
                return

    def _start_jobs(self) -> None:
        """Start jobs as long as there is a place for the next."""
        while job := self.graph.first:
            place = self.slots.take(job, alone=job.key in self.alone)
            if place is None:
                return
            self.graph.pop()
            self._start(job, place)

    def _start(self, job: FitJob | CellJob, place: Place) -> None:
        """Start a job, unless its record is known already."""
        if record := self._known(job):
            self.slots.release(place)
            self._finish(record)
            return
        attempt = Attempt(
            job, place, self.store, self.registry.events, self.launchers, self.execution
        )
        self.attempts[job.key] = attempt
        self.changes += 1
        self._go_on(attempt, 0)

    def _known(self, job: FitJob | CellJob) -> FitRecord | CellRecord | None:
        """The record of a job that is impossible, that lacks its fit, or that is done already."""
        if isinstance(job, CellJob) and job.fit:
            trained = self.fits[job.fit.key]
            if trained.status != "done":
                return blank_record(
                    job,
                    status=trained.status,
                    error=f"training: {trained.error or trained.status}",
                    traceback=trained.traceback,
                )
        if reason := self.plan.impossible.get(job.key):
            return blank_record(job, status="failed", error=reason)
        if self.execution.fresh:
            return None
        try:
            finished = self.store.finished(job)
        except HarnessError as error:
            return blank_record(job, status="failed", error=str(error))
        return as_planned(finished, job) if finished else None

    def _look_after_jobs(self) -> None:
        """See once how every running job is; it takes no longer than :data:`POLL_SECONDS`."""
        attempts = list(self.attempts.values())
        for attempt in attempts:
            self._go_on(attempt, POLL_SECONDS / len(attempts))

    def _go_on(self, attempt: Attempt, seconds: float) -> None:
        """Let a job go on for at most this long, and keep its record if it has ended."""
        record = attempt.go_on(seconds)
        if record is None:
            return
        job, place = attempt.job, attempt.place
        del self.attempts[job.key]
        self.slots.release(place)
        if record.status == "out-of-memory" and place.shared:
            _log.warning("%s: memory ran out beside other jobs: it is done again alone", job.title)
            self.alone.add(job.key)
            self.graph.put_back(job, last=True)
            return
        if job.key in self.alone:
            record = replace(record, notes=(*record.notes, ALONE))
        self._finish(record)

    def _finish(self, record: FitRecord | CellRecord) -> None:
        """Keep the record of a job in the run, and let the cells of a fit start."""
        self.changes += 1
        if isinstance(record, CellRecord):
            record = with_published(record, self.registry)
        else:
            self.fits[record.key] = record
        self.writer.append(record)
        self.registry.events.harness_job_finished(job=record.job, record=record)
        self.graph.ended(record.job)

    def _stop_jobs(self) -> None:
        """Ask all jobs to stop; end those that take too long, or all at a second Ctrl-C."""
        try:
            for attempt in self.attempts.values():
                attempt.terminate()
            end = time.monotonic() + GRACE_SECONDS
            for attempt in self.attempts.values():
                attempt.end(max(0.0, end - time.monotonic()))
        except KeyboardInterrupt:
            with undisturbed():
                for attempt in self.attempts.values():
                    attempt.end(0)
        with undisturbed():
            for attempt in self.attempts.values():
                self._finish(blank_record(attempt.job, seconds=attempt.seconds))
        self.attempts.clear()

    def _leave_jobs(self) -> Run:
        """Leave all jobs to their launchers; the run goes on."""
        for attempt in self.attempts.values():
            attempt.leave()
        return self.writer.leave()
