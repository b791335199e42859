"""What a run will cost: its jobs side by side, on paper."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.runs.cost import Cost
from harness.runs.graph import JobGraph
from harness.runs.slots import Place, Queue, Slots


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a run will cost, as far as it is known.

    Attributes:
        costs: of every job, by its key, in the order in which they start.
        seconds: wall time of all, side by side; None where the time of a job is unknown.
        memory: the most bytes that jobs side by side take; None where that of one is unknown.
        disk: bytes of what all keep; None where that of one is unknown.
    """

    costs: dict[str, Cost]
    seconds: float | None
    memory: int | None
    disk: int | None

    @property
    def unknown(self) -> int:
        """The number of jobs whose time is unknown."""
        return sum(cost.seconds is None for cost in self.costs.values())


def forecast(
    plan: Plan, slots: Slots | Queue, cost_of: Callable[[FitJob | CellJob, Place], Cost]
) -> Forecast:
    """Go through a plan as its run will, without doing anything.

    Args:
        plan: of the run.
        slots: where its jobs run; all free, and free again at the end.
        cost_of: what is left to be done of a job, at the place that it gets.
    """
    graph = JobGraph(plan, slots.gives_way)
    costs: dict[str, Cost] = {}
    running: list[tuple[float, int, FitJob | CellJob, Place]] = []  # a heap, by their ends
    now, memory, most = 0.0, 0, 0
    while running or not graph.is_empty:
        while (job := graph.first) and (place := slots.take(job)):
            cost = costs[graph.pop().key] = cost_of(job, place)
            heapq.heappush(running, (now + (cost.seconds or 0.0), len(costs), job, place))
            memory += cost.memory or 0
        most = max(most, memory)
        now, _, job, place = heapq.heappop(running)
        memory -= costs[job.key].memory or 0
        slots.release(place)
        graph.ended(job)
    all_costs = costs.values()
    return Forecast(
        costs=costs,
        seconds=None if any(cost.seconds is None for cost in all_costs) else now,
        memory=None if any(cost.memory is None for cost in all_costs) else most,
        disk=None
        if any(cost.disk is None for cost in all_costs)
        else sum(cost.disk or 0 for cost in all_costs),
    )
