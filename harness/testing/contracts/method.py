"""The contract of a method: it trains, saves what it learnt, and denoises whatever it is given."""

from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import torch
from torch import Tensor

from harness.errors import UsageError
from harness.methods.method import Method
from harness.methods.weights import load_weights, save_weights
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import MethodSpec
from harness.testing.contracts.base import failing_with, skip
from harness.testing.contracts.denoising import SIZES, DenoiserContract, denoised, difference
from harness.testing.contracts.fits import (
    PROCESSES,
    built,
    parameters_of,
    trained,
    trained_by_two,
)
from harness.testing.contracts.images import image_pair, other_image
from harness.training.trainer import StopRequestedError

UNLIKE = 1e-3
"""By which share of what training changes weights of two processes may differ from those of one."""


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

    def test_two_processes_train_what_one_does(self) -> None:
        """Each has half of every batch, and both end with the weights of one that has both halves.

        Buffers may be each process's own, as those of batch normalisation are.
        """
        self._skip_unless_it_trains()
        try:
            method = trained(self.registry, self.reference, self._most, parts=PROCESSES)
        except UsageError as error:  # a batch of one image has no halves
            skip(str(error))
        first, second = trained_by_two(self.registry, self.name, self._most, quick=self.quick)
        different = _different(first, second)
        assert not different, (
            f"two processes end with other weights than each other: {different[0]} differs; let "
            "nothing but the loss change weights, and what a process computes not depend on its "
            "rank"
        )
        one = parameters_of(method)
        before = parameters_of(built(self.registry, self.reference, self._most))
        share = _distance(first, one) / max(_distance(before, one), 1e-12)
        assert share <= UNLIKE, (
            f"two processes train other weights than one does on the same halves of batches, by "
            f"{share:.1%} of what training changes: let what a process computes not depend on its "
            "rank, nor on the halves that it had before"
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


@cache
def _trained_once(registry: Registry, reference: Reference, channels: int) -> Method:
    return trained(registry, reference, channels)


def _different(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> list[str]:
    """The names of the tensors that differ."""
    return [name for name, value in first.items() if not torch.equal(value, second[name])]


def _distance(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> float:
    """How far all weights are apart, as the length of a vector."""
    squares = [
        (value.double() - second[name].double()).square().sum() for name, value in first.items()
    ]
    return float(torch.stack(squares).sum().sqrt())
