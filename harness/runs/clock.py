"""The time that is left of a run, while it goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.plugin.hooks import hookimpl
from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.results.progress import Pace, Progress
from harness.results.records import CellRecord, FitRecord
from harness.runs.cost import NOTHING, Cost, Costs
from harness.runs.forecast import forecast
from harness.runs.slots import Place, Queue, Slots
from harness.runs.store import Store

INTERVAL = 1.0
"""Seconds for which an answer holds, for a run may have thousands of jobs."""


@dataclass
class _Running:
    """A running job: when it started, how fast it goes on, and when it is expected to end."""

    started: float
    pace: Pace = field(default_factory=Pace)
    end: float | None = None


class RunClock:
    """An observer that tells when a run will have ended: from how far its jobs are, and estimates.

    Args:
        costs: estimates them, and hears of jobs that have ended.
        slots: as the run has them, but its own.
        store: of results.
        fresh: what is done already is done again.
        clock: counts seconds.
    """

    def __init__(
        self,
        costs: Costs,
        slots: Slots | Queue,
        store: Store,
        *,
        fresh: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._costs = costs
        self._slots = slots
        self._store = store
        self._clock = clock
        self._plan = Plan(())
        self._done = set() if fresh else set(costs.done)
        self._running: dict[str, _Running] = {}
        self._answer: float | None = None
        self._answered = -INTERVAL

    @hookimpl
    def harness_plan(self, plan: Plan) -> None:
        """Hear what is to be done; what is impossible takes no time."""
        self._plan = plan
        self._done |= {job.key for job in plan.jobs if plan.is_impossible(job)}

    @hookimpl
    def harness_job_started(self, job: FitJob | CellJob) -> None:
        """Hear that a job starts."""
        self._running[job.key] = _Running(self._clock())

    @hookimpl
    def harness_stage_progress(self, job: FitJob | CellJob, progress: Progress) -> None:
        """Hear how far a job is."""
        if running := self._running.get(job.key):
            now = self._clock()
            left = running.pace.seconds_left(now, progress.fraction)
            running.end = None if left is None else now + left

    @hookimpl
    def harness_job_finished(self, job: FitJob | CellJob, record: FitRecord | CellRecord) -> None:
        """Hear that a job has ended, which tells of others like it."""
        self._running.pop(job.key, None)
        self._done.add(job.key)
        if not record.reused:
            self._costs.add(record, self._store.folder(job))

    def seconds_left(self) -> float | None:
        """The time that is left of the run; None where that of a job is unknown."""
        now = self._clock()
        if now - self._answered >= INTERVAL:
            self._answered = now
            self._answer = forecast(self._plan, self._slots, self._cost).seconds
        return self._answer

    def _cost(self, job: FitJob | CellJob, place: Place) -> Cost:
        """What is left to be done of a job."""
        if job.key in self._done:
            return NOTHING
        running = self._running.get(job.key)
        if running is None:
            return self._costs.estimate(job, place.resources)
        now = self._clock()
        if running.end is not None:
            return Cost(seconds=max(0.0, running.end - now))
        whole = self._costs.estimate(job, place.resources).seconds
        return Cost(seconds=None if whole is None else max(0.0, running.started + whole - now))
