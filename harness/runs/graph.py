"""The order of a plan's jobs: a cell comes after its fit, and what measures time after the rest."""

import heapq
from collections.abc import Callable

from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan


class JobGraph:
    """Jobs of a plan that have not started: those that may, and cells that need a fit first.

    They start in the order of the plan, a fit right before its first cell; those that come last, in
    that order, when no other may start. Every operation takes a time that grows with the logarithm
    of the number of jobs.

    Args:
        plan: whose jobs these are.
        comes_last: whether a job gives way to all others that may start.
    """

    def __init__(self, plan: Plan, comes_last: Callable[[FitJob | CellJob], bool]) -> None:
        self._comes_last = comes_last
        self._ready: list[tuple[bool, int, FitJob | CellJob]] = []  # a heap
        self._cells: dict[str, list[CellJob]] = {}  # that need a fit, by its key
        self._positions: dict[str, int] = {}
        for cell in plan.cells:
            if cell.fit is None:
                self._add(cell)
                continue
            if cell.fit.key not in self._cells:
                self._cells[cell.fit.key] = []
                self._add(cell.fit)
            self._cells[cell.fit.key].append(cell)
            self._place(cell)

    @property
    def first(self) -> FitJob | CellJob | None:
        """The next that may start; None where all wait for their fits, and at the end."""
        return self._ready[0][2] if self._ready else None

    @property
    def is_empty(self) -> bool:
        """Whether all have started."""
        return not self._ready and not self._cells

    def pop(self) -> FitJob | CellJob:
        """Take out the first, which starts."""
        return heapq.heappop(self._ready)[2]

    def put_back(self, job: FitJob | CellJob, *, last: bool) -> None:
        """Let a job that was taken out start again, after all others if it is to be ``last``."""
        heapq.heappush(self._ready, (last, self._positions[job.key], job))

    def ended(self, job: FitJob | CellJob) -> None:
        """Let the cells of a fit start, for it has ended, in whatever way."""
        for cell in self._cells.pop(job.key, ()):
            self._add(cell)

    def _add(self, job: FitJob | CellJob) -> None:
        self._place(job)
        self.put_back(job, last=self._comes_last(job))

    def _place(self, job: FitJob | CellJob) -> None:
        """Give a job its position in the order of the plan, unless it has one."""
        self._positions.setdefault(job.key, len(self._positions))
