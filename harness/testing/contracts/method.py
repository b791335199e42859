"""The contract of a method: it trains, saves what it learnt, and denoises whatever it is given."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import torch
from accelerate import Accelerator
from torch import Tensor

from harness.data.dataset import Image
from harness.methods.method import Method
from harness.methods.weights import load_weights, save_weights
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import MethodSpec
from harness.testing.contracts.base import failing_with, skip
from harness.testing.contracts.denoising import SIZES, DenoiserContract, denoised, difference
from harness.testing.contracts.images import image_pair, other_image, training_samples
from harness.training.budget import Budget
from harness.training.trainer import (
    StopRequestedError,
    Trainer,
    TrainingOptions,
    TrainingProgress,
)
from harness.util.seeding import derive_seed, seed_all

STEPS = 2
"""Optimizer steps of a fit; every stage takes at least one."""


class MethodContract(DenoiserContract):
    """What every method must do; one that trains is trained for two steps on four small images."""

    kind: ClassVar[str] = "method"

    def denoiser(self, channels: int) -> Method:
        """A copy of the method, trained if it trains and these are the channels of most tests."""
        if self.trains and channels == self._most:
            return deepcopy(self._fitted())
        return built(self.registry, self.reference, channels)

    @property
    def trains(self) -> bool:
        """Its spec says that it trains."""
        spec = self.entry.spec
        assert isinstance(spec, MethodSpec)
        return spec.trains

    def test_it_says_that_it_trains_if_it_has_stages(self) -> None:
        """A method that does not say so is tested without a fit."""
        assert self.trains or not self.denoiser(self._most).stages(), (
            "it has stages, and its spec does not say so: say trains=True"
        )

    def test_its_stages_have_names_of_their_own(self) -> None:
        """Loss curves and checkpoints are told by them."""
        names = [stage.name for stage in self.denoiser(self._most).stages()]
        assert len(set(names)) == len(names), f"two of the stages {', '.join(names)} share a name"

    def test_two_steps_change_what_it_trains(self) -> None:
        """The loss has a gradient, and it is finite."""
        self._skip_unless_it_trains()
        after = self._fitted().state_dict()
        before = built(self.registry, self.reference, self._most).state_dict()
        assert _different(before, after), (
            "two steps of training changed no weight: see that the loss depends on what trained() "
            "returns, and is not detached"
        )

    def test_the_same_seed_trains_the_same_weights(self) -> None:
        """A fit can be done again."""
        self._skip_unless_it_trains()
        first = self._fitted().state_dict()
        second = trained(self.registry, self.reference, self._most).state_dict()
        different = _different(first, second)
        assert not different, (
            f"trained twice with the same seed, {different[0]} differs ({len(different)} of "
            f"{len(first)} tensors): draw from the generators of Python, NumPy or torch, which are "
            "seeded before every step, and from no other"
        )

    def test_resumed_in_the_middle_it_trains_the_same_weights(self) -> None:
        """A fit that was stopped goes on from its checkpoint as if nothing had happened."""
        self._skip_unless_it_trains()
        straight = self._fitted().state_dict()
        with TemporaryDirectory() as folder, failing_with("a fit that is stopped and goes on"):
            with suppress(StopRequestedError):
                trained(self.registry, self.reference, self._most, Path(folder), steps=1)
            resumed = trained(self.registry, self.reference, self._most, Path(folder), seed=1)
        different = _different(straight, resumed.state_dict())
        assert not different, (
            f"stopped after a step and resumed, it trains other weights: {different[0]} differs "
            f"({len(different)} of {len(straight)} tensors); what stages keep must be in "
            "parameters or buffers (register_buffer)"
        )

    def test_clean_images_change_nothing(self) -> None:
        """What it makes of noisy images is the same with noise in place of clean ones.

        Of a method that announces that it trains on clean images, those of the test are replaced
        alone.
        """
        spec = self.entry.spec
        assert isinstance(spec, MethodSpec)
        if spec.oracle:
            skip("it is an oracle, which is given clean images")
        noisy, clean = image_pair(*SIZES[1], self._most)
        method = self.denoiser(self._most)
        expected = denoised(method, noisy, clean)
        if self.trains and self.registry.view_of(self.reference) == "noisy":
            method = trained(self.registry, self.reference, self._most, clean_of=other_image)
        other = torch.rand(clean.shape, generator=torch.Generator().manual_seed(0))
        found = denoised(method, noisy, other)
        assert torch.equal(found, expected), (
            f"it denoises otherwise, by {difference(found, expected)}, where clean images are "
            "replaced by noise: it reads clean images"
        )

    def test_saved_weights_denoise_as_the_method_does(self) -> None:
        """What it learnt is in its parameters and buffers, and not beside them."""
        method = self.denoiser(self._most)
        other = built(self.registry, self.reference, self._most, seed=1)
        pair = image_pair(*SIZES[1], self._most)
        with TemporaryDirectory() as folder, failing_with("saving and loading its weights"):
            path = Path(folder) / "weights.safetensors"
            save_weights(method, path, self.registry.arguments(self.reference, self._most))
            load_weights(other, path)
        assert torch.equal(denoised(method, *pair), denoised(other, *pair)), (
            "with its weights saved and loaded it denoises an image otherwise: what it learns or "
            "draws when it is made must be in parameters or buffers (register_buffer)"
        )

    def _skip_unless_it_trains(self) -> None:
        if not self.trains:
            skip("it does not train")

    def _fitted(self) -> Method:
        """The method after two steps; it is trained once, and must be copied before it denoises."""
        with failing_with("two steps of training"):
            return _trained_once(self.registry, self.reference, self._most)


def built(registry: Registry, reference: Reference, channels: int, seed: int = 0) -> Method:
    """A method with fresh weights, drawn as for a fit.

    Args:
        registry: has the plugin.
        reference: the method.
        channels: of the images.
        seed: of the weights.
    """
    seed_all(derive_seed(seed, "weights"))
    method: Method = registry.build(reference, channels)
    return method


def trained(
    registry: Registry,
    reference: Reference,
    channels: int,
    folder: Path | None = None,
    *,
    seed: int = 0,
    steps: int | None = None,
    clean_of: Callable[[Image, int], Image] | None = None,
) -> Method:
    """Train a method for two steps, on the CPU and in this process.

    Args:
        registry: has the plugin.
        reference: the method.
        channels: of the images.
        folder: has the checkpoint that it goes on from, or gets one; None: one of its own.
        seed: of the first weights.
        steps: after how many it is stopped; None: at the end.
        clean_of: makes what takes the place of a clean image, see :func:`training_samples`.

    Raises:
        StopRequestedError: it was stopped.
    """
    if folder is None:
        with TemporaryDirectory() as own:
            return trained(
                registry, reference, channels, Path(own), seed=seed, steps=steps, clean_of=clean_of
            )
    method = built(registry, reference, channels, seed)
    done: list[TrainingProgress] = []
    trainer = Trainer(
        method,
        training_samples(channels, clean_of=clean_of),
        Accelerator(cpu=True),
        TrainingOptions(
            budget=Budget("quick", iterations=STEPS), seed=0, view=registry.view_of(reference)
        ),
        folder,
        on_progress=done.append,
        should_stop=lambda: len(done) == steps,
    )
    trainer.fit()
    return method


@cache
def _trained_once(registry: Registry, reference: Reference, channels: int) -> Method:
    return trained(registry, reference, channels)


def _different(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> list[str]:
    """The names of the tensors that differ."""
    return [name for name, value in first.items() if not torch.equal(value, second[name])]
