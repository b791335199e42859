import math
from dataclasses import replace
from pathlib import Path
from random import random
from statistics import fmean, stdev

import numpy as np
import pytest
import torch
from made_records import ready
from toys import Seen

from harness.data.dataset import Sample
from harness.data.images import to_8bit
from harness.errors import DataError, MetricUnavailableError, PluginError
from harness.evaluation import Measurement, Subject, evaluate, timing
from harness.methods.method import Method, OracleMethod
from harness.metrics.hooks import harness_register_metrics
from harness.metrics.psnr import psnr
from harness.plugin.parameters import parameters_of_target
from harness.specs import MetricSpec

SPECS = {spec.name: spec for spec in harness_register_metrics()}


class Shift(Method):
    """Adds a constant and remembers what it was given."""

    def __init__(self, by=0.0):
        super().__init__()
        self.by, self.seen = by, Seen()

    def denoise(self, noisy):
        self.seen.append(noisy)
        return noisy + self.by


class Truth(OracleMethod):
    def denoise_knowing(self, noisy, clean):
        return clean


def image_metric(function, rounding="8bit", selector="mine", **parameters):
    spec = MetricSpec(
        name="mine",
        target="mine:mine",
        summary="Mine.",
        label="Mine",
        protocol="as given",
        higher_is_better=True,
        decimals=2,
        tolerance=0.1,
        rounding=rounding,
    )
    return ready(spec, function, selector, **parameters)


def method_metric(function, selector="cost"):
    spec = MetricSpec(
        name="cost",
        target="mine:cost",
        summary="Mine.",
        measures="method",
        label="Cost",
        protocol="mine",
        higher_is_better=False,
        unit="EUR",
        decimals=2,
        tolerance=0.1,
    )
    return ready(spec, function, selector)


def builtin(name, **parameters):
    from importlib import import_module

    spec = SPECS[name]
    module, attribute = spec.target.split(":")
    function = getattr(import_module(module), attribute)
    defaults = {each.name: each.default for each in parameters_of_target(function)}
    return ready(spec, function, **defaults | parameters)


def samples(count=3, dtype=np.uint8, truth=True, size=(16, 20)):
    generator = np.random.default_rng(0)
    top = np.iinfo(dtype).max

    def image():
        return generator.integers(0, top, (*size, 3), dtype, endpoint=True)

    def sample(index, noisy, clean):
        return Sample(
            name=f"image-{index}",
            scene=f"scene-{index // 2}",
            noisy=lambda: noisy,
            clean=(lambda: clean) if truth else None,
        )

    return [sample(index, image(), image()) for index in range(count)]


def as_tensor(image):
    return torch.from_numpy(image / np.iinfo(image.dtype).max).permute(2, 0, 1)[None].float()


def test_every_image_has_a_score_and_the_mean_and_spread_are_over_images():
    images = samples(3)
    expected = [psnr(as_tensor(s.noisy()), as_tensor(s.clean())).item() for s in images]

    evaluation = evaluate(Subject(Shift()), images, [builtin("psnr")])

    assert [score.value for score in evaluation.image_scores] == pytest.approx(expected)
    assert [(score.image, score.scene) for score in evaluation.image_scores] == [
        ("image-0", "scene-0"),
        ("image-1", "scene-0"),
        ("image-2", "scene-1"),
    ]
    (score,) = evaluation.scores
    assert score.value == pytest.approx(fmean(expected))
    assert score.spread == pytest.approx(stdev(expected))
    assert score.count == 3
    assert (score.metric, score.label, score.protocol) == ("psnr", "PSNR", "8bit")


class Draws(Method):
    """Draws from the generators of Python, NumPy and torch."""

    def denoise(self, noisy):
        return noisy + (random() + np.random.random() + torch.rand_like(noisy)) / 30


class Counts(Method):
    """Keeps something between images, in a buffer and beside it."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))
        self.more = [0]

    def denoise(self, noisy):
        self.calls += 1
        self.more[0] += 1
        return noisy + (self.calls + self.more[0]) / 100


class Single(Counts):
    def __deepcopy__(self, memo):
        raise TypeError("there is only one")


def values(method, images, *metrics, seed=0):
    """The PSNR of every image, by name."""
    evaluation = evaluate(Subject(method), images, [*metrics, builtin("psnr")], seed)
    return {score.image: score.value for score in evaluation.image_scores if score.metric == "psnr"}


@pytest.mark.parametrize("kind", [Draws, Counts])
def test_a_score_depends_on_nothing_else_that_is_measured(kind, monkeypatch):
    drawing = image_metric(lambda denoised, clean: torch.rand(1), selector="drawing")
    expected = values(kind(), samples(2))

    assert values(kind(), samples(2), drawing) == expected
    for repeats in (1, 4):
        monkeypatch.setattr(timing, "REPEATS", repeats)
        assert values(kind(), samples(2), builtin("latency", size=8)) == expected


@pytest.mark.parametrize("kind", [Draws, Counts])
def test_an_image_has_the_score_alone_that_it_has_among_others(kind):
    images = samples(3)
    together = values(kind(), images)

    assert values(kind(), images[::-1]) == together
    assert {name: value for each in images for name, value in values(kind(), [each]).items()} == (
        together
    )


def test_every_image_and_every_seed_draws_otherwise():
    (image,) = samples(1)
    images = [image, replace(image, name="another")]

    drawn = [*values(Draws(), images).values(), *values(Draws(), images, seed=1).values()]

    assert len(set(drawn)) == 4


def test_a_method_that_cannot_be_copied_is_scored_and_its_scores_say_so():
    (score,) = evaluate(Subject(Single()), samples(2), [builtin("psnr")]).scores

    assert score.count == 2
    assert score.details == {
        "state": "kept from image to image, for Single cannot be copied: TypeError: there is only "
        "one"
    }


def test_an_oracle_has_infinite_psnr_and_no_spread():
    (score,) = evaluate(Subject(Truth()), samples(2), [builtin("psnr")]).scores

    assert score.value == math.inf
    assert score.spread is None
    assert score.count == 2


def test_one_image_has_no_spread():
    (score,) = evaluate(Subject(Shift()), samples(1), [builtin("psnr")]).scores

    assert score.spread is None


def test_scores_come_in_the_order_asked_for():
    metrics = [builtin("ssim", protocol="wang"), builtin("parameters"), builtin("psnr")]

    evaluation = evaluate(Subject(Shift()), samples(1), metrics)

    assert [score.metric for score in evaluation.scores] == ["ssim", "parameters", "psnr"]
    assert [score.protocol for score in evaluation.scores] == ["wang", "", "8bit"]
    assert [score.column.measures for score in evaluation.scores] == ["image", "method", "image"]


def test_the_method_is_measured_before_any_image_is_denoised():
    method = Shift()
    seen = []

    evaluate(
        Subject(method),
        samples(2),
        [
            image_metric(lambda denoised, clean: [len(method.seen)]),
            method_metric(lambda subject: seen.append(len(method.seen)) or 1),
        ],
    )

    assert seen == [0]
    assert len(method.seen) == 2


def test_the_example_is_the_first_image():
    images = samples(2)
    seen = []

    def cost(subject):
        seen.extend((subject.example, subject.example_clean))
        return 1.5

    (score,) = evaluate(Subject(Shift()), images, [method_metric(cost)]).scores

    assert torch.equal(seen[0], as_tensor(images[0].noisy()))
    assert torch.equal(seen[1], as_tensor(images[0].clean()))
    assert (score.value, score.unit, score.spread) == (1.5, "EUR", None)


def test_a_measurement_keeps_its_spread_count_and_details():
    metric = method_metric(
        lambda subject: Measurement(2.0, spread=0.5, count=7, details={"size": 3})
    )

    (score,) = evaluate(Subject(Shift()), samples(1), [metric]).scores

    assert (score.value, score.spread, score.count) == (2.0, 0.5, 7)
    assert score.details == {"size": 3}


def test_metrics_see_8bit_and_the_method_sees_every_bit():
    (image,) = images = samples(1, np.uint16)
    noisy, clean = as_tensor(image.noisy()), as_tensor(image.clean())
    method, seen = Shift(0.3), []

    evaluate(Subject(method), images, [image_metric(lambda x, y: seen.extend((x, y)) or [0])])

    assert torch.equal(method.seen[0], noisy)
    torch.testing.assert_close(seen[0], to_8bit(noisy + 0.3))
    torch.testing.assert_close(seen[1], to_8bit(clean))


def test_a_metric_without_rounding_sees_clipped_images():
    (image,) = images = samples(1, np.uint16)
    seen = []
    metric = image_metric(lambda x, y: seen.extend((x, y)) or [0], rounding="none")

    evaluate(Subject(Shift(0.3)), images, [metric])

    torch.testing.assert_close(seen[0], (as_tensor(image.noisy()) + 0.3).clamp(max=1))
    torch.testing.assert_close(seen[1], as_tensor(image.clean()))


def test_without_clean_images_only_the_method_has_scores():
    evaluation = evaluate(
        Subject(Shift()), samples(2, truth=False), [builtin("psnr"), builtin("parameters")]
    )

    assert [score.reason for score in evaluation.image_scores] == ["no clean image"] * 2
    without, with_number = evaluation.scores
    assert (without.value, without.count, without.reason) == (None, 0, "no clean image")
    assert with_number.value == 0


def test_a_metric_that_is_unavailable_is_a_reason_and_no_failure():
    def unavailable(*_):
        raise MetricUnavailableError("not on this machine")

    metrics = [image_metric(unavailable), method_metric(unavailable), builtin("psnr")]

    evaluation = evaluate(Subject(Shift()), samples(2), metrics)

    assert [(score.value, score.reason) for score in evaluation.scores[:2]] == [
        (None, "not on this machine")
    ] * 2
    assert evaluation.scores[2].value is not None


def test_the_mean_says_which_images_it_leaves_out_and_why():
    tiny = [replace(sample, name="tiny") for sample in samples(1, size=(5, 5))]

    (score,) = evaluate(Subject(Shift()), tiny + samples(2), [builtin("ssim")]).scores

    assert score.count == 2
    reason = "images of 5x5 pixels are smaller than the window of 7x7"
    assert score.left_out == {"tiny": reason}
    assert score.reason == ""


def test_the_mean_says_of_how_many_scenes_its_images_are():
    images = [replace(each, scene=scene) for each, scene in zip(samples(3), "aab", strict=True)]

    scores = evaluate(Subject(Shift()), images, [builtin("psnr"), builtin("parameters")]).scores

    assert [(score.count, score.scenes) for score in scores] == [(3, 2), (1, 0)]


def test_a_score_that_is_not_a_number_is_not_averaged():
    metric = image_metric(lambda denoised, clean: [math.nan])

    (score,) = evaluate(Subject(Shift()), samples(2), [metric]).scores

    assert (score.value, score.count) == (None, 0)
    assert score.reason == "the metric is not defined for this image"


@pytest.mark.parametrize("returned", [3.0, [1.0, 2.0], None, ["high"]])
def test_a_metric_that_returns_something_else_is_named(returned):
    metric = image_metric(lambda denoised, clean: returned)

    with pytest.raises(PluginError, match=r"^metric 'mine' must return one number per image, and"):
        evaluate(Subject(Shift()), samples(1), [metric])


def test_a_metric_of_the_method_that_returns_no_number_is_named():
    with pytest.raises(PluginError, match=r"^metric 'cost' must return one number, and returned"):
        evaluate(Subject(Shift()), samples(1), [method_metric(lambda subject: None)])


def test_a_metric_gets_its_parameters():
    seen = {}
    metric = image_metric(lambda x, y, **parameters: seen.update(parameters) or [0], window=5)

    evaluate(Subject(Shift()), samples(1), [metric])

    assert seen == {"window": 5}


def test_every_image_is_read_once():
    reads = []

    def counted(sample):
        def read(half):
            reads.append((sample.name, half))
            return getattr(sample, half)()

        return Sample(sample.name, sample.scene, lambda: read("noisy"), lambda: read("clean"))

    images = [counted(sample) for sample in samples(3)]

    evaluate(Subject(Shift()), images, [builtin("psnr"), builtin("latency", size=8)])

    assert len(reads) == len(set(reads)) == 6


def test_progress_and_denoised_images_are_handed_out():
    images = samples(2, size=(5, 7))
    progress, kept = [], []

    evaluate(
        Subject(Shift(2)),
        images,
        [],
        on_image=lambda done, total: progress.append((done, total)),
        keep=lambda sample, denoised: kept.append((sample, denoised)),
    )

    assert progress == [(1, 2), (2, 2)]
    assert [sample for sample, _ in kept] == images
    assert all(np.array_equal(denoised, np.full((5, 7, 3), 255)) for _, denoised in kept)
    assert kept[0][1].dtype == np.uint8


def test_nothing_to_test_on_is_an_error():
    with pytest.raises(DataError, match=r"^there is no image to test on$"):
        evaluate(Subject(Shift()), [], [builtin("psnr")])


def test_a_file_that_cannot_be_read_is_named():
    from harness.data.dataset import ImageFile

    image = Sample("gone", "gone", ImageFile(Path("gone.png")))

    with pytest.raises(DataError, match=r"gone\.png"):
        evaluate(Subject(Shift()), [image], [builtin("psnr")])


def compared_with(compares):
    """A metric that keeps what it is given."""
    given = []

    def score(denoised, other):
        given.append(other)
        return [0.0]

    return replace(image_metric(score), compares=compares), given


def test_a_metric_without_ground_truth_is_given_noisy_images_as_they_are():
    noisy = np.full((4, 4, 3), -0.25, np.float32)
    shot = np.full((4, 4, 3), 1.5, np.float32)
    sample = Sample("a", "a", lambda: noisy, shots=(lambda: shot, lambda: noisy))
    metrics = [compared_with(compares) for compares in ("noisy", "shots")]

    evaluate(Subject(Shift()), [sample], [metric for metric, _ in metrics])

    (of_noisy,), (of_shots,) = (given for _, given in metrics)
    assert (of_noisy.shape, of_noisy.unique().tolist()) == ((1, 3, 4, 4), [-0.25])
    assert of_shots.shape == (1, 2, 3, 4, 4)
    assert of_shots.mean((0, 2, 3, 4)).tolist() == [1.5, -0.25]


def test_shots_are_read_only_where_a_metric_asks_for_them():
    def fail():
        raise AssertionError("a shot was read")

    (sample,) = samples(1)
    evaluate(Subject(Shift()), [replace(sample, shots=(fail,))], [builtin("psnr")])


def test_an_image_without_further_shots_has_no_score_by_them():
    metric, given = compared_with("shots")

    (score,) = evaluate(Subject(Shift()), samples(1), [metric]).scores

    assert (score.value, given) == (None, [])
    assert score.reason == ("no further shots of the same content")
