"""The contract of a metric: a number per image, in the direction that its spec says."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from harness.data.images import to_8bit, to_tensor
from harness.errors import MetricUnavailableError
from harness.evaluation.subject import Measurement, Subject
from harness.methods.method import Method
from harness.plugin.probing import probe_metric
from harness.results.serial import dump_json
from harness.specs import MetricSpec
from harness.testing.contracts.base import Contract, failing_with, skip
from harness.testing.contracts.images import NOISE, clean_image, image_pair, noisy_image

SIDE = 96
"""Height and width of the images that are scored, in pixels."""

SHOTS = 3
"""Further noisy images, for a metric that compares with these."""

STRENGTHS = (2.0, 10.0, 40.0)
"""Of the noise of images that get worse and worse, in grey levels."""


class MetricContract(Contract):
    """What every metric must do.

    Attributes:
        known: scores that are known, such as by hand: the grey level, of 255, of a flat image; that
            of its flat clean one; and the score.
        channels: numbers of channels of the images that it must score.
        ranks_noise: more noise gets a worse score.
    """

    kind: ClassVar[str] = "metric"
    known: ClassVar[Sequence[tuple[int, int, float]]] = ()
    channels: ClassVar[tuple[int, ...]] = (1, 3)
    ranks_noise: ClassVar[bool] = True

    @cached_property
    def spec(self) -> MetricSpec:
        """What the metric states of itself."""
        spec = self.entry.spec
        assert isinstance(spec, MetricSpec)
        return spec

    def test_an_image_gets_one_number(self) -> None:
        """Grey and colour images are scored, a number for each."""
        for channels in self.channels:
            noisy, clean = image_pair(SIDE, SIDE, channels, count=2)
            scores = self.scores(noisy, clean)
            assert all(map(math.isfinite, scores)), f"noisy images score {scores}"

    def test_images_of_a_batch_are_scored_as_alone(self) -> None:
        """A score does not depend on the other images of a batch."""
        noisy, clean = image_pair(SIDE, SIDE, self._most, count=3)
        together = self.scores(noisy, clean)
        for index, score in enumerate(together):
            own = slice(index, index + 1)
            (alone,) = self.scores(noisy[own], clean[own])
            assert math.isclose(score, alone, rel_tol=1e-4, abs_tol=1e-6), (
                f"image {index} of a batch scores {score:g}, and alone {alone:g}: take means over "
                "dim=(1, 2, 3), and nothing over the batch"
            )

    def test_more_noise_scores_worse(self) -> None:
        """``higher_is_better`` says the direction of its numbers."""
        self._skip_unless_of_images()
        if not self.ranks_noise:
            skip("it says that it does not rank noise")
        clean = clean_image(SIDE, SIDE, self._most)
        noisy = [to_tensor(noisy_image(clean, 0, strength)) for strength in STRENGTHS]
        scores = self.scores(torch.stack(noisy), torch.stack([to_tensor(clean)] * len(noisy)))
        better_first = sorted(scores, reverse=self.spec.higher_is_better)
        assert scores == better_first, (
            f"its spec says higher_is_better={self.spec.higher_is_better}, but less to more noise "
            f"scores {', '.join(f'{score:g}' for score in scores)}: turn the spec, or the score"
        )

    def test_nothing_scores_better_than_the_clean_image(self) -> None:
        """The score of the clean image is the best that there is."""
        self._skip_unless_of_images()
        if not self.ranks_noise:
            skip("it says that it does not rank noise")
        noisy, clean = image_pair(SIDE, SIDE, self._most)
        (best,), (other,) = self.scores(clean, clean), self.scores(noisy, clean)
        if math.isnan(best):
            skip("no score is defined for the clean image")
        is_better = best > other if self.spec.higher_is_better else best < other
        assert is_better, f"the clean image itself scores {best:g}, and a noisy one {other:g}"

    def test_known_images_have_known_scores(self) -> None:
        """Of flat images the score can be computed by hand."""
        self._skip_unless_of_images()
        if not self.known:
            skip("no score is known: say known = [(grey level, clean grey level, score), ...]")
        for grey, clean, expected in self.known:
            flat = [torch.full((1, self._most, SIDE, SIDE), each / 255) for each in (grey, clean)]
            (score,) = self.scores(*flat)
            assert math.isclose(score, expected, rel_tol=1e-3, abs_tol=1e-6), (
                f"a flat image of {grey} scores {score:g} against one of {clean}, not {expected:g}"
            )

    def test_the_images_that_it_is_given_stay(self) -> None:
        """Other metrics are given the same images."""
        self._skip_unless_of_images()
        noisy, clean = image_pair(SIDE, SIDE, self._most)
        other = self._compared(clean, _clipped)
        given = noisy.clone(), other.clone()
        self._function(*given)
        assert torch.equal(given[0], noisy) and torch.equal(given[1], other), (  # noqa: PT018
            "it changes the images that it is given, which other metrics get too: leave out "
            "operations in place, such as x -= y"
        )

    def test_a_method_gets_one_number(self) -> None:
        """What measures the method returns a number, or a Measurement that can be written down."""
        if self.spec.measures != "method":
            skip("it measures images")
        self._skip_if_unavailable()
        noisy, _ = image_pair(SIDE, SIDE, self._most)
        try:
            result = self._function(Subject(Smoothing(), example=noisy))
        except MetricUnavailableError as error:
            skip(str(error))
        measured = result if isinstance(result, Measurement) else Measurement(float(result))
        assert math.isfinite(measured.value), f"it measures {measured.value}"
        assert dump_json(measured.details)

    def scores(self, denoised: Tensor, clean: Tensor) -> list[float]:
        """Score a batch as the harness does: rounded to 8 bit, if the spec says so.

        Args:
            denoised: N x C x H x W in [0, 1].
            clean: the same; noisy images are made of it for a metric that compares with these.

        Returns:
            N numbers.
        """
        self._skip_unless_of_images()
        finish = to_8bit if self.spec.rounding == "8bit" else _clipped
        try:
            returned = self._function(finish(denoised), self._compared(clean, finish))
        except MetricUnavailableError as error:
            skip(str(error))
        with failing_with(f"it must return a number per image, and returned {returned!r}"):
            numbers = [float(number) for number in returned]
        assert len(numbers) == len(denoised), (
            f"it returned {len(numbers)} numbers for {len(denoised)} images: one for each is wanted"
        )
        return numbers

    def _compared(self, clean: Tensor, finish: Callable[[Tensor], Tensor]) -> Tensor:
        """What the metric compares denoised images with: clean ones, or noisy ones made of them."""
        if self.spec.compares == "clean":
            return finish(clean)
        shape = (SHOTS, *clean.shape[1:]) if self.spec.compares == "shots" else clean.shape[1:]
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(shape, generator=generator) * NOISE / 255  # the same for every image
        return clean[:, None] + noise if self.spec.compares == "shots" else clean + noise

    @property
    def _function(self) -> Callable[..., Any]:
        function: Callable[..., Any] = self.registry.build(self.reference)
        return function

    @property
    def _most(self) -> int:
        return max(self.channels)

    def _skip_unless_of_images(self) -> None:
        if self.spec.measures != "image":
            skip("it measures the method")
        self._skip_if_unavailable()

    def _skip_if_unavailable(self) -> None:
        found = probe_metric(self.registry, self.reference)
        if isinstance(found, str):
            skip(found)


class Smoothing(Method):
    """A convolution that takes the mean of a pixel and its neighbours to the right and below."""

    receptive_radius = 1

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 3, 2, groups=3, bias=False)
        torch.nn.init.constant_(self.layer.weight, 0.25)

    def denoise(self, noisy: Tensor) -> Tensor:
        """Filter the batch; the last row and column see a copy of themselves."""
        padded = torch.nn.functional.pad(noisy, (0, 1, 0, 1), mode="replicate")
        filtered: Tensor = self.layer(padded)
        return filtered


def _clipped(images: Tensor) -> Tensor:
    return images.clamp(0, 1)
