"""The launchers of a run, and the devices that its jobs compute on."""

from dataclasses import replace
from functools import cached_property

from harness.errors import UsageError
from harness.launchers import Launcher
from harness.plugin.blame import blaming
from harness.plugin.registry import Registry
from harness.plugin.selector import Selector, parse_selector
from harness.results.jobs import CellJob, FitJob
from harness.results.plan import Plan
from harness.results.reference import Reference
from harness.runs.devices import Pool, chosen_pool, scheduled_pool
from harness.runs.request import Request
from harness.runs.slots import Queue, Slots, queue_for, slots_for
from harness.specs import MethodSpec

LOCAL = "local"
"""The launcher of jobs of one process, where the user names none."""


class Launchers:
    """Starts every job with the launcher asked for, or the one that fits; each is made once.

    Args:
        request: names one, or none.
        registry: knows the plugins.

    Raises:
        UsageError: there is no such launcher, or it cannot be used here.
    """

    def __init__(self, request: Request, registry: Registry) -> None:
        self._request = request
        self._registry = registry
        self._made: dict[str, Launcher] = {}
        for name in request.launchers:
            registry.find("method", parse_selector(name).name)
        asked = [request.launcher or LOCAL, *request.launchers.values()]
        classes = [registry.load(registry.choose("launcher", selector)) for selector in asked]
        if len({each.schedules for each in classes}) > 1:
            raise UsageError(
                f"--launcher {' and '.join(asked)}: one leaves it to a cluster when jobs run, and "
                "another does not: do these methods in runs of their own"
            )
        if request.detach and not all(each.detaches for each in classes):
            raise UsageError(
                "--detach needs a launcher whose jobs go on without the command, such as slurm: "
                "name it with --launcher"
            )
        self._schedule = classes[0].schedules

    @cached_property
    def scheduling(self) -> Launcher | None:
        """The launcher asked for, if it schedules the jobs itself."""
        return self.named(self._request.launcher) if self._schedule else None

    @property
    def pool(self) -> Pool:
        """The devices that jobs compute on.

        Raises:
            UsageError: there are no such devices, or they cannot do what is asked.
        """
        request = self._request
        if self.scheduling:
            return scheduled_pool(request.device, request.precision, self.scheduling.device)
        return chosen_pool(request.device, request.precision, request.processes)

    def asked_for(self, method: Reference) -> str:
        """The launcher that the user names for the jobs of a method; empty for none."""
        asked = self._request.launchers
        return asked.get(method.label) or asked.get(method.name) or self._request.launcher

    def selector_of(self, job: FitJob | CellJob) -> str:
        """Names the launcher of a job, with what the method's plugin suggests."""
        if selector := self.asked_for(job.method):
            return self._with_needs(parse_selector(selector), job.method.name)
        several = isinstance(job, FitJob) and job.processes > 1
        return "accelerate" if several else LOCAL

    def _with_needs(self, launcher: Selector, method: str) -> str:
        """A launcher with the parameters that suit a method, where the user has not set them."""
        spec = self._registry.find("method", method).spec
        assert isinstance(spec, MethodSpec)
        given = {name for name, _ in launcher.arguments}
        settable = {each.name for each in self._registry.find("launcher", launcher.name).settable}
        added = [
            (name, str(value))
            for name, value in spec.needs.items()
            if name in settable and name not in given
        ]
        return str(replace(launcher, arguments=(*launcher.arguments, *added)))

    def named(self, selector: str) -> Launcher:
        """The launcher of a selector.

        Raises:
            UsageError: there is no such launcher.
            PluginError: it cannot be made.
        """
        if selector not in self._made:
            launcher = self._registry.choose("launcher", selector)
            with blaming(f"launcher {launcher.label!r}"):
                self._made[selector] = self._registry.build(launcher)
        return self._made[selector]


def places_for(request: Request, plan: Plan, launchers: Launchers) -> Slots | Queue:
    """Where the jobs of a plan run: on this machine, or in the queue of what schedules them.

    Raises:
        UsageError: their number or the devices are impossible.
    """
    return (queue_for if launchers.scheduling else slots_for)(request, plan)
