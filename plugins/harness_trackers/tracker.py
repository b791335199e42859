"""Hands what a run says to one of accelerate's trackers, a run of its own for every fit."""

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from harness import (
    CellJob,
    CellRecord,
    FitJob,
    FitRecord,
    LossPoint,
    Plan,
    PluginError,
    Resources,
    Run,
    hookimpl,
    job_environment,
    read_image,
)

Job = FitJob | CellJob


class AccelerateTracker:
    """An observer of runs: loss, learning rate and speed of fits, previews, and scores of cells.

    Args:
        folder: for files of the tracker, if it writes any.
        project: name under which the tracker keeps the runs, where it has projects.

    Raises:
        PluginError: the tracker's package is not installed; says what installs it.
    """

    name: ClassVar[str]
    """What accelerate calls it."""
    extra: ClassVar[str] = ""
    """Extra of this distribution that brings its package; empty where there is none."""
    many_at_once: ClassVar[bool] = False
    """It can have several runs open; else a run is told when all of it is known."""
    takes_facts: ClassVar[bool] = True
    """It is told the parameters of a run after its start, and not among the options."""
    of_images: ClassVar[dict[str, str]] = {}
    """What it must be told of images, which are N x H x W x C."""

    def __init__(self, folder: Path, project: str = "denoise-harness") -> None:
        self.folder = folder.absolute()
        self.project = project
        self._made_by = _class_of(self.name, self.extra)
        self._logs: dict[str, _Log] = {}
        self._cells: Counter[str] = Counter()  # to come, by key of their log

    def options(self, run: str, title: str, facts: dict[str, Any]) -> dict[str, Any]:
        """What accelerate's class is made with.

        Args:
            run: name of the run, which a folder may have.
            title: of the job, for people.
            facts: parameters of the job.
        """
        return {"run_name": self.project}

    @hookimpl
    def harness_plan(self, plan: Plan) -> None:
        """Count the cells, for a fit's run ends with its last."""
        self._cells = Counter(_key(cell) for cell in plan.cells)

    @hookimpl
    def harness_loss_point(self, job: FitJob, point: LossPoint) -> None:
        """Tell a point of a loss curve, and what the method makes of some crops."""
        self._log(job).add(point, self.of_images)

    @hookimpl
    def harness_job_finished(self, job: Job, record: FitRecord | CellRecord) -> None:
        """Tell the scores of a cell."""
        if isinstance(record, FitRecord):
            return
        key = _key(record.job)
        scores = {f"{record.dataset}/{each.metric}": each.value for each in record.scores}
        if known := {name: value for name, value in scores.items() if value is not None}:
            self._log(job).add_scores(known)
        self._cells[key] -= 1
        if self._cells[key] <= 0 and key in self._logs:
            self._logs.pop(key).close()

    @hookimpl
    def harness_run_finished(self, run: Run) -> None:
        """Close what is open, also after Ctrl-C."""
        while self._logs:
            self._logs.popitem()[1].close()

    def _log(self, job: Job) -> "_Log":
        key = _key(job)
        if key not in self._logs:
            self._logs[key] = _Log(lambda: self._started(job), waits=not self.many_at_once)
        return self._logs[key]

    def _started(self, job: Job) -> Any:
        """A tracker of accelerate's, for the run of a fit, or of a cell that has none."""
        trained = job.fit or job if isinstance(job, CellJob) else job
        facts = _facts(trained)
        run = re.sub(r"[^\w.=-]+", "_", f"{trained.method.label}-{trained.data.label}")
        run = f"{run}-seed{trained.seed}-{trained.key[:8]}"
        tracker = self._made_by(**self.options(run, trained.title, facts))
        tracker.start()
        if self.takes_facts:
            tracker.store_init_configuration(facts)
        return tracker


class _Log:
    """The run of a fit and its cells in a tracker.

    Args:
        start: makes the tracker.
        waits: the tracker is told nothing before the end.
    """

    def __init__(self, start: Callable[[], Any], *, waits: bool) -> None:
        self._start = start
        self._waits = waits
        self._tracker: Any = None
        self._said: list[Callable[[Any], object]] = []
        self._step = 0
        self._before = 0  # steps of earlier stages
        self._last: LossPoint | None = None

    def add(self, point: LossPoint, of_images: dict[str, str]) -> None:
        """Tell a point of the loss curve; steps are counted over all stages."""
        last = self._last if self._last and self._last.stage == point.stage else None
        if last is None:
            self._before = self._step
        steps = point.iteration - (last.iteration if last else 0)
        seconds = point.seconds - (last.seconds if last else 0)
        values = {"loss": point.loss, "steps per second": steps / max(seconds, 1e-9)}
        if point.learning_rate is not None:
            values["learning rate"] = point.learning_rate
        step = self._step = self._before + point.iteration
        self._last = point
        self._say(lambda tracker: tracker.log(values, step=step))
        if point.preview and point.preview.is_file():
            picture = np.atleast_3d(read_image(point.preview))[None]
            self._say(lambda tracker: _log_images(tracker, picture, step, of_images))

    def add_scores(self, scores: dict[str, float]) -> None:
        """Tell scores, at the last step of the fit."""
        step = self._step
        self._say(lambda tracker: tracker.log(scores, step=step))

    def close(self) -> None:
        """Tell what was kept back, and end the run."""
        self._waits = False
        self._flush()
        if self._tracker is not None:
            self._tracker.finish()

    def _say(self, what: Callable[[Any], object]) -> None:
        self._said.append(what)
        if not self._waits:
            self._flush()

    def _flush(self) -> None:
        if self._said and self._tracker is None:
            self._tracker = self._start()
        said, self._said = self._said, []
        for what in said:
            what(self._tracker)


def _log_images(tracker: Any, images: Any, step: int, options: dict[str, str]) -> None:
    """Tell a picture, where accelerate has a way to."""
    if hasattr(tracker, "log_images"):
        tracker.log_images({"noisy and denoised": images}, step=step, **options)


def _key(job: Job) -> str:
    """Names the run that tells of a job: that of the fit, or of a cell that has none."""
    return job.fit.key if isinstance(job, CellJob) and job.fit else job.key


def _facts(job: Job) -> dict[str, Any]:
    """What a run is of, as numbers and texts."""
    facts: dict[str, Any] = {"method": job.method.label, "data": job.data.label, "seed": job.seed}
    if isinstance(job, FitJob):
        facts["budget"] = job.budget
    for name, value in job.method.arguments().items():
        facts[name] = value if isinstance(value, (bool, int, float, str)) else str(value)
    return facts


def _class_of(name: str, extra: str) -> Any:
    """Accelerate's class of a tracker.

    Raises:
        PluginError: accelerate has none, or its package is not installed.
    """
    from accelerate import tracking

    made_by = tracking.LOGGER_TYPE_TO_CLASS.get(name)
    if made_by is None:
        raise PluginError(f"this version of accelerate has no tracker {name!r}: update it")
    if name not in map(str, tracking.get_available_trackers()):
        package = f"denoise-harness[{extra}]" if extra else name.replace("_", "-")
        raise PluginError(f"the package of {name!r} is not installed: pip install '{package}'")
    _start_accelerate()
    return made_by


def _start_accelerate() -> None:
    """Let accelerate know that this is the only process, on a CPU, which its logger asks for.

    Variables that launchers of several processes have set are hidden from it.
    """
    from accelerate import PartialState

    before = dict(os.environ)
    try:
        _set_environment(job_environment(Resources()))
        PartialState(cpu=True)
    finally:
        _set_environment(before)


def _set_environment(variables: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
