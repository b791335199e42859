"""One stage in training: its loop of steps, with checkpoints and a loss curve."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from harness.data.dataset import Sample
from harness.data.views import training_images
from harness.errors import DamagedFileError, PluginError, TrainingError, UsageError
from harness.methods.method import Method
from harness.methods.recipe import Recipe
from harness.methods.stage import Stage
from harness.results.records import StageRecord
from harness.specs import View
from harness.training.budget import Share
from harness.training.checkpoint import Checkpoint
from harness.training.crops import Placement
from harness.training.loss_curve import LossCurve
from harness.training.options import TrainingOptions
from harness.training.previews import Previews
from harness.training.processes import Agreement, gradients_like, normalise_together
from harness.training.progress import StopRequestedError, TrainingProgress
from harness.training.sampler import Sampler
from harness.util.seeding import derive_seed, seed_all

LOGGED_STEPS = 200
"""A stage's loss curve has about this many points."""

CHECKPOINT_SHARE = 0.01
"""Of the time of a stage, its checkpoints take at most this share."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What all stages of a fit share.

    Attributes:
        method: the method in training, on the accelerator's device.
        samples: the training images.
        clean_samples: images of other scenes, whose clean halves unpaired training takes.
        accelerator: device, precision and processes.
        agreement: of its processes.
        placement: of its images.
        options: budget, seed and so on.
        checkpoint_path: file that training goes on from.
        curve: the loss curve.
        on_progress: called on the main process, after every step.
        should_stop: asked after every step; if true, training stops with a checkpoint.
        previews: shows what the method makes of some training crops.
    """

    method: Method
    samples: Sequence[Sample]
    clean_samples: Sequence[Sample]
    accelerator: Accelerator
    agreement: Agreement
    placement: Placement
    options: TrainingOptions
    checkpoint_path: Path
    curve: LossCurve
    on_progress: Callable[[TrainingProgress], None]
    should_stop: Callable[[], bool]
    previews: Previews


class StageRun:
    """One stage in training.

    Args:
        fit: what the stage shares with the others.
        stages: all stages of the fit.
        view: what this stage sees.
        shares: their parts of the budget.
        index: which of them this is.
        finished: what the stages before this one did.

    Raises:
        UsageError: a batch cannot be divided among processes and parts.
    """

    def __init__(
        self,
        fit: Fit,
        stages: Sequence[Stage],
        view: View,
        shares: Sequence[Share],
        index: int,
        finished: list[StageRecord],
    ) -> None:
        self.fit = fit
        self.options = fit.options
        self.accelerator = fit.accelerator
        self.index = index
        self.view = view
        self.finished = finished
        self.stage = stages[index].to(fit.accelerator.device)
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
        self.loss_sum = torch.zeros((), device=self.accelerator.device)
        self.loss_count = 0
        self.last_loss: float | None = None

    def train(self, checkpoint: Checkpoint | None) -> StageRecord:
        """Train the stage from its start or from a checkpoint.

        Raises:
            DamagedFileError: the checkpoint does not fit the stage.
            PluginError: the stage breaks its contract.
            TrainingError: the loss is no longer finite.
            StopRequestedError: asked to stop.
        """
        try:
            return self._train(checkpoint)
        finally:  # else the next stage's gradients would be unscaled with this stage's optimizer
            self.accelerator.free_memory()

    def _train(self, checkpoint: Checkpoint | None) -> StageRecord:
        self._choose_trained()
        self.sampler = Sampler(
            training_images(self.fit.samples, self.view, self.fit.clean_samples),
            self.recipe,
            self.seed,
            self.accelerator.device,
            self.fit.placement,
        )
        normalise_together(self.stage, self.accelerator)
        on_gpu = self.accelerator.device.type == "cuda"
        optimizer = _optimizer(self.stage.parameter_groups(), self.recipe, fused=on_gpu)
        self.rates = [group["lr"] for group in optimizer.param_groups]
        self.average = _moving_average(self.stage, self.recipe)
        self.optimizer: Any = self.accelerator.prepare(optimizer)
        if checkpoint:
            self._restore(checkpoint)
        if self.options.compile:
            self.stage.compile()
        self.module = self.accelerator.prepare(self.stage)
        with gradients_like(self._parameters(), self.accelerator):
            self._loop()
        if self.average is not None:
            self.stage.load_state_dict(self.average.module.state_dict())
        return StageRecord(
            name=self.stage.name,
            iterations=self.iteration,
            seconds=round(self._seconds(), 3),
            final_loss=self.last_loss,
        )

    def _loop(self) -> None:
        """Step until the stage's share is spent."""
        self.started = time.monotonic()
        self.fit.agreement.begin(self.earlier_seconds)
        save_at = self.started + self.options.checkpoint_seconds
        progress = self._progress()
        log_every = max(1, (self.share.iterations or 4000) // LOGGED_STEPS)
        while progress < 1:
            self.loss_sum = self.loss_sum + self._step(progress)
            self.loss_count += 1
            self.iteration += 1
            progress = self._progress()
            if self.iteration % log_every == 0 or progress >= 1:
                self._log(progress)
            self._report_progress(progress)
            stop = self.fit.agreement.stop(self.fit.should_stop(), self._seconds())
            if stop or time.monotonic() > save_at:
                save_at = self._save()
            if stop:
                raise StopRequestedError

    def _step(self, progress: float) -> Tensor:
        """One optimizer step; returns the mean loss of this process's crops."""
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.recipe.schedule.factor(progress)
        self.stage.progress.fill_(progress)
        rank = self.accelerator.process_index
        loss_sum = torch.zeros((), device=self.accelerator.device)
        for part in range(self.options.accumulate):
            own = rank * self.options.accumulate + part
            seed_all(derive_seed(self.seed, "step", self.iteration, own))
            batch = self.sampler.batch(self.iteration, own, self.parts)
            with self.accelerator.accumulate(self.module):
                loss = self.module(batch)
                _check_loss(loss, self.stage)
                self.accelerator.backward(loss)
                if self.accelerator.sync_gradients and self.recipe.clip_norm is not None:
                    self.accelerator.clip_grad_norm_(self._parameters(), self.recipe.clip_norm)
                self.optimizer.step()
                self.optimizer.zero_grad()
            loss_sum += loss.detach()
        if self.average is not None:
            self.average.update_parameters(self.stage)
        return loss_sum / self.options.accumulate

    def _parameters(self) -> list[nn.Parameter]:
        """Those that the optimizer has."""
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def _progress(self) -> float:
        """The fraction of the stage that is done; the same on all processes."""
        if self.share.iterations is not None:
            return self.iteration / self.share.iterations
        assert self.share.seconds is not None
        return min(1.0, self.fit.agreement.seconds(self._seconds()) / self.share.seconds)

    def _seconds(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    def _log(self, progress: float) -> None:
        """Write a point of the loss curve and see that the loss is finite."""
        value = float(self.accelerator.reduce(self.loss_sum / self.loss_count, "mean"))
        if not torch.isfinite(torch.tensor(value)):
            raise TrainingError(
                f"the loss of stage {self.stage.name!r} is {value} at iteration {self.iteration}; "
                "a lower learning rate or precision fp32 may help"
            )
        if self.accelerator.is_main_process:
            self.fit.curve.append(
                stage=self.index,
                name=self.stage.name,
                iteration=self.iteration,
                loss=value,
                learning_rate=self.optimizer.param_groups[0]["lr"],
                seconds=round(self._seconds(), 3),
                **self._preview(progress),
            )
        self.loss_sum, self.loss_count = torch.zeros_like(self.loss_sum), 0
        self.last_loss = value

    def _preview(self, progress: float) -> dict[str, str]:
        """Show what the method makes of some crops, if it is time; training pays nothing for it."""
        began = time.monotonic()
        name = self.fit.previews.write(self._done(progress), f"{self.index}-{self.iteration}")
        self.started += time.monotonic() - began
        return {"preview": name} if name else {}

    def _done(self, progress: float) -> float:
        """The fraction of the whole fit that is done, by that of the stage."""
        return self.before + self.weight * min(1.0, progress)

    def _report_progress(self, progress: float) -> None:
        if self.accelerator.is_main_process:
            elapsed = max(time.monotonic() - self.started, 1e-9)
            done = self.iteration - self.first_iteration
            self.fit.on_progress(
                TrainingProgress(
                    stage=self.stage.name,
                    fraction=self._done(progress),
                    loss=self.last_loss,
                    per_second=done / elapsed,
                )
            )

    def _save(self) -> float:
        """Write a checkpoint, on the main process; returns the time to write the next one."""
        begun = time.monotonic()
        if self.accelerator.is_main_process:
            self._checkpoint().save(self.fit.checkpoint_path)
        now = time.monotonic()
        return now + max(self.options.checkpoint_seconds, (now - begun) / CHECKPOINT_SHARE)

    def _checkpoint(self) -> Checkpoint:
        scaler = self.accelerator.scaler
        return Checkpoint(
            stage=self.index,
            iteration=self.iteration,
            seconds=self._seconds(),
            method=self.fit.method.state_dict(),
            module=self.stage.state_dict(),
            optimizer=self.optimizer.state_dict(),
            losses={"sum": self.loss_sum, "count": self.loss_count, "last": self.last_loss},
            scaler=scaler.state_dict() if scaler is not None else {},
            average=self.average.state_dict() if self.average is not None else {},
            finished=self.finished,
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            DamagedFileError: it does not fit the stage.
        """
        self.iteration = self.first_iteration = checkpoint.iteration
        self.earlier_seconds = checkpoint.seconds
        try:
            self.stage.load_state_dict(checkpoint.module)
            self.optimizer.load_state_dict(checkpoint.optimizer)
            self.loss_sum = checkpoint.losses["sum"].to(self.accelerator.device)
            self.loss_count = checkpoint.losses["count"]
            self.last_loss = checkpoint.losses["last"]
            if self.accelerator.scaler is not None and checkpoint.scaler:
                self.accelerator.scaler.load_state_dict(checkpoint.scaler)
            if self.average is not None:
                self.average.load_state_dict(checkpoint.average)
        except Exception as error:  # what does not fit fails in many ways
            raise DamagedFileError(
                f"the checkpoint {self.fit.checkpoint_path} does not fit stage {self.stage.name!r}"
            ) from error

    def _choose_trained(self) -> None:
        """Freeze everything but what the stage trains."""
        everything: tuple[nn.Module, ...] = (self.fit.method, self.stage)
        for module in everything:
            module.requires_grad_(False).eval()
        for module in self.stage.trained():
            module.requires_grad_(True).train()


def _optimizer(
    groups: list[dict[str, Any]], recipe: Recipe, *, fused: bool
) -> torch.optim.Optimizer:
    """The optimizer; ``fused`` does a step in one kernel, on a GPU."""
    common: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if fused:
        common["fused"] = True
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, **common)
    kind = torch.optim.Adam if recipe.optimizer == "adam" else torch.optim.AdamW
    return kind(groups, betas=recipe.betas, **common)


def _moving_average(stage: nn.Module, recipe: Recipe) -> AveragedModel | None:
    if recipe.ema is None:
        return None
    update = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    return AveragedModel(stage, multi_avg_fn=update, use_buffers=True)


def _check_loss(loss: Any, stage: Stage) -> None:
    if not isinstance(loss, Tensor) or loss.ndim != 0:
        found = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise PluginError(f"stage {stage.name!r} must return a scalar tensor as loss, not {found}")
