from dataclasses import replace

import numpy as np
import pytest

from harness import DataError
from harness_datasets.camera import Camera


def noise_of(sample):
    return sample.noisy().astype(np.float64) - sample.clean()


def correlation(noise, lag, axis):
    """Mean over the channels of the correlation of the noise with itself, shifted."""
    noise = np.moveaxis(noise - noise.mean(axis=(0, 1)), axis, 0)
    return np.mean((noise[lag:] * noise[:-lag]).mean(axis=(0, 1)) / noise.var(axis=(0, 1)))


@pytest.fixture(scope="module")
def test_noise():
    return [noise_of(sample) for sample in Camera().samples("test")]


def test_test_images_are_blocks_of_256_and_training_images_are_large():
    test, train = Camera().samples("test"), Camera().samples("train")
    assert {sample.noisy().shape for sample in test} == {(256, 256, 3)}
    assert len(test) == 15
    assert all(min(sample.noisy().shape[:2]) > 700 for sample in train)


def test_every_scene_is_in_both_splits_and_no_name_is():
    test, train = Camera().samples("test"), Camera().samples("train")
    assert {sample.scene for sample in test} == {sample.scene for sample in train}
    assert len({sample.name for sample in (*test, *train)}) == len(test) + len(train)


def test_noisy_images_are_as_far_from_clean_as_those_of_sidd(test_noise):
    decibels = [10 * np.log10(255**2 / np.mean(noise**2)) for noise in test_noise]
    assert 18 < np.mean(decibels) < 20


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("lag", "in_sidd"), [(1, 0.45), (2, 0.06), (3, 0.01)])
def test_noise_correlates_between_neighbours_as_in_sidd(test_noise, lag, in_sidd, axis):
    measured = np.mean([correlation(noise, lag, axis) for noise in test_noise])
    assert measured == pytest.approx(in_sidd, abs=0.035)


def test_clipping_shifts_the_mean_no_more_than_in_sidd(test_noise):
    shifts = [noise.mean() for noise in test_noise]
    assert -4.9 < np.mean(shifts) < 0
    assert max(map(abs, shifts)) < 8


def test_noise_depends_on_the_signal():
    """In a photograph, gamma makes the noise of mid tones stronger than that of high lights."""
    sample = Camera().samples("train")[0]
    noise, clean = noise_of(sample), sample.clean()
    spread = [noise[(clean >= low) & (clean < low + 40)].std() for low in (60, 120, 200)]
    assert spread[0] > 1.2 * spread[1] > 1.2 * 1.2 * spread[2]


def test_a_higher_iso_is_noisier():
    low, high = (noise_of(Camera(iso=iso).samples("test")[4]).std() for iso in (800, 3200))
    assert high > 1.5 * low


def test_reading_again_gives_the_same_pixels_in_an_array_of_ones_own():
    sample = Camera().samples("test")[0]
    first = sample.noisy()
    before = first.copy()
    first[:] = 0
    assert np.array_equal(sample.noisy(), before)


def test_another_process_draws_the_same_noise(run_python):
    code = (
        "import hashlib; from harness_datasets.camera import Camera; "
        "print(hashlib.sha256(Camera(seed=3).samples('test')[2].noisy()).hexdigest())"
    )
    assert run_python(code) == run_python(code)


def test_another_seed_draws_other_noise_on_the_same_scene():
    one, other = (Camera(seed=seed).samples("test")[0] for seed in (0, 1))
    assert np.array_equal(one.clean(), other.clean())
    agreement = np.corrcoef(noise_of(one).ravel(), noise_of(other).ravel())[0, 1]
    assert abs(agreement) < 0.02


def test_two_images_of_a_scene_have_different_noise():
    one, other = (noise_of(sample) for sample in Camera().samples("test")[:2])
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02


def test_methods_are_tuned_on_blocks_of_scenes_that_are_not_all_tested_on():
    tune, test = Camera().samples("tune"), Camera().samples("test")
    assert {sample.noisy().shape for sample in tune} == {(256, 256, 3)}
    assert {sample.scene for sample in tune} - {sample.scene for sample in test} == {
        "ihc",
        "retina",
        "hubble",
    }
    assert not {sample.name for sample in tune} & {sample.name for sample in test}


def test_the_fingerprint_changes_with_each_parameter_and_split():
    digests = {
        Camera().fingerprint("train"),
        Camera().fingerprint("test"),
        Camera().fingerprint("tune"),
        Camera(iso=100).fingerprint("test"),
        Camera(seed=1).fingerprint("test"),
    }
    assert len(digests) == 5
    assert Camera(iso=8000, seed=0).fingerprint("test") in digests


def test_an_unknown_split_is_named():
    with pytest.raises(
        DataError, match=r"^no split 'dev' of these photographs: it is train, test, or"
    ):
        Camera().samples("dev")


def test_missing_photographs_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr("harness_datasets.scenes._folder", lambda: tmp_path)
    with pytest.raises(DataError, match=r"lack in .*: astronaut.png, chelsea.png, .*reinstall"):
        Camera().prepare()


def test_further_shots_have_noise_of_their_own_and_leave_the_first_as_it_was():
    alone, sample = (Camera(shots=shots).samples("test")[0] for shots in (0, 2))
    assert np.array_equal(alone.noisy(), sample.noisy())
    noises = [
        noise_of(replace(sample, noisy=read)).ravel() for read in (sample.noisy, *sample.shots)
    ]
    assert len(noises) == 3
    assert np.abs(np.corrcoef(noises) - np.eye(3)).max() < 0.02
