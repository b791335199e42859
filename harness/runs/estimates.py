"""What a request will cost, before it is carried out and while it is."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.errors import UsageError
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.runs.clock import RunClock
from harness.runs.cost import NOTHING, Cost, Costs
from harness.runs.forecast import Forecast, forecast
from harness.runs.launching import Launchers, places_for
from harness.runs.probe import Probe
from harness.runs.request import Request
from harness.runs.slots import Place
from harness.runs.store import Store


def cost(
    request: Request,
    registry: Registry,
    planned: Plan,
    launchers: Launchers,
    *,
    probing: bool = False,
) -> Forecast:
    """What the plan of a request will cost: time, memory and disk, of every job and in all.

    Args:
        request: that was planned.
        registry: the plugins.
        planned: its plan.
        launchers: of its jobs.
        probing: measure a part of each job of which nothing is known; it leaves no result.

    Raises:
        UsageError: probing would measure another machine than that of the jobs.
    """
    if probing and launchers.scheduling:
        raise UsageError(
            f"--probe measures this machine, and --launcher {request.launcher} runs jobs on "
            "others: leave one out"
        )
    store, costs = Store(Path(request.out)), _costs(request, registry, planned, launchers)
    here = Launchers(replace(request, launcher="", launchers={}, detach=False), registry)

    def cost_of(job: FitJob | CellJob, place: Place) -> Cost:
        if planned.is_impossible(job) or (not request.fresh and store.finished(job)):
            return NOTHING
        estimate = costs.estimate(job, place.resources)
        if probing and estimate.seconds is None:
            if measured := probe.measure(job, place.resources):
                costs.add_probe(job, place.resources, measured)
            return costs.estimate(job, place.resources)
        return estimate

    with TemporaryDirectory(prefix="harness-") as folder:
        probe = Probe(here, Path(folder))
        return forecast(planned, places_for(request, planned, launchers), cost_of)


def run_clock(
    request: Request, registry: Registry, planned: Plan, launchers: Launchers
) -> RunClock:
    """An observer that tells how much time is left of a run, for who shows its progress."""
    costs = _costs(request, registry, planned, launchers)
    places = places_for(request, planned, launchers)
    return RunClock(costs, places, Store(Path(request.out)), fresh=request.fresh)


def _costs(request: Request, registry: Registry, planned: Plan, launchers: Launchers) -> Costs:
    """What is known of the costs of a plan's jobs from those that are done."""
    costs = Costs(registry, anywhere=launchers.scheduling is not None)
    costs.learn_from(Store(Path(request.out)), planned.jobs)
    return costs
