"""Intervals and tests."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from harness.comparison.significance import holm, intervals, welch


def _scene_means(scenes: int, tables: int, shape: str) -> np.ndarray:
    """Means over scenes of five images, which a scene's own difference makes alike."""
    generator = np.random.default_rng(scenes)
    of_scene = {
        "normal": generator.normal(size=(scenes, 1, tables)),
        "skewed": generator.exponential(size=(scenes, 1, tables)) - 1,
        "heavy": generator.standard_t(4, size=(scenes, 1, tables)),
    }[shape]
    images = of_scene + 0.5 * generator.normal(size=(scenes, 5, tables))
    return images.mean(axis=1)


def _coverage(groups: np.ndarray) -> float:
    known = intervals(groups)
    return float(np.mean((known.low <= 0) & (known.high >= 0)))


@pytest.mark.parametrize("scenes", [15, 25, 40])
@pytest.mark.parametrize("shape", ["normal", "skewed", "heavy"])
def test_of_a_hundred_intervals_95_hold_the_truth_within_two(scenes, shape):
    assert _coverage(_scene_means(scenes, 3000, shape)) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("scenes", [4, 5, 6, 9])
def test_intervals_of_few_scenes_hold_the_truth_more_often_rather_than_less(scenes):
    assert _coverage(_scene_means(scenes, 2000, "normal")) >= 0.93


def test_intervals_over_images_of_correlated_scenes_would_be_far_too_short():
    generator = np.random.default_rng(0)
    images = generator.normal(size=(8, 1, 2000)) + 0.5 * generator.normal(size=(8, 5, 2000))
    assert _coverage(images.reshape(40, 2000)) < 0.75
    assert _coverage(images.mean(axis=1)) == pytest.approx(0.95, abs=0.02)


def test_the_p_value_is_that_of_the_paired_t_test_on_means_of_scenes():
    groups = np.random.default_rng(1).normal(0.3, 1, size=(12, 5))
    expected = [stats.ttest_1samp(column, 0).pvalue for column in groups.T]
    np.testing.assert_allclose(intervals(groups).p_value, expected)


def test_p_values_below_the_level_come_as_often_as_the_level_says():
    p_values = intervals(_scene_means(10, 4000, "normal")).p_value
    assert np.mean(p_values < 0.05) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize("scenes", [1, 2, 3])
def test_of_three_scenes_or_fewer_nothing_can_be_told(scenes):
    known = intervals(np.linspace(10, 11, scenes)[:, None])
    assert (known.low[0], known.high[0], known.p_value[0]) == (-math.inf, math.inf, 1.0)


def test_equal_groups_leave_no_doubt():
    known = intervals(np.full((5, 2), [0.25, 0.0]))
    assert list(known.low) == list(known.high) == [0.25, 0.0]
    assert list(known.p_value) == [0.0, 1.0]


def test_the_same_numbers_have_the_same_interval_whatever_stands_beside_them():
    groups = np.random.default_rng(2).normal(size=(9, 4))
    alone, together = intervals(groups[:, 2:3]), intervals(groups)
    np.testing.assert_allclose([alone.low[0], alone.high[0]], [together.low[2], together.high[2]])


def test_holm_multiplies_the_smallest_by_all_and_the_next_by_one_less():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_never_exceeds_one_and_keeps_the_order_given():
    assert holm([0.9, 0.001, 0.8]) == pytest.approx([1.0, 0.003, 1.0])
    assert holm([]) == []


def test_holm_is_the_closed_procedure_over_all_parts_of_the_table():
    p_values = np.random.default_rng(3).uniform(0, 0.2, size=5)
    parts = [part for n in range(1, 6) for part in itertools.combinations(range(5), n)]
    closed = [
        max(min(1.0, len(part) * min(p_values[list(part)])) for part in parts if own in part)
        for own in range(5)
    ]
    assert holm(list(p_values)) == pytest.approx(closed)


def test_welch_is_that_of_scipy_for_two_samples():
    first, second = [1.0, 2.0, 4.0], [2.0, 3.0, 3.5, 5.0]
    expected = stats.ttest_ind(first, second, equal_var=False, alternative="less").pvalue
    assert welch(first, second, "less") == pytest.approx(expected)


def test_welch_takes_a_single_number_as_known():
    several = [1.0, 2.0, 4.0]
    expected = stats.ttest_1samp(several, 3.0, alternative="less").pvalue
    assert welch(several, [3.0], "less") == pytest.approx(expected)
    assert welch([3.0], several, "greater") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("alternative", "p_value"), [("two-sided", 0), ("less", 0), ("greater", 1)]
)
def test_welch_of_samples_without_spread_goes_by_their_order(alternative, p_value):
    assert welch([1.0, 1.0, 1.0], [2.0, 2.0], alternative) == p_value
    assert welch([1.0, 1.0], [1.0, 1.0], alternative) == 1
