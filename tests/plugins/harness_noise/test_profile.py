import tracemalloc

import numpy as np
import pytest

from harness.errors import DataError
from harness_noise import measure_noise


@pytest.fixture
def white(generator, observe):
    """Makes observations of white noise of different sizes."""

    def make(count, channels=3):
        for index in range(count):
            noise = generator.normal(1, 10, (40 + index, 60, channels))
            yield observe(noise, generator.uniform(80, 180, noise.shape), f"image-{index}")

    return make


def test_a_profile_holds_what_the_noise_was_made_with(white):
    profile = measure_noise(white(5))
    assert profile.std == pytest.approx(10, abs=0.2)
    assert profile.mean == pytest.approx(1, abs=0.2)
    assert profile.psnr == pytest.approx(28.1, abs=0.2)  # 10 log10(255^2 / (10^2 + 1^2))
    assert (profile.suggestion.stride, profile.suggestion.blind) == (1, 1)
    assert [each.definition for each in profile.correlations] == ["pooled", "rgb-direction"]
    assert [image.name for image in profile.images] == [f"image-{index}" for index in range(5)]
    assert profile.pixels == sum(60 * (40 + index) for index in range(5))


def test_the_order_of_the_images_does_not_matter(white):
    observations = list(white(6))
    forth = measure_noise(observations, radius=3)
    back = measure_noise(observations[::-1], radius=3)
    for name in ("mean", "std", "psnr", "ceiling"):
        assert getattr(forth, name) == pytest.approx(getattr(back, name), rel=1e-12)
    for one, other in zip(forth.intensity, back.intensity, strict=True):
        assert one.std == pytest.approx(other.std, rel=1e-9)
    for one, other in zip(forth.correlations, back.correlations, strict=True):
        np.testing.assert_allclose(one.array, other.array, atol=1e-12)


def test_memory_does_not_grow_with_the_number_of_images(generator, observe):
    def peak(count):
        images = (observe(generator.normal(0, 9, (128, 128, 3))) for _ in range(count))
        tracemalloc.start()
        measure_noise(images)
        reached = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return reached

    peak(1)  # the transforms keep tables of their own
    assert peak(20) < 1.2 * peak(2)


def test_lags_run_right_and_down_from_the_middle(generator, observe):
    white = generator.normal(0, 10, (300, 301, 3))
    (pooled, _) = measure_noise([observe(white[:, 1:] + white[:, :-1])], radius=4).correlations
    assert len(pooled.horizontal) == len(pooled.vertical) == 4
    assert pooled.horizontal[0] == pytest.approx(0.5, abs=0.02)
    assert pooled.vertical[0] == pytest.approx(0, abs=0.02)
    assert pooled.horizontal[0] == pooled.array[4, 5]


def test_the_suggestion_reads_the_first_map_asked_for(generator, observe):
    noise = generator.normal(0, 10, (100, 101, 3))
    noise[:, ::2] += 30 * generator.normal(0, 1, (100, 51, 1))  # grey, so without direction
    noise = noise[:, 1:] + noise[:, :-1] * [1, 0, 0]
    both = measure_noise([observe(noise)], radius=3)
    direction = measure_noise([observe(noise)], radius=3, definitions=["rgb-direction"])
    assert both.suggestion.strides[0].correlation == max(
        *both.correlations[0].horizontal, *both.correlations[0].vertical
    )
    assert direction.suggestion.strides[0].correlation in direction.correlations[0].horizontal
    assert direction.correlations[0] == both.correlations[1]


def test_grey_images_have_one_map(white):
    profile = measure_noise(white(2, channels=1))
    assert [each.definition for each in profile.correlations] == ["pooled"]


def test_without_ground_truth_no_score_is_given(white):
    profile = measure_noise(white(2), ground_truth=False)
    assert (profile.psnr, profile.ceiling) == (None, None)


def test_no_image_is_an_error():
    with pytest.raises(DataError, match=r"^there is no image to measure noise on$"):
        measure_noise([])


@pytest.mark.parametrize(
    ("ground_truth", "message"),
    [
        (True, "noisy and clean images differ by no noise: there is nothing to measure"),
        (False, "no noise is left: there is nothing to measure"),
    ],
)
def test_no_noise_is_an_error(observe, ground_truth, message):
    with pytest.raises(DataError, match=f"^{message}$"):
        measure_noise([observe(np.zeros((30, 30, 3)))], ground_truth=ground_truth)


def test_grey_among_colour_is_an_error(observe, generator):
    colour = observe(generator.normal(0, 1, (30, 30, 3)), name="a")
    grey = observe(generator.normal(0, 1, (30, 30, 1)), name="b")
    with pytest.raises(
        DataError,
        match=r"^image 'b' has 1 channels and others have 3; measure grey and colour images apart$",
    ):
        measure_noise([colour, grey])
