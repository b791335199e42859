"""The trainer: takes a method through its stages, on one process or several."""

import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from harness.data.dataset import Sample
from harness.data.views import split_by_scene, training_images
from harness.errors import PluginError, TrainingError, UsageError
from harness.methods.method import Method
from harness.methods.recipe import Recipe
from harness.methods.stage import Stage
from harness.results.jobs import CHECKPOINT, LOSSES
from harness.results.records import StageRecord
from harness.specs import VIEWS, View
from harness.training.budget import Budget, Share, divide
from harness.training.checkpoint import Checkpoint, load_checkpoint
from harness.training.image_cache import ImageCache
from harness.training.loss_curve import LossCurve
from harness.training.sampler import Sampler
from harness.util.seeding import derive_seed

LOGGED_STEPS = 200
"""A stage's loss curve has about this many points."""


IMAGES = "images"
"""Folder of images beyond memory, which a fit needs while it goes on."""


def remove_state(folder: Path) -> None:
    """Remove what a fit needs only while it goes on."""
    for name in (CHECKPOINT, IMAGES):
        shutil.rmtree(folder / name, ignore_errors=True)


class StopRequestedError(Exception):
    """Training was asked to stop; its checkpoint is written."""


@dataclass(frozen=True)
class TrainingProgress:
    """How far a fit is.

    Attributes:
        stage: name of the stage.
        iteration: iterations of the stage that are done.
        iterations: of the stage; None under a time budget.
        fraction: of the whole fit, in [0, 1].
        loss: mean since the last log; None before the first.
        per_second: iterations per second.
    """

    stage: str
    iteration: int
    iterations: int | None
    fraction: float
    loss: float | None
    per_second: float


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How a method is trained, apart from its recipe.

    Attributes:
        budget: how much.
        seed: root of every random draw.
        view: the most that a stage may see, as the method's spec announces it.
        checkpoint_seconds: wall time between checkpoints.
        accumulate: parts into which a batch is cut to save memory; the step is the same.
        compile: compile the stage with ``torch.compile``.
    """

    budget: Budget
    seed: int
    view: View = "noisy"
    checkpoint_seconds: float = 20.0
    accumulate: int = 1
    compile: bool = False


class Trainer:
    """Trains a method; goes on from its checkpoint if there is one.

    Args:
        method: with its first weights.
        samples: the training split.
        clean_samples: images of other scenes, whose clean halves unpaired training takes; None:
            those of every other scene of ``samples``, which the method then sees nothing else of.
        accelerator: device, precision and processes.
        options: budget, seed and so on.
        folder: gets ``checkpoint/``, ``losses.jsonl`` and, if they are many, the images.
        on_progress: called on the main process, after every step; must be cheap.
        should_stop: asked after every step; if true, training stops with a checkpoint.
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
        self.method = method.to(accelerator.device)
        memory = ImageCache(folder / IMAGES / str(accelerator.process_index))
        if options.view == "unpaired" and clean_samples is None:
            samples, clean_samples = split_by_scene(samples)
        self.samples = [memory.cached(sample) for sample in samples]
        self.clean_samples = [memory.cached(sample) for sample in clean_samples or ()]
        self.accelerator = accelerator
        self.options = options
        self.checkpoint_path = folder / CHECKPOINT / "state.pt"
        self.curve = LossCurve(folder / LOSSES)
        self.on_progress = on_progress
        self.should_stop = should_stop

    def fit(self) -> tuple[StageRecord, ...]:
        """Train all stages and leave the method with its final weights, in evaluation mode.

        Returns:
            What every stage did.

        Raises:
            PluginError: a stage breaks its contract.
            TrainingError: a loss is no longer finite.
            UsageError: a batch cannot be divided among processes and parts.
            StopRequestedError: asked to stop.
        """
        checkpoint = load_checkpoint(self.checkpoint_path)
        self._prepare(checkpoint)
        stages = list(self.method.stages())
        if not stages:
            raise PluginError("the method says that it trains, but has no stage of training")
        for stage in stages:
            _check_view(stage, self.options.view)
        shares = divide(self.options.budget, [stage.recipe.iterations for stage in stages])
        finished = list(checkpoint.finished) if checkpoint else []
        first = checkpoint.stage if checkpoint else 0
        if self.accelerator.is_main_process:
            self.curve.path.parent.mkdir(parents=True, exist_ok=True)
            self.curve.rewind(first, checkpoint.iteration if checkpoint else 0)
        for index in range(first, len(stages)):
            run = _StageRun(self, stages, shares, index, finished)
            finished.append(run.train(checkpoint if index == first else None))
        self.method.eval()
        return tuple(finished)

    def _prepare(self, checkpoint: Checkpoint | None) -> None:
        """Let the method look at the noisy images, or take what it found from a checkpoint."""
        if checkpoint:
            self.method.load_state_dict(checkpoint.method)
        elif type(self.method).prepare is not Method.prepare:
            self.method.prepare(training_images(self.samples, "noisy").noisy)


class _StageRun:
    """One stage in training."""

    def __init__(
        self,
        trainer: Trainer,
        stages: Sequence[Stage],
        shares: Sequence[Share],
        index: int,
        finished: list[StageRecord],
    ) -> None:
        self.trainer = trainer
        self.options = trainer.options
        self.accelerator = trainer.accelerator
        self.index = index
        self.finished = finished
        self.stage = stages[index].to(trainer.accelerator.device)
        self.recipe = self.stage.recipe
        self.share = shares[index]
        weights = [stage.recipe.iterations for stage in stages]
        self.before = sum(weights[:index]) / sum(weights)
        self.weight = weights[index] / sum(weights)
        self.parts = self.options.accumulate * self.accelerator.num_processes
        if self.recipe.batch_size % self.parts:
            raise UsageError(
                f"stage {self.stage.name!r} has a batch of {self.recipe.batch_size}, which does "
                f"not divide into {self.accelerator.num_processes} processes x "
                f"{self.options.accumulate} accumulated parts"
            )
        self.seed = derive_seed(self.options.seed, "stage", self.stage.name)
        self.iteration = self.first_iteration = 0
        self.started = time.monotonic()
        self.earlier_seconds = 0.0

    def train(self, checkpoint: Checkpoint | None) -> StageRecord:
        """Train the stage from its start or from a checkpoint."""
        self._choose_trained()
        self.sampler = Sampler(
            training_images(self.trainer.samples, self.stage.view, self.trainer.clean_samples),
            self.recipe,
            self.seed,
            self.accelerator.device,
        )
        optimizer = _optimizer(self.stage.parameter_groups(), self.recipe)
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.average = _moving_average(self.stage, self.recipe)
        self.optimizer: Any = self.accelerator.prepare(optimizer)
        if checkpoint:
            self._restore(checkpoint)
        if self.options.compile:
            self.stage.compile()
        self.module = self.accelerator.prepare(self.stage)
        final_loss = self._loop()
        if self.average is not None:
            self.stage.load_state_dict(self.average.module.state_dict())
        return StageRecord(
            name=self.stage.name,
            iterations=self.iteration,
            seconds=round(self._seconds(), 3),
            final_loss=final_loss,
        )

    def _loop(self) -> float | None:
        """Step until the stage's share is spent; returns the last logged loss."""
        self.started = time.monotonic()
        saved = self.started
        progress = self._progress()
        log_every = max(1, (self.share.iterations or 4000) // LOGGED_STEPS)
        total = torch.zeros((), device=self.accelerator.device)
        since, last = 0, None
        while progress < 1:
            total += self._step(progress)
            since += 1
            self.iteration += 1
            progress = self._progress()
            if self.iteration % log_every == 0 or progress >= 1:
                last = self._log(total / since, progress)
                total, since = torch.zeros_like(total), 0
            self._report_progress(progress, last)
            stop = self.trainer.should_stop()
            if stop or time.monotonic() - saved > self.options.checkpoint_seconds:
                self._save()
                saved = time.monotonic()
            if stop:
                raise StopRequestedError
        return last

    def _step(self, progress: float) -> Tensor:
        """One optimizer step; returns the mean loss of this process's crops."""
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.recipe.schedule.factor(progress)
        rank = self.accelerator.process_index
        _seed_all(derive_seed(self.seed, "step", self.iteration, rank))
        loss_sum = torch.zeros((), device=self.accelerator.device)
        for part in range(self.options.accumulate):
            own = rank * self.options.accumulate + part
            batch = self.sampler.batch(self.iteration, own, self.parts)
            with self.accelerator.accumulate(self.module):
                loss = self.module(batch)
                _check_loss(loss, self.stage)
                self.accelerator.backward(loss)
                if self.accelerator.sync_gradients and self.recipe.clip_norm is not None:
                    parameters = [
                        p for group in self.optimizer.param_groups for p in group["params"]
                    ]
                    self.accelerator.clip_grad_norm_(parameters, self.recipe.clip_norm)
                self.optimizer.step()
                self.optimizer.zero_grad()
            loss_sum += loss.detach()
        if self.average is not None:
            self.average.update_parameters(self.stage)
        return loss_sum / self.options.accumulate

    def _progress(self) -> float:
        """The fraction of the stage that is done; the same on all processes."""
        if self.share.iterations is not None:
            return self.iteration / self.share.iterations
        assert self.share.seconds is not None
        spent = torch.tensor(self._seconds(), device=self.accelerator.device)
        if self.accelerator.num_processes > 1:
            spent = broadcast(spent)
        return min(1.0, float(spent) / self.share.seconds)

    def _seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    def _log(self, loss: Tensor, progress: float) -> float:
        """Write a point of the loss curve and see that the loss is finite."""
        value = float(self.accelerator.reduce(loss, "mean"))
        if not torch.isfinite(torch.tensor(value)):
            raise TrainingError(
                f"the loss of stage {self.stage.name!r} is {value} at iteration {self.iteration}; "
                "a lower learning rate or precision fp32 may help"
            )
        if self.accelerator.is_main_process:
            self.trainer.curve.append(
                stage=self.index,
                name=self.stage.name,
                iteration=self.iteration,
                loss=value,
                learning_rate=self.optimizer.param_groups[0]["lr"],
                seconds=round(self._seconds(), 3),
            )
        return value

    def _report_progress(self, progress: float, loss: float | None) -> None:
        if self.accelerator.is_main_process:
            elapsed = max(time.monotonic() - self.started, 1e-9)
            done = self.iteration - self.first_iteration
            self.trainer.on_progress(
                TrainingProgress(
                    stage=self.stage.name,
                    iteration=self.iteration,
                    iterations=self.share.iterations,
                    fraction=self.before + self.weight * min(1.0, progress),
                    loss=loss,
                    per_second=done / elapsed,
                )
            )

    def _save(self) -> None:
        if not self.accelerator.is_main_process:
            return
        scaler = self.accelerator.scaler
        Checkpoint(
            stage=self.index,
            iteration=self.iteration,
            seconds=self._seconds(),
            method=self.trainer.method.state_dict(),
            module=self.stage.state_dict(),
            optimizer=self.optimizer.state_dict(),
            scaler=scaler.state_dict() if scaler is not None else {},
            average=self.average.state_dict() if self.average is not None else {},
            finished=self.finished,
        ).save(self.trainer.checkpoint_path)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.iteration = self.first_iteration = checkpoint.iteration
        self.earlier_seconds = checkpoint.seconds
        self.stage.load_state_dict(checkpoint.module)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        if self.accelerator.scaler is not None and checkpoint.scaler:
            self.accelerator.scaler.load_state_dict(checkpoint.scaler)
        if self.average is not None:
            self.average.load_state_dict(checkpoint.average)

    def _choose_trained(self) -> None:
        """Freeze everything but what the stage trains."""
        everything: tuple[nn.Module, ...] = (self.trainer.method, self.stage)
        for module in everything:
            module.requires_grad_(False).eval()
        for module in self.stage.trained():
            module.requires_grad_(True).train()


def _seed_all(seed: int) -> None:
    """Seed every generator that a stage may draw from.

    ``torch.manual_seed`` would format a traceback for the GPUs that are not in use: 0.8 ms a step.
    """
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed(seed)


def _optimizer(groups: list[dict[str, Any]], recipe: Recipe) -> torch.optim.Optimizer:
    rate, decay = recipe.learning_rate, recipe.weight_decay
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=0.9, weight_decay=decay)
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, lr=rate, betas=recipe.betas, weight_decay=decay)


def _moving_average(stage: nn.Module, recipe: Recipe) -> AveragedModel | None:
    if recipe.ema is None:
        return None
    update = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    return AveragedModel(stage, multi_avg_fn=update, use_buffers=True)


def _check_view(stage: Stage, announced: View) -> None:
    """Refuse a stage that sees more than the tables will say."""
    if VIEWS.index(stage.view) > VIEWS.index(announced):
        raise PluginError(
            f"stage {stage.name!r} asks to see {stage.view!r}, but the method's spec announces "
            f"view={announced!r}, and tables would print that"
        )


def _check_loss(loss: Any, stage: Stage) -> None:
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        found = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise PluginError(f"stage {stage.name!r} must return a scalar tensor as loss, not {found}")
