"""From what a user asks to a plan: every name resolved, all data found, every job with its key."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from harness.errors import ParameterError, PluginError, UsageError
from harness.methods.construction import without_memory
from harness.methods.networks import noting_networks, trained_networks
from harness.methods.pretrained import load_pretrained
from harness.plugin.blame import FAILURES
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.results.reference import Reference
from harness.runs.data import Data
from harness.runs.devices import precision_notes
from harness.runs.launching import Launchers
from harness.runs.request import Request
from harness.runs.selection import Selection
from harness.specs import SUPERVISION, MethodSpec
from harness.training.budget import parse_budget
from harness.util.files import digest_of
from harness.worker.inputs import ROOMS
from harness.worker.machine import library_versions, timing_conditions

PREVIEWS = 10
"""How often a fit shows, where there is a tracker, what it makes of some training crops."""


def make_plan(request: Request, registry: Registry) -> Plan:
    """Plan a run.

    A dataset whose plugin fails makes its own jobs impossible, and no others; what the user can
    mend is an error.

    Args:
        request: what the user asks for.
        registry: knows the plugins.

    Raises:
        UsageError: the request is impossible, such as training data that must be named.
        DataError: images or folders are missing; all missing folders are named at once.
        PluginError: a method or metric cannot be loaded.
    """
    return _Planner(request, registry).plan()


class _Planner:
    """Makes one plan."""

    def __init__(self, request: Request, registry: Registry) -> None:
        self.request = request
        self.registry = registry
        self.selection = Selection(request, registry)
        self.data = Data(request, registry, self.selection)
        self.budget = parse_budget(request.budget)
        self.launchers = Launchers(request, registry)
        self.pool = self.launchers.pool
        self.libraries = library_versions()

    def plan(self) -> Plan:
        """Make the plan."""
        methods = [self._constructed(method) for method in self.selection.methods]
        if self.request.clean and "unpaired" not in map(self.registry.view_of, methods):
            raise UsageError(
                f"--clean {self.request.clean}: none of these methods trains on unpaired images; "
                "leave it out"
            )
        self._check_views(methods)
        self.data.check_roots(methods)
        cells = {
            cell.key: cell
            for dataset in self.selection.datasets
            for method in methods
            for cell in self._cells(method, dataset)
        }
        return Plan(
            tuple(cells.values()),
            self._impossible(list(cells.values())),
            tuple(dict.fromkeys((*self.selection.notes, *self._precision_notes()))),
        )

    def _precision_notes(self) -> tuple[str, ...]:
        """Of this machine; where a launcher schedules jobs, others are theirs."""
        if self.launchers.scheduling:
            return ()
        return precision_notes(self.pool, self.request.precision)

    def _check_views(self, methods: Iterable[Reference]) -> None:
        """See that no method is trained on test images which would be shown the clean ones.

        Raises:
            UsageError: some would; names all of them.
        """
        if self.request.train_on != "test":
            return
        views = {
            each.label: self.registry.view_of(each) for each in methods if self.data.trains(each)
        }
        seeing = [
            f"{label} ({SUPERVISION[view]})" for label, view in views.items() if view != "noisy"
        ]
        if seeing:
            raise UsageError(
                f"--train-on test is for self-supervised methods: {' and '.join(seeing)} would "
                "learn from clean images too, and those of a test set must stay unseen; "
                "leave out those methods, or say --train DATASET instead"
            )

    def _constructed(self, method: Reference) -> Reference:
        """Say before work starts that a method, its parameters or its weights are wrong.

        Returns:
            The method, narrowed by nothing but what it makes use of.
        """
        if method.label in self.selection.unloadable:
            return method
        if method.label in self.selection.weights:
            load_pretrained(self.registry.build(method), self.selection.weights[method.label])
            return method
        with noting_networks() as built, without_memory():
            try:
                constructed = self.registry.build(method)
            except (ParameterError, PluginError):
                raise
            except FAILURES:  # that is for the job, which leaves a record of it
                return method
            in_use = set(built)
            if self.data.trains(method):
                with suppress(*FAILURES):  # stages may need to know the images
                    in_use = trained_networks(built, constructed.stages())
        entry = self.registry.find("method", method.name)
        idle = entry.idle(method.parameters, is_limited=self.budget.is_limited) | {
            name
            for name, value in method.parameters.items()
            if isinstance(value, Reference) and value.selector not in in_use
        }
        narrowed = {name: text for name, text in method.narrowed.items() if name not in idle}
        return replace(method, narrowed=narrowed)

    def _cells(self, method: Reference, dataset: Reference) -> Iterator[CellJob]:
        """The cells of a method on a dataset: one per seed of its fit, or one if it has none."""
        if not self.data.trains(method):
            yield self._cell(method, dataset, None, self.request.seeds[0])
            return
        for seed in self.request.seeds:
            yield self._cell(method, dataset, self._fit(method, dataset, seed), seed)

    def _fit(self, method: Reference, tested: Reference, seed: int) -> FitJob:
        request = self.request
        data = self.data.trained_on(tested)
        view = self.registry.view_of(method)
        return FitJob(
            method=method,
            seed=seed,
            view=view,
            device=self.pool.kind,
            precision=request.precision,
            core=self.selection.sources.room_digest(*ROOMS["fit"]),
            libraries=self.libraries,
            settings=self.registry.settings,
            data=data,
            clean=self.data.clean_images(tested, data) if view == "unpaired" else None,
            budget=self.budget.text,
            processes=request.processes,
            accumulate=request.accumulate,
            compile=request.compile,
            checkpoint_seconds=request.checkpoint_seconds,
            previews=PREVIEWS if request.log_with else 0,
        )

    def _cell(
        self, method: Reference, dataset: Reference, fit: FitJob | None, seed: int
    ) -> CellJob:
        request = self.request
        spec = self.registry.find("method", method.name).spec
        assert isinstance(spec, MethodSpec)
        weights = self.selection.weights.get(method.label)
        return CellJob(
            method=method,
            seed=seed,
            view=self.registry.view_of(method),
            device=self.pool.kind,
            conditions=self._conditions_of(method),
            precision=request.precision,
            core=self.selection.sources.room_digest(*ROOMS["cell"]),
            libraries=self.libraries,
            settings=self.registry.settings,
            data=self.data.tested(dataset),
            metrics=self.selection.metrics_on(dataset),
            fit=fit,
            weights=weights,
            weights_digest=digest_of(weights) if weights else "",
            oracle=spec.oracle,
            images=request.images,
            image_bits=request.image_bits,
            tile=request.tile,
        )

    def _conditions_of(self, method: Reference) -> dict[str, str]:
        """What the numbers of the metrics depend on, if those of some depend on the machine."""
        if not any(each.column.depends_on_machine for each in self.selection.metrics):
            return {}
        if self.launchers.scheduling:  # nobody knows before which machine it will be
            return {"launcher": self.launchers.asked_for(method)}
        return self._conditions_here

    @cached_property
    def _conditions_here(self) -> dict[str, str]:
        return timing_conditions(self.pool.first, self.request.precision)

    def _impossible(self, cells: list[CellJob]) -> dict[str, str]:
        """Why jobs cannot be done, by their keys: the plugin of their method or data failed."""
        reasons = {}
        for cell in cells:
            for job in filter(None, (cell.fit, cell)):
                if job.method.label in self.selection.unloadable:
                    reasons[job.key] = self.selection.unloadable[job.method.label]
                for data in job.datasets:
                    if data.fingerprint in self.data.problems:
                        reasons[job.key] = self.data.problems[data.fingerprint]
        return reasons
