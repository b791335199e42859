"""How the stages of D-BSN are trained, as released and as published."""

from dataclasses import dataclass

from harness import Recipe, Steps
from harness_dbsn.network import Variant
from harness_dbsn.noise_model import NoiseKind
from harness_nets.parameters import Schedule, schedule_of

CLIP_NORM = 1.0
"""Of the gradient. Where the loss explodes, the released code zeroes what it prints, no more."""

COSINE_FINAL = 0.02
"""What is left of the learning rate at the end of a stage, with the schedule ``cosine``."""

PAPER_STEPS = Steps((1 / 6, 2 / 6, 3 / 6))
"""Sec. 4.1: a tenth after every 30 of 180 epochs, down to a thousandth."""

WARMUP_STEPS = Steps((0.2, 0.6, 0.7, 0.8, 0.9))
"""The released script of the colour warm-up: at 20, 60, 70, 80 and 90 of 100 epochs."""

NOISE_STEPS = Steps((0.4, 0.6, 0.8))
"""The released script of the colour noise networks: at 20, 30 and 40 of 50 epochs."""

COLOUR_STEPS = Steps((0.2, 0.4, 0.6, 0.8))
"""The released scripts of colour fine-tuning: at 20, 40, 60 and 80 of 100 epochs."""

GREY_MILESTONES = (0.2, 0.4, 0.6, 0.7, 0.8, 0.9)
"""The released scripts for grey images: at 20, 40, 60, 70, 80 and 90 of 100 epochs."""

STUDENT_STEPS = Steps((0.5, 0.75))
"""The released script of distillation: at 40 and 60 of 80 epochs."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """The recipe of the first stages.

    Attributes:
        iterations: of all of them together.
        warmup: share of the iterations that go to least squares, from 0 to 1.
        noise_warmup: share that goes to the noise model alone.
        batch_size: crops in a step.
        crop: side of the crops in pixels.
        learning_rate: of the warm-up.
        likelihood_rate: learning rate of the likelihood over it; None: as published.
        schedule: of the learning rate.
        variant: whose steps they are.
        channels: of the images.
        noise: kind of noise.
    """

    iterations: int
    warmup: float
    noise_warmup: float
    batch_size: int
    crop: int
    learning_rate: float
    likelihood_rate: float | None
    schedule: Schedule
    variant: Variant
    channels: int
    noise: NoiseKind

    def recipes(self) -> tuple[Recipe, Recipe, Recipe]:
        """Those of warm-up, noise model and likelihood; some may have no iterations."""
        warmup = round(self.iterations * self.warmup)
        noise = round(self.iterations * self.noise_warmup)
        rate = self.learning_rate
        return (
            self._recipe(warmup, rate, WARMUP_STEPS),
            self._recipe(noise, rate, NOISE_STEPS),
            self._recipe(
                self.iterations - warmup - noise, rate * self._joint_rate(), self._joint_steps()
            ),
        )

    def _recipe(self, iterations: int, learning_rate: float, released: Steps) -> Recipe:
        steps = PAPER_STEPS if self.variant == "paper" else released
        return Recipe(
            iterations=iterations,
            batch_size=self.batch_size,
            crop=self.crop,
            learning_rate=learning_rate,
            schedule=schedule_of(self.schedule, steps, COSINE_FINAL),
            clip_norm=CLIP_NORM,
        )

    def _joint_rate(self) -> float:
        """Learning rate of the likelihood over that of the warm-up.

        As released: 3e-4 after 3e-4 for grey images; for colour 3e-5, and 3e-6 for matrices.
        """
        if self.likelihood_rate is not None:
            return self.likelihood_rate
        if self.variant == "paper" or self.channels == 1:
            return 1.0
        return 0.01 if self.noise == "mg" else 0.1

    def _joint_steps(self) -> Steps:
        if self.channels > 1:
            return COLOUR_STEPS
        return Steps(GREY_MILESTONES, gamma=0.5 if self.noise == "hg" else 0.1)
