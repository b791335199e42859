"""What a job reads: plugins, sources, images; and whether they are still what was planned with."""

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from harness.data.prepared import samples_of
from harness.data.scenes import fingerprint_of_scenes
from harness.errors import DataError, HarnessError
from harness.plugin.probing import probe_metric
from harness.plugin.registry import Registry, load_registry
from harness.plugin.sources import Sources
from harness.results.jobs import CellJob, DataReference, FitJob
from harness.util.downloads import offline
from harness.util.files import digest_of
from harness.worker.machine import library_versions

if TYPE_CHECKING:
    from harness.data.dataset import Sample

ROOMS = {
    "fit": ("data", "methods", "plugin", "results", "specs", "training", "util", "worker"),
    "cell": ("data", "evaluation", "methods", "plugin", "results", "specs", "util", "worker"),
}
"""The rooms of the harness that a job's result depends on, by kind of job."""


class ChangedError(HarnessError):
    """What a job reads is no longer what its key says."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} changed since the run was planned, so the result was not kept: "
            "start the run again"
        )


def registry_for(job: FitJob | CellJob) -> Registry:
    """Import the plugins that a job needs, and no others, so that none can reach its result."""
    needed = {reference.plugin for reference in job.references()}
    return load_registry(replace(job.settings, only=tuple(sorted(needed))))


def check_unchanged(job: FitJob | CellJob, registry: Registry) -> None:
    """See that sources, libraries and images are those from which the job's key was computed.

    Raises:
        ChangedError: one of them is not; says which.
    """
    sources = Sources()
    if sources.room_digest(*ROOMS[job.kind]) != job.core:
        raise ChangedError("the sources of harness")
    if library_versions() != job.libraries:
        raise ChangedError("the installed libraries")
    for reference in job.references():
        if registry.plugin_sources(reference, sources) != reference.sources:
            raise ChangedError(f"the sources of {reference.kind} {reference.name!r}")
    for data in job.datasets:
        whole = registry.build(data.dataset).fingerprint(data.split)
        if fingerprint_of_scenes(whole, data.scenes) != data.fingerprint:
            raise ChangedError(f"the images of {data.label!r} ({data.split})")
    if isinstance(job, CellJob):
        _check_cell(job, registry)


def _check_cell(job: CellJob, registry: Registry) -> None:
    """See that the files beside the images are the same, too; raises as the above."""
    if job.weights and digest_of(job.weights) != job.weights_digest:
        raise ChangedError(f"the file {job.weights}")
    for metric in job.metrics:
        if not metric.data:
            continue
        with offline():  # what was there when the run was planned need not be fetched
            found = probe_metric(registry, metric.metric)
        if isinstance(found, str) or found.digest != metric.data:
            raise ChangedError(f"the data of metric {metric.metric.label!r}")


def open_samples(registry: Registry, data: DataReference) -> "list[Sample]":
    """The images of a split; the first, which tells the number of channels, is decoded once.

    Raises:
        DataError: it has none.
    """
    samples = list(samples_of(registry, data))
    if not samples:
        raise DataError(f"dataset {data.label!r} has no images in its split {data.split!r}")
    samples[0] = replace(samples[0], noisy=cache(samples[0].noisy))
    return samples
