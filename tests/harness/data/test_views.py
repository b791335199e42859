import gc
from dataclasses import replace
from mmap import mmap
from types import FunctionType, ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor

from harness import DataError, Recipe, Sample
from harness.data.views import shown_samples, split_by_scene, training_images
from harness.training.sampler import Sampler


def pair(name: str, scene: str, number: int) -> tuple[Sample, np.ndarray, np.ndarray]:
    """A sample with both halves in one array, as in the files of some datasets."""
    both = np.random.default_rng(number).integers(0, 256, (2, 12, 16, 3), np.uint8)
    return Sample(name, scene, lambda: both[0], lambda: both[1]), both[0], both[1]


@pytest.fixture
def pairs():
    return [
        pair(f"{scene}{number}", scene, 7 * number + ord(scene))
        for number in range(3)
        for scene in "dacb"
    ]


@pytest.fixture
def samples(pairs):
    return [sample for sample, _, _ in pairs]


def arrays_within_reach(start: object) -> list[np.ndarray]:
    """All arrays that can be reached from an object, along its attributes and memory."""
    found, seen, waiting = [], set(), [start]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, (type, ModuleType)):
            continue
        seen.add(id(thing))
        if isinstance(thing, np.ndarray):
            found.append(thing)
            waiting.append(thing.base)
        elif isinstance(thing, Tensor):
            found.append(np.frombuffer(bytes(thing.untyped_storage()), np.uint8))
        elif isinstance(thing, FunctionType):  # not its globals, which are all of its module
            waiting.extend([thing.__closure__, thing.__defaults__, thing.__dict__])
        else:
            waiting.extend(gc.get_referents(thing))
    return found


def holds(array: np.ndarray, image: np.ndarray) -> bool:
    return image.tobytes() in array.tobytes()


def test_the_walk_finds_what_is_there(pairs):
    """Guards the tests below: from the samples themselves, every clean image can be reached."""
    sample, _, clean = pairs[0]
    assert any(holds(array, clean) for array in arrays_within_reach(sample))


def test_noisy_shows_the_noisy_images_in_order(pairs, samples):
    images = training_images(samples, "noisy")
    assert images.clean == ()
    assert all(np.array_equal(a, b) for a, (_, b, _) in zip(images.noisy, pairs, strict=True))


def test_noisy_never_reads_a_clean_image(samples):
    def refuse():
        raise AssertionError("a clean image was read")

    guarded = [Sample(s.name, s.scene, s.noisy, refuse) for s in samples]
    assert len(training_images(guarded, "noisy").noisy) == len(samples)


def test_no_clean_pixels_can_be_reached_from_noisy(pairs, samples):
    reached = arrays_within_reach(training_images(samples, "noisy"))
    assert len(reached) >= len(samples)
    assert not any(holds(array, clean) for array in reached for _, _, clean in pairs)


def test_no_clean_pixels_can_be_reached_from_the_sampler_of_noisy(pairs, samples):
    recipe = Recipe(iterations=1, batch_size=2, crop=8, learning_rate=1e-3)
    sampler = Sampler(training_images(samples, "noisy"), recipe, seed=0, device=torch.device("cpu"))
    sampler.batch(0)
    reached = arrays_within_reach(sampler)
    planes = [clean.transpose(2, 0, 1) for _, _, clean in pairs]
    assert len(reached) >= len(samples)
    assert not any(holds(array, clean) for array in reached for _, _, clean in pairs)
    assert not any(holds(array, clean) for array in reached for clean in planes)


def test_a_mapped_image_is_not_read_into_memory(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((4, 4, 3), np.uint8))
    sample = Sample("x", "s", lambda: np.load(tmp_path / "x.npy", mmap_mode="r"))
    (image,) = training_images([sample], "noisy").noisy
    assert isinstance(image.base, mmap)


def unpaired_images(samples):
    noisy, clean_samples = split_by_scene(samples)
    return training_images(noisy, "unpaired", clean_samples)


def test_unpaired_shows_noisy_and_clean_images_of_different_scenes(pairs, samples):
    images = unpaired_images(samples)
    scene_of = {half.tobytes(): s.scene for s, noisy, clean in pairs for half in (noisy, clean)}
    noisy = {scene_of[image.tobytes()] for image in images.noisy}
    clean = {scene_of[image.tobytes()] for image in images.clean}
    assert noisy | clean == set("abcd")
    assert not noisy & clean
    assert len(images.noisy) == len(images.clean) == 6


def test_unpaired_gives_no_way_to_the_truth_of_its_noisy_images(pairs, samples):
    images = unpaired_images(samples)
    shown = {image.tobytes() for image in images.noisy}
    truths = [clean for _, noisy, clean in pairs if noisy.tobytes() in shown]
    reached = arrays_within_reach(images)
    assert len(truths) == 6
    assert not any(holds(array, truth) for array in reached for truth in truths)


def test_unpaired_reads_no_truth_of_its_noisy_scenes(samples):
    read = []

    def note(sample):
        return lambda: (read.append(sample.scene), sample.clean())[1]

    unpaired_images([Sample(s.name, s.scene, s.noisy, note(s)) for s in samples])
    assert set(read) == set("bd")


def test_pairs_align(pairs, samples):
    images = training_images(samples, "pairs")
    for shown, (_, noisy, clean) in zip(
        zip(images.noisy, images.clean, strict=True), pairs, strict=True
    ):
        assert np.array_equal(shown[0], noisy)
        assert np.array_equal(shown[1], clean)


@pytest.mark.parametrize("view", ["noisy", "unpaired", "pairs"])
def test_a_view_of_nothing_is_refused(view):
    with pytest.raises(DataError, match=r"^there is no image to train on$"):
        training_images([], view)


@pytest.mark.parametrize("view", ["unpaired", "pairs"])
def test_views_with_clean_images_name_an_image_without(view, samples):
    blind = [Sample(s.name, s.scene, s.noisy) for s in samples]
    with pytest.raises(DataError, match=r"has no clean image, which this method trains on$"):
        training_images(blind, view, blind)


def test_unpaired_needs_clean_images_of_others(samples):
    with pytest.raises(DataError, match=r"^there is no clean image of another scene"):
        training_images(samples, "unpaired")


def test_unpaired_needs_two_scenes(samples):
    one = [sample for sample in samples if sample.scene == "a"]
    with pytest.raises(
        DataError,
        match=r"only one scene, 'a'; name a dataset of clean images with --clean$",
    ):
        split_by_scene(one)


def test_pairs_of_different_size_are_refused():
    sample = Sample(
        "x", "s", lambda: np.zeros((4, 4, 3), np.uint8), lambda: np.zeros((4, 5, 3), np.uint8)
    )
    with pytest.raises(DataError, match="a pair must have one size and depth"):
        training_images([sample], "pairs")


@pytest.mark.parametrize("view", ["noisy", "unpaired", "pairs"])
def test_nobody_who_trains_is_shown_further_shots(samples, view):
    given = [replace(sample, shots=(sample.noisy,)) for sample in samples]

    learnt, others = shown_samples(given, view)

    assert learnt
    assert not [sample for sample in (*learnt, *others) if sample.shots]
