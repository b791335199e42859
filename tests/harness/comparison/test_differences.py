"""Methods side by side."""

import math

import numpy as np
import pytest

from harness.comparison.differences import (
    Difference,
    Measured,
    corrected,
    differences,
    ranks,
)

SCENES = {f"{scene}-{image}": f"scene {scene}" for scene in range(8) for image in range(3)}


def _measured(mean: float, *, seeds: int = 1, spread: float = 0.0, trains: bool = True) -> Measured:
    generator = np.random.default_rng(round(1000 * mean) + seeds)
    offsets = spread * np.linspace(-1, 1, seeds) if seeds > 1 else [0.0]
    return Measured(
        seeds=tuple(
            {
                name: mean + offset + 3 * index + 0.01 * generator.normal()
                for index, name in enumerate(SCENES)
            }
            for offset in offsets
        ),
        scenes=SCENES,
        trains=trains,
    )


def _only(*methods: Measured) -> Difference:
    (difference,) = corrected(list(differences(methods).values()))
    return difference


def test_a_difference_is_paired_by_image_and_counts_images_and_scenes():
    difference = _only(_measured(30.5), _measured(30.0))
    assert difference.mean == pytest.approx(0.5, abs=0.01)
    assert 0.45 < difference.low < difference.high < 0.55
    assert (difference.images, difference.scenes) == (24, 8)
    assert not difference.is_tie


def test_every_scene_counts_once_however_many_images_it_has():
    scenes = {"a": "one", "b": "one", "c": "one", "d": "two"}
    first = Measured(seeds=({"a": 1.0, "b": 1.0, "c": 1.0, "d": 3.0},), scenes=scenes)
    second = Measured(seeds=(dict.fromkeys("abcd", 0.0),), scenes=scenes)
    assert _only(first, second).mean == pytest.approx(2.0)


def test_images_of_one_scene_tell_as_little_as_one_image():
    scenes = dict.fromkeys(map(str, range(100)), "alone")
    better = Measured(seeds=(dict.fromkeys(scenes, 31.0),), scenes=scenes)
    worse = Measured(seeds=(dict.fromkeys(scenes, 30.0),), scenes=scenes)
    difference = _only(better, worse)
    assert difference.is_tie
    assert difference.reason == "fewer than 4 scenes"


def test_methods_that_nothing_tells_apart_are_a_tie():
    assert _only(_measured(30.0), _measured(30.0, seeds=2)).is_tie


def test_seeds_have_a_spread_of_their_own():
    difference = _only(_measured(30.5, seeds=3, spread=0.3), _measured(30, seeds=3, spread=0.4))
    assert difference.seed_spread == pytest.approx(0.5, abs=0.01)


def test_a_difference_that_seeds_explain_is_a_tie_however_clear_on_the_images():
    noisy = _only(_measured(30.2, seeds=3, spread=0.5), _measured(30, seeds=3, spread=0.5))
    clear = _only(_measured(30.2, seeds=3, spread=0.01), _measured(30, seeds=3, spread=0.01))
    assert noisy.low > 0
    assert noisy.is_tie
    assert not clear.is_tie


def test_one_seed_of_a_method_that_trains_has_no_spread():
    difference = _only(_measured(30.5), _measured(30, seeds=3, spread=0.1))
    assert difference.seed_spread is difference.seed_p_value is None


def test_a_method_that_does_not_train_needs_no_second_seed():
    difference = _only(_measured(30.5, trains=False), _measured(30, seeds=3, spread=0.1))
    assert difference.seed_spread == pytest.approx(0.1, abs=0.01)


def test_only_images_that_both_have_a_score_of_are_compared():
    first = Measured(seeds=({"a": 1.0, "b": 2.0},), scenes={"a": "a", "b": "b"})
    second = Measured(seeds=({"b": 1.0, "c": 7.0},), scenes={"b": "b", "c": "c"})
    difference = _only(first, second)
    assert (difference.mean, difference.images) == (1.0, 1)


def test_no_common_image_leaves_nothing_but_the_reason():
    first = Measured(seeds=({"a": 1.0},), scenes={"a": "a"})
    difference = _only(first, Measured(seeds=({"b": 1.0},), scenes={"b": "b"}))
    assert (difference.mean, difference.is_tie) == (None, True)
    assert difference.reason == "no image has a score of both"


def test_scores_that_are_infinite_alike_are_equal():
    infinite = Measured(seeds=(dict.fromkeys(SCENES, math.inf),), scenes=SCENES)
    same = _only(infinite, infinite)
    assert (same.mean, same.low, same.high) == (0.0, 0.0, 0.0)
    other = _only(infinite, _measured(30.0))
    assert (other.mean, other.is_tie, other.reason) == (math.inf, True, "a score is infinite")


def test_the_correction_is_over_the_whole_table():
    alone = [Difference(low=1, high=2, p_value=0.02)]
    assert not corrected(alone)[0].is_tie
    among = corrected([*alone, *(Difference(low=-1, high=2, p_value=0.5) for _ in range(3))])
    assert among[0].adjusted == pytest.approx(0.08)
    assert among[0].is_tie


def _told(sign: int) -> Difference:
    ends = (1.0, 2.0) if sign > 0 else (-2.0, -1.0)
    return Difference(low=ends[0], high=ends[1], p_value=0.001, adjusted=0.001)


def test_ranks_follow_the_direction_of_the_metric():
    pairs = {(0, 1): _told(+1), (0, 2): _told(+1), (1, 2): _told(+1)}
    assert ranks(3, pairs, higher_is_better=True) == [1, 2, 3]
    assert ranks(3, pairs, higher_is_better=False) == [3, 2, 1]


def test_ties_share_a_place_and_the_next_place_counts_them():
    pairs = {(0, 1): Difference(), (0, 2): _told(+1), (1, 2): _told(+1)}
    assert ranks(3, pairs, higher_is_better=True) == [1, 1, 3]


def test_a_chain_of_ties_is_never_ranked_within():
    pairs = {(0, 1): Difference(), (1, 2): Difference(), (0, 2): _told(+1)}
    assert ranks(3, pairs, higher_is_better=True) == [1, 1, 1]


def test_no_pair_that_is_a_tie_is_ever_ranked():
    generator = np.random.default_rng(0)
    for _ in range(200):
        pairs = {
            (first, second): Difference() if draw == 0 else _told(draw)
            for first in range(5)
            for second in range(first + 1, 5)
            for draw in [int(generator.integers(-1, 2))]
        }
        places = ranks(5, pairs, higher_is_better=True)
        assert all(places[a] == places[b] for (a, b), each in pairs.items() if each.is_tie)
