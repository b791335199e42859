"""The launchers of a run, and the devices that its jobs compute on."""

from functools import cached_property

from harness.errors import UsageError
from harness.launchers import Launcher
from harness.plugin.blame import blaming
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, FitJob
from harness.runs.devices import Pool, chosen_pool, scheduled_pool
from harness.runs.request import Request


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
        if request.launcher:  # one that is unknown is said before work starts
            self._chosen = registry.choose("launcher", request.launcher)
        if request.detach and not (request.launcher and registry.load(self._chosen).detaches):
            raise UsageError(
                "--detach needs a launcher whose jobs go on without the command, such as slurm: "
                "name it with --launcher"
            )

    @cached_property
    def scheduling(self) -> Launcher | None:
        """The launcher asked for, if it schedules the jobs itself."""
        if not self._request.launcher or not self._registry.load(self._chosen).schedules:
            return None
        return self.named(self._request.launcher)

    @property
    def label(self) -> str:
        """The launcher asked for, as tables would print it; empty for none."""
        return self._chosen.label if self._request.launcher else ""

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

    def selector_of(self, job: FitJob | CellJob) -> str:
        """Names the launcher of a job."""
        several = isinstance(job, FitJob) and job.processes > 1
        return self._request.launcher or ("accelerate" if several else "local")

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
