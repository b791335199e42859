import numpy as np
import pytest
import torch

from harness.data.dataset import Sample
from harness.errors import DataError
from harness.evaluation import Subject
from harness.methods.method import Method
from harness_noise import observe_pairs, observe_residuals


class Darker(Method):
    """Takes a tenth of full scale off everything."""

    def denoise(self, noisy):
        return noisy - 0.1


@pytest.fixture
def sample(generator):
    """Makes a pair of a depth; the noisy image has a black and a white sample."""

    def make(kind):
        full = np.iinfo(kind).max
        clean = generator.integers(1, full, (20, 30, 3)).astype(kind)
        noisy = generator.integers(1, full, (20, 30, 3)).astype(kind)
        noisy[0, 0, 0], noisy[1, 1, 1] = 0, full
        return Sample("image", "scene", lambda: noisy, lambda: clean)

    return make


def test_the_noise_of_a_pair_is_their_exact_difference(sample):
    pair = sample(np.uint8)
    (found,) = observe_pairs([pair])
    assert np.array_equal(found.noise, pair.noisy().astype(int) - pair.clean())
    assert np.array_equal(found.intensity, pair.clean())


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_levels_are_those_of_8_bit_whatever_the_depth(sample, kind):
    pair = sample(kind)
    (found,) = observe_pairs([pair])
    scale = np.iinfo(kind).max / 255
    assert found.noise == pytest.approx((pair.noisy().astype(float) - pair.clean()) / scale)
    assert (found.at_black.sum(), found.at_white.sum()) == (1, 1)
    assert found.at_black[0, 0, 0]
    assert found.at_white[1, 1, 1]


def test_a_residual_is_what_the_method_takes_away_and_never_looks_at_the_ground_truth(sample):
    pair = sample(np.uint8)

    def trap():
        raise AssertionError("the clean image was read")

    alone = Sample("image", "scene", pair.noisy, trap)
    (found,) = observe_residuals([alone], Subject(Darker()))
    bright = pair.noisy() > 26
    assert found.noise[bright] == pytest.approx(25.5, abs=1e-4)
    assert found.noise + found.intensity == pytest.approx(pair.noisy(), abs=1e-4)
    assert found.intensity.min() == 0  # a saved image ends there


def test_a_method_that_changes_nothing_leaves_a_residual_of_exactly_zero(sample):
    class Nothing(Method):
        def denoise(self, noisy: torch.Tensor) -> torch.Tensor:
            return noisy

    (found,) = observe_residuals([sample(np.uint16)], Subject(Nothing()))
    assert not found.noise.any()


def test_a_sample_without_ground_truth_is_no_pair(sample):
    alone = Sample("image", "scene", sample(np.uint8).noisy)
    with pytest.raises(DataError, match=r"^image 'image' has no clean image$"):
        list(observe_pairs([alone]))


def test_images_are_read_when_their_turn_comes(sample):
    read = []

    def noisy(name):
        read.append(name)
        return sample(np.uint8).noisy()

    samples = [
        Sample(name, name, lambda name=name: noisy(name), lambda: sample(np.uint8).clean())
        for name in "ab"
    ]
    observations = observe_pairs(samples)
    assert read == []
    next(observations)
    assert read == ["a"]
