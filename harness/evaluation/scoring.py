"""Score a method on a split: every image by every metric, and the means."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean, stdev
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.data.dataset import Image, Sample, read_pair, read_shots
from harness.data.images import to_8bit, to_16bit_array, to_array, to_tensor
from harness.errors import DataError, MetricUnavailableError, PluginError
from harness.evaluation.subject import Measurement, Subject
from harness.results.columns import Column
from harness.results.records import ImageScore, Score
from harness.specs import Compared
from harness.util.seeding import derive_seed, seed_all

OnImage = Callable[[int, int], None]
"""Called after every image, with how many are done and how many there are."""

Keep = Callable[[Sample, NDArray[np.uint8] | NDArray[np.uint16]], None]
"""Called with every denoised image, H x W x C, clipped and rounded to 8 or 16 bit."""

NO_GROUND_TRUTH = "no clean image"

NO_SHOTS = "no further shots of the same content"


@dataclass(frozen=True)
class ReadyMetric:
    """A metric, ready to be called.

    Attributes:
        column: what its numbers mean.
        rounding: of the images that it is given, see :class:`harness.MetricSpec`.
        function: the spec's target, with its parameters filled in.
        missing: why it cannot be computed here, and is not tried; empty if it can.
        compares: the denoised image with what, see :class:`harness.MetricSpec`.
    """

    column: Column
    rounding: Literal["8bit", "none"]
    function: Callable[..., Any]
    missing: str = ""
    compares: Compared = "clean"

    @property
    def selector(self) -> str:
        """The metric as the user asked for it, such as ``ssim[protocol=wang]``."""
        return self.column.metric


@dataclass(frozen=True)
class Evaluation:
    """What is known of a method on a split.

    Attributes:
        image_scores: image by image, and for each in the order of the metrics.
        scores: one per metric, in the order asked for.
    """

    image_scores: list[ImageScore]
    scores: tuple[Score, ...]


def evaluate(
    subject: Subject,
    samples: Sequence[Sample],
    metrics: Sequence[ReadyMetric],
    seed: int = 0,
    on_image: OnImage | None = None,
    keep: Keep | None = None,
    bits: Literal[8, 16] = 8,
) -> Evaluation:
    """Measure the method, then denoise every image and score it.

    The method sees the noisy image as it is; metrics see what their spec's ``rounding`` says of
    denoised and clean image alike. Metrics of the method come first, so that nothing has warmed
    the process up before it is timed. Each image is read once. What a metric cannot say is a
    reason and never a failure.

    Every image is denoised by a copy of the method that has denoised nothing, with all generators
    seeded by the image's name. So its score is the same alone and among others, and whatever else
    is measured; where a method cannot be copied, the details of its scores say so.

    Args:
        subject: the method under test; without an example it takes the first image.
        samples: the images of a split.
        metrics: in the order wanted.
        seed: root of what the method draws.
        on_image: hears of progress.
        keep: is given every denoised image.
        bits: to which it is rounded for that.

    Raises:
        DataError: there is no image, or one cannot be read.
        PluginError: a metric returns something else than a number per image, or the method breaks
            its contract.
    """
    if not samples:
        raise DataError("there is no image to test on")
    of_images = [metric for metric in metrics if metric.column.measures == "image"]
    scores: dict[str, Score] = {}
    image_scores: list[ImageScore] = []
    for index, sample in enumerate(samples):
        pair = read_pair(sample)
        noisy, clean = _tensors(*pair)
        if index == 0:
            if subject.example is None:
                subject = replace(subject, example=noisy, example_clean=clean)
            scores = {m.selector: _score_method(m, subject) for m in metrics if m not in of_images}
        seed_all(image_seed(seed, sample.name))
        denoised = _countable(subject.denoise(noisy, clean))
        others = _Others(sample, pair[0], clean)
        image_scores += [_score_image(metric, sample, denoised, others) for metric in of_images]
        if keep:
            keep(sample, (to_16bit_array if bits == 16 else to_array)(denoised[0]))
        if on_image:
            on_image(index + 1, len(samples))
    scores |= {metric.selector: _mean(metric, image_scores) for metric in of_images}
    noted = (_with_note(scores[metric.selector], subject.uncopied) for metric in metrics)
    return Evaluation(image_scores, tuple(noted))


def drawing_seed(seed: int, method: str) -> int:
    """The root of what a method draws for images.

    It is not one of the data: an image alone draws as it does among others, whatever its dataset.

    Args:
        seed: of the run, or of the training.
        method: name of the method.
    """
    return derive_seed(seed, method)


def image_seed(seed: int, name: str) -> int:
    """The seed of what a method draws for an image.

    Args:
        seed: root of what the method draws.
        name: of the image.
    """
    return derive_seed(seed, "image", name)


def _with_note(score: Score, uncopied: str) -> Score:
    """A score that tells if the method kept its state from image to image."""
    return replace(score, details={**score.details, "state": uncopied}) if uncopied else score


def _tensors(noisy: Image, clean: Image | None) -> tuple[Tensor, Tensor | None]:
    return to_tensor(noisy)[None], None if clean is None else to_tensor(clean)[None]


def _countable(denoised: Tensor) -> Tensor:
    """An image where metrics can compute in double precision, which mps has none of."""
    return denoised.cpu() if denoised.device.type == "mps" else denoised


def _score_method(metric: ReadyMetric, subject: Subject) -> Score:
    if metric.missing:
        return Score(column=metric.column, value=None, reason=metric.missing)
    try:
        result = metric.function(subject)
    except MetricUnavailableError as error:
        return Score(column=metric.column, value=None, reason=str(error))
    if not isinstance(result, Measurement):
        try:
            result = Measurement(float(result))
        except (TypeError, ValueError) as error:
            raise PluginError(
                f"metric {metric.selector!r} must return one number, and returned {result!r}"
            ) from error
    return Score(
        column=metric.column,
        value=result.value,
        spread=result.spread,
        count=result.count,
        details=result.details,
    )


@dataclass(frozen=True)
class _Others:
    """What a denoised image can be compared with; shots are read where a metric asks for them.

    Args:
        sample: that was denoised.
        noisy: its noisy image.
        clean: its clean image, 1 x C x H x W; None where there is none.
    """

    sample: Sample
    noisy: Image
    clean: Tensor | None

    def given(self, metric: ReadyMetric, finish: Callable[[Tensor], Tensor]) -> Tensor:
        """What a metric compares with; noisy images as they are, for clipping gives them a mean.

        Raises:
            MetricUnavailableError: the sample has none.
        """
        if metric.compares == "noisy":
            return to_tensor(self.noisy)[None]
        if metric.compares == "shots":
            return self._shots
        if self.clean is None:
            raise MetricUnavailableError(NO_GROUND_TRUTH)
        return finish(self.clean)

    @cached_property
    def _shots(self) -> Tensor:
        """1 x S x C x H x W."""
        if not self.sample.shots:
            raise MetricUnavailableError(NO_SHOTS)
        return torch.stack([*map(to_tensor, read_shots(self.sample, self.noisy))])[None]


def _score_image(
    metric: ReadyMetric, sample: Sample, denoised: Tensor, others: _Others
) -> ImageScore:
    if metric.missing:
        return ImageScore(sample.name, sample.scene, metric.selector, None, metric.missing)
    finish = to_8bit if metric.rounding == "8bit" else _clip
    try:
        other = others.given(metric, finish).to(denoised.device)
        values = metric.function(finish(denoised), other)
    except MetricUnavailableError as error:
        return ImageScore(sample.name, sample.scene, metric.selector, None, str(error))
    try:
        (value,) = (float(number) for number in values)
    except (TypeError, ValueError) as error:
        raise PluginError(
            f"metric {metric.selector!r} must return one number per image, "
            f"and returned {values!r} for one image"
        ) from error
    if math.isnan(value):
        reason = "the metric is not defined for this image"
        return ImageScore(sample.name, sample.scene, metric.selector, None, reason)
    return ImageScore(sample.name, sample.scene, metric.selector, value)


def _clip(images: Tensor) -> Tensor:
    return images.clamp(0, 1)


def _mean(metric: ReadyMetric, image_scores: Sequence[ImageScore]) -> Score:
    """The mean over the images that have a score; it names those that have none, and why."""
    own = [score for score in image_scores if score.metric == metric.selector]
    left_out = {score.image: score.reason for score in own if score.value is None}
    values = [score.value for score in own if score.value is not None]
    if not values:
        return Score(column=metric.column, value=None, reason=next(iter(left_out.values())))
    spreads = len(values) > 1 and all(math.isfinite(value) for value in values)
    return Score(
        column=metric.column,
        value=fmean(values),
        spread=stdev(values) if spreads else None,
        count=len(values),
        scenes=len({score.scene for score in own if score.value is not None}),
        left_out=left_out,
    )
