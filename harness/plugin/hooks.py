"""The hooks that plugins implement.

A plugin is a module whose functions are marked with :data:`hookimpl` and named as below. It is
found through the entry-point group ``harness``, or named with ``--plugin``. The module must be
light: it imports :mod:`harness` and nothing heavy, and points at its classes by name.

A whole plugin::

    from harness import MethodSpec, hookimpl

    @hookimpl
    def harness_register_methods():
        return MethodSpec(
            name="mine", target="mine.method:Mine", summary="The best of all.", trains=True
        )

The *announcing* hooks (``harness_register_*``) are called once, when the command starts; each
returns one spec or several. The *events* are called while a run goes on, in the main process; an
observer that raises is reported and never harms the run.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from harness.specs import (
    CommandSpec,
    DatasetSpec,
    LauncherSpec,
    MethodSpec,
    MetricSpec,
    ModelSpec,
    NetworkSpec,
    ProtocolSpec,
    ReportSpec,
    SubmissionSpec,
    SuiteSpec,
    TrackerSpec,
    ViewerSpec,
)

if TYPE_CHECKING:
    from harness.results.jobs import FitJob, Job
    from harness.results.losses import LossPoint
    from harness.results.plan import Plan
    from harness.results.progress import Progress
    from harness.results.records import Record, Run

GROUP = "harness"
"""Entry-point group, and pluggy project name."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as the implementation of the hook of its name."""


@hookspec
def harness_register_methods() -> MethodSpec | Iterable[MethodSpec]:  # type: ignore[empty-body]
    """Announce denoising methods."""


@hookspec
def harness_register_datasets() -> DatasetSpec | Iterable[DatasetSpec]:  # type: ignore[empty-body]
    """Announce datasets."""


@hookspec
def harness_register_metrics() -> MetricSpec | Iterable[MetricSpec]:  # type: ignore[empty-body]
    """Announce metrics."""


@hookspec
def harness_register_networks() -> NetworkSpec | Iterable[NetworkSpec]:  # type: ignore[empty-body]
    """Announce networks that methods can exchange."""


@hookspec
def harness_register_reports() -> ReportSpec | Iterable[ReportSpec]:  # type: ignore[empty-body]
    """Announce report formats."""


@hookspec
def harness_register_viewers() -> ViewerSpec | Iterable[ViewerSpec]:  # type: ignore[empty-body]
    """Announce pages of photographs before and after they were denoised."""


@hookspec
def harness_register_launchers() -> LauncherSpec | Iterable[LauncherSpec]:  # type: ignore[empty-body]
    """Announce ways to start a job's process."""


@hookspec
def harness_register_trackers() -> TrackerSpec | Iterable[TrackerSpec]:  # type: ignore[empty-body]
    """Announce trackers of experiments, for ``--log-with``."""


@hookspec
def harness_register_models() -> ModelSpec | Iterable[ModelSpec]:  # type: ignore[empty-body]
    """Announce trained models that come along, for ``harness denoise``."""


@hookspec
def harness_register_suites() -> SuiteSpec | Iterable[SuiteSpec]:  # type: ignore[empty-body]
    """Announce suites: named lists of methods."""


@hookspec
def harness_register_protocols() -> ProtocolSpec | Iterable[ProtocolSpec]:  # type: ignore[empty-body]
    """Announce protocols: named sets of metrics with their conventions."""


@hookspec
def harness_register_submissions() -> SubmissionSpec | Iterable[SubmissionSpec]:  # type: ignore[empty-body]
    """Announce submissions: files of denoised images for those who score a dataset."""


@hookspec
def harness_register_commands() -> CommandSpec | Iterable[CommandSpec]:  # type: ignore[empty-body]
    """Announce commands of the command line."""


@hookspec
def harness_plan(plan: "Plan") -> None:
    """See the plan of a run before its first job starts."""


@hookspec
def harness_job_started(job: "Job") -> None:
    """See a fit or a cell start; not called for one that is reused."""


@hookspec
def harness_stage_progress(job: "Job", progress: "Progress") -> None:
    """See how far a running job is; called a few times a second at most."""


@hookspec
def harness_loss_point(job: "FitJob", point: "LossPoint") -> None:
    """See a point of the loss curve of a running fit; one that was resumed begins with all before.

    There are some 200 a stage.
    """


@hookspec
def harness_job_finished(job: "Job", record: "Record") -> None:
    """See the record of a fit or a cell, whatever its status; reused ones included."""


@hookspec
def harness_run_finished(run: "Run") -> None:
    """See a run when its last record is written, also after Ctrl-C."""


@hookspec
def harness_provenance() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Add keys to the provenance of a run; values must be plain JSON."""
