"""The trainer: takes a method through its stages, on one process or several."""

import logging
import shutil
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from pathlib import Path

from accelerate import Accelerator

from harness.data.dataset import Sample
from harness.data.views import shown_samples, training_images
from harness.errors import DamagedFileError, PluginError
from harness.methods.method import Method
from harness.methods.stage import Stage
from harness.results.names import CHECKPOINT, LOSSES
from harness.results.records import StageRecord
from harness.specs import VIEWS, View
from harness.training.budget import divide
from harness.training.checkpoint import Checkpoint, load_checkpoint
from harness.training.crops import Placement
from harness.training.loss_curve import LossCurve
from harness.training.options import TrainingOptions
from harness.training.previews import Previews
from harness.training.processes import Agreement, normalises_parts
from harness.training.progress import StopRequestedError, TrainingProgress
from harness.training.stage_run import Fit, StageRun
from harness.util.files import set_aside
from harness.util.seeding import derive_seed, seed_all

__all__ = ["StopRequestedError", "Trainer", "TrainingOptions", "TrainingProgress", "remove_state"]

NORMALISED_IN_PARTS = (
    "batch normalisation sees a part of the batch at a time, so a step is not that of the whole one"
)
"""Note on a fit whose batches are cut into parts."""

_LOGGER = logging.getLogger(__name__)

IMAGES = "images"
"""Folder of images beyond memory, which a fit needs while it goes on."""


def remove_state(folder: Path) -> None:
    """Remove what a fit needs only while it goes on."""
    for name in (CHECKPOINT, IMAGES):
        shutil.rmtree(folder / name, ignore_errors=True)


class Trainer:
    """Trains a method; goes on from its checkpoint if there is one.

    A damaged checkpoint is set aside under another name, and training starts again from the
    beginning; a damaged loss curve is set aside, and begins anew where training is.

    Args:
        method: with its first weights.
        samples: the training split; every stage reads it, so it should be held in memory, see
            :func:`harness.training.image_cache.held_samples`.
        clean_samples: images of other scenes, whose clean halves unpaired training takes; None:
            those of every other scene of ``samples``, which the method then sees nothing else of.
        accelerator: device, precision and processes.
        options: budget, seed and so on.
        folder: gets ``checkpoint/`` and ``losses.jsonl``.
        on_progress: called on the main process, after every step; must be cheap.
        should_stop: asked after every step; if true, training stops with a checkpoint.

    Attributes:
        notes: a line each on what was found damaged and set aside, and on what differs from
            training by whole batches.
        trained_parameters: how many parameters the stages train, shared ones once; 0 before.
    """

    def __init__(
        self,
        method: Method,
        samples: Sequence[Sample],
        accelerator: Accelerator,
        options: TrainingOptions,
        folder: Path,
        on_progress: Callable[[TrainingProgress], None] = lambda progress: None,
        should_stop: Callable[[], bool] = lambda: False,
        clean_samples: Sequence[Sample] | None = None,
    ) -> None:
        shown, others = shown_samples(samples, options.view, clean_samples)
        self._fit = Fit(
            method=method.to(accelerator.device),
            samples=shown,
            clean_samples=others,
            accelerator=accelerator,
            agreement=Agreement(accelerator),
            placement=Placement(accelerator.device),
            options=options,
            checkpoint_path=folder / CHECKPOINT / "state.pt",
            curve=LossCurve(folder / LOSSES),
            on_progress=on_progress,
            should_stop=should_stop,
            previews=Previews(method, shown, accelerator, options.previews, folder),
        )
        self.notes: list[str] = []
        self.trained_parameters = 0

    def fit(self) -> tuple[StageRecord, ...]:
        """Train all stages and leave the method with its final weights, in evaluation mode.

        Returns:
            What every stage did.

        Raises:
            PluginError: a stage breaks its contract.
            TrainingError: a loss is no longer finite.
            UsageError: a batch cannot be divided among processes and parts.
            DiskFullError: there is no room for a checkpoint or the loss curve.
            StopRequestedError: asked to stop.
        """
        path = self._fit.checkpoint_path
        try:
            checkpoint = load_checkpoint(path)
        except DamagedFileError as error:
            self._set_aside(path, error, "training starts again")
            checkpoint = None
        if checkpoint is None:
            return self._train(None)
        first_weights = deepcopy(self._fit.method.state_dict())
        try:
            return self._train(checkpoint)
        except DamagedFileError as error:
            self._set_aside(path, error, "training starts again")
            self._fit.method.load_state_dict(first_weights)
        return self._train(None)

    def _train(self, checkpoint: Checkpoint | None) -> tuple[StageRecord, ...]:
        """Train from a checkpoint, or from the beginning.

        Raises:
            DamagedFileError: the checkpoint does not fit the method; nothing was trained.
        """
        stages = self._stages(checkpoint)
        views = [_view_of(stage, self._fit.options.view) for stage in stages]
        self.trained_parameters = _trained_parameters(stages)
        if any(normalises_parts(stage, self._fit.accelerator) for stage in stages):
            self.notes.append(NORMALISED_IN_PARTS)
        shares = divide(self._fit.options.budget, [stage.recipe.iterations for stage in stages])
        finished = list(checkpoint.finished) if checkpoint else []
        first = checkpoint.stage if checkpoint else 0
        if self._fit.accelerator.is_main_process:
            self._rewind(first, checkpoint.iteration if checkpoint else 0)
        for index in range(first, len(stages)):
            run = StageRun(self._fit, stages, views[index], shares, index, finished)
            finished.append(run.train(checkpoint if index == first else None))
        self._fit.method.eval()
        return tuple(finished)

    def _stages(self, checkpoint: Checkpoint | None) -> list[Stage]:
        """The stages of a method that has looked at its images, now or before the checkpoint.

        Both are seeded, so that what they draw is the same whether training resumes or not.
        """
        method, seed = self._fit.method, self._fit.options.seed
        if checkpoint:
            try:
                method.load_state_dict(checkpoint.method)
            except Exception as error:  # what does not fit fails in many ways
                raise _unfit(self._fit.checkpoint_path) from error
        elif type(method).prepare is not Method.prepare:
            seed_all(derive_seed(seed, "prepare"))
            method.prepare(training_images(self._fit.samples, "noisy").noisy)
        seed_all(derive_seed(seed, "stages"))
        stages = list(method.stages())
        if not stages:
            raise PluginError("the method says that it trains, but has no stage of training")
        if checkpoint and not 0 <= checkpoint.stage < len(stages):
            raise _unfit(self._fit.checkpoint_path)
        return stages

    def _rewind(self, stage: int, iteration: int) -> None:
        """Take the loss curve back to where training goes on."""
        curve = self._fit.curve
        curve.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            curve.rewind(stage, iteration)
        except DamagedFileError as error:
            self._set_aside(curve.path, error, "the curve begins anew")

    def _set_aside(self, path: Path, error: DamagedFileError, outcome: str) -> None:
        """Set a damaged file aside, on one process, and say so."""
        if not self._fit.accelerator.is_main_process:
            return
        note = f"{error}; it is now {set_aside(path).name}, and {outcome}"
        _LOGGER.warning("%s", note)
        self.notes.append(note)


def _trained_parameters(stages: Iterable[Stage]) -> int:
    """How many parameters stages train, shared ones once."""
    parameters = (p for stage in stages for module in stage.trained() for p in module.parameters())
    return sum(parameter.numel() for parameter in dict.fromkeys(parameters))


def _unfit(path: Path) -> DamagedFileError:
    return DamagedFileError(f"the checkpoint {path} does not fit the method")


def _view_of(stage: Stage, announced: View) -> View:
    """What a stage asks to see; it is asked once, for it may answer otherwise the next time.

    Raises:
        PluginError: there is no such view, or it is more than the tables will say.
    """
    asked = stage.view
    view = next((view for view in VIEWS if view == asked), None)
    if view is None:
        raise PluginError(
            f"stage {stage.name!r} asks to see {asked!r}; its view must be one of "
            f"{', '.join(map(repr, VIEWS))}"
        )
    if VIEWS.index(view) > VIEWS.index(announced):
        raise PluginError(
            f"stage {stage.name!r} asks to see {view!r}, but the method's spec announces "
            f"view={announced!r}, and tables would print that"
        )
    return view
