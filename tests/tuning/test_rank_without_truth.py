import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parent / "rank_without_truth.py"
spec = importlib.util.spec_from_file_location("rank_without_truth", SCRIPT)
ranking = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = ranking  # dataclasses look their module up
spec.loader.exec_module(ranking)

TRUTH = {"a": {"1": 30.0, "2": 20.0}, "b": {"1": 32.0, "2": 21.0}, "c": {"1": 31.0, "2": 25.0}}


def test_a_score_that_ranks_as_psnr_does_loses_nothing():
    score = {m: {image: -2 * value for image, value in own.items()} for m, own in TRUTH.items()}
    found = ranking.agreement(score, TRUTH, sign=-1)
    assert (found.images, found.methods) == (2, 3)
    assert (found.spearman, found.kendall, found.of_means) == pytest.approx((1, 1, 1))
    assert (found.lost, found.lost_by_means) == (0, 0)


def test_who_picks_by_a_score_that_ranks_the_other_way_loses_all():
    found = ranking.agreement(TRUTH, TRUTH, sign=-1)
    assert (found.spearman, found.kendall) == pytest.approx((-1, -1))
    assert found.lost == pytest.approx((2 + 5) / 2)
    assert found.lost_by_means == pytest.approx(28 - 25)


def test_a_method_without_a_score_is_left_out():
    score = {**TRUTH, "a": {}, "d": {"1": 1.0, "2": 2.0}}
    score["e"] = {"1": 33.0, "2": 19.0}
    truth = {**TRUTH, "e": score["e"], "d": score["d"]}
    assert ranking.agreement(score, truth, sign=1).methods == 4


def test_the_phases_of_an_image_are_its_every_second_pixels():
    image = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    first, _, _, last = ranking.phases_of(image)
    assert first[..., 0].tolist() == [[0, 2], [8, 10]]
    assert last[..., 0].tolist() == [[5, 7], [13, 15]]


def test_white_noise_is_clipped_nowhere():
    clean = np.array([0, 255], np.uint8).repeat(8192).reshape(128, 128, 1)
    shots, levels = ranking.white(clean, seed=0)
    assert len(shots) == 4
    assert np.mean(np.array(shots).astype(float) - levels) == pytest.approx(0, abs=0.2)
    assert np.isin(shots, (0, 255)).mean() < 1e-3
