"""Measuring a part of a job where no finished one tells what it will cost."""

import time
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from harness.launchers import Resources, RunningJob
from harness.results.jobs import CellJob, FitJob, write_job
from harness.results.losses import LossPoint
from harness.results.names import LOG
from harness.results.progress import Pace, ProgressFile
from harness.results.records import FitRecord
from harness.runs.cost import Measured
from harness.runs.kept import loss_points
from harness.runs.launching import Launchers
from harness.runs.store import Store
from harness.training.budget import parse_budget
from harness.util.text import counted

ENOUGH_SECONDS = 5.0
"""How long a probe trains, a step of every stage at least, or denoises after its first image."""
LONGEST_SECONDS = 60.0
"""When a probe ends that has not come so far."""

_POLL_SECONDS = 0.1


class Probe:
    """Does parts of jobs, in processes like those of a run, and apart from its results.

    Args:
        launchers: start the jobs, on this machine.
        root: stands for the folder of all results; the caller removes it.
    """

    def __init__(self, launchers: Launchers, root: Path) -> None:
        self._launchers = launchers
        self._store = Store(root)
        self._fits: dict[str, Measured | None] = {}  # by key of the short fit

    def measure(self, job: FitJob | CellJob, resources: Resources) -> Measured | None:
        """Do a part of a job; None where it fails or takes too long."""
        if isinstance(job, FitJob):
            return self._fit(_short(job), resources)
        if job.fit is None:
            return self._measure_cell(job, resources)
        short = _short(job.fit)  # whose weights it denoises with
        if self._fit(short, resources) is None:
            return None
        return self._measure_cell(replace(job, fit=short), resources)

    def _fit(self, short: FitJob, resources: Resources) -> Measured | None:
        """What a short fit took, which is done once."""
        if short.key not in self._fits:
            self._fits[short.key] = self._measure_fit(short, resources)
        return self._fits[short.key]

    def _measure_fit(self, short: FitJob, resources: Resources) -> Measured | None:
        """Train for a short time, up to weights that are saved."""
        folder, running = self._start(short, resources)
        if running.wait(LONGEST_SECONDS) is None:
            running.kill()
        record = self._store.record(folder)
        if not isinstance(record, FitRecord) or record.status != "done":
            return None
        measured = Measured.of(record, folder)
        curve = [list(points) for _, points in groupby(loss_points(folder), lambda at: at.stage)]
        rates = tuple(map(_rate, curve, measured.rates))
        slow_start = sum(
            count * (whole - rate)
            for count, whole, rate in zip(measured.iterations, measured.rates, rates, strict=True)
        )
        return replace(
            measured,
            seconds=measured.seconds + max(0.0, slow_start),
            rates=rates,
            probed=f"from {counted(sum(measured.iterations), 'measured step')}",
        )

    def _measure_cell(self, cell: CellJob, resources: Resources) -> Measured | None:
        """Denoise some images, or all where that does not take long."""
        folder, running = self._start(cell, resources)
        started = first = time.monotonic()
        file, pace = ProgressFile(folder), Pace()
        fraction, left = 0.0, None
        while running.wait(_POLL_SECONDS) is None:
            now = time.monotonic()
            if progress := file.read():
                fraction = progress.fraction
                left = pace.seconds_left(now, fraction)
            else:
                first = now
            if (left and now - first > ENOUGH_SECONDS) or now - started > LONGEST_SECONDS:
                running.kill()
                if left is None:
                    return None
                probed = f"from {fraction:.0%} of its images"
                return Measured(seconds=now - started + left, probed=probed)
        record = self._store.record(folder)
        if record is None or record.status != "done":
            return None
        return replace(Measured.of(record, folder), probed="from measuring it all")

    def _start(self, job: FitJob | CellJob, resources: Resources) -> tuple[Path, RunningJob]:
        """Start a job; returns its folder too."""
        folder = self._store.folder(job)
        folder.mkdir(parents=True)
        launcher = self._launchers.named(self._launchers.selector_of(job))
        return folder, launcher.start(write_job(job, folder), folder / LOG, resources)


def _short(job: FitJob) -> FitJob:
    """The fit with a budget that is a short time."""
    budget = replace(parse_budget(job.budget), iterations=None, seconds=ENOUGH_SECONDS)
    return replace(job, budget=budget.text)


def _rate(points: list[LossPoint], mean: float) -> float:
    """Seconds per step of a stage, without its first steps, which are slow; else the mean."""
    first, last = points[0], points[-1]
    if first.iteration == last.iteration:
        return mean
    return (last.seconds - first.seconds) / (last.iteration - first.iteration)
