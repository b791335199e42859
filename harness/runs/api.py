"""Runs from Python: the same as ``harness run`` from the command line, which is made of these."""

from pathlib import Path

from harness.plugin.blame import blaming
from harness.plugin.registry import Registry, load_registry
from harness.plugin.selector import selectors_in
from harness.results.plan import Plan
from harness.results.records import Run
from harness.runs.attempt import Execution
from harness.runs.executor import execute
from harness.runs.folder import RunWriter
from harness.runs.launching import Launchers, places_for
from harness.runs.overlap import with_overlaps
from harness.runs.planning import make_plan
from harness.runs.provenance import provenance
from harness.runs.request import Request
from harness.runs.store import Store
from harness.specs import LoadSettings


def run(request: Request, registry: Registry | None = None) -> Run:
    """Train and measure methods side by side.

    ::

        import harness

        run = harness.run(harness.Request(methods="mine,other[width=32]"))
        for cell in run.cells:
            print(cell.method, cell.status, [score.value for score in cell.scores])

    A job that fails leaves a record with its reason and raises nothing. Results that are in
    ``request.out`` already are taken from there. In a script, call it below
    ``if __name__ == "__main__":``, for jobs are processes of their own.

    Args:
        request: what to run, and how.
        registry: the plugins, see :func:`harness.load_plugins`; None: those that are installed.

    Returns:
        The run, with a record per fit and cell.

    Raises:
        UsageError: the request is impossible.
        DataError: images or folders are missing.
        PluginError: a method or metric cannot be loaded.
    """
    registry = registry or load_registry()
    launchers = Launchers(request, registry)
    return carry_out(request, registry, plan(request, registry), launchers)


def plan(request: Request, registry: Registry | None = None) -> Plan:
    """The jobs that a run would take, without doing any; raises as :func:`run`."""
    return make_plan(request, registry or load_registry())


def load_plugins(*plugins: str) -> Registry:
    """Find all plugins that are installed, and more.

    Args:
        plugins: paths of ``.py`` files, names of modules, and ``no:name`` to leave a plugin out.

    Raises:
        UsageError: one that is named does not exist.
    """
    return load_registry(LoadSettings(plugins=tuple(plugins)))


def carry_out(request: Request, registry: Registry, planned: Plan, launchers: Launchers) -> Run:
    """Carry out the plan of a request; registered observers and its trackers hear of it."""
    observers = trackers(request, registry)
    slots = places_for(request, planned, launchers)
    planned = with_overlaps(planned, registry)
    store = Store(Path(request.out))
    facts = provenance(request.seeds, registry.events.harness_provenance())
    with registry.observed_by(observers):
        return execute(
            planned,
            registry,
            store,
            RunWriter(store.root, facts, planned),
            launchers,
            slots,
            Execution(fresh=request.fresh, timeout=request.timeout, detach=request.detach),
        )


def trackers(request: Request, registry: Registry) -> dict[str, object]:
    """The trackers that a request asks for, by label; each has a folder of its name.

    Raises:
        UsageError: there is no such tracker.
        PluginError: it needs a package that is missing.
    """
    made = {}
    for selector in selectors_in(request.log_with):
        chosen = registry.choose("tracker", selector)
        tracker, arguments = registry.load(chosen), registry.arguments(chosen)
        with blaming(f"tracker {chosen.label!r}"):
            made[chosen.label] = tracker(folder=Path(request.out) / chosen.name, **arguments)
    return made
