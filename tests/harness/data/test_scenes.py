"""Part of the scenes of a dataset."""

import numpy as np
import pytest

from harness import Sample
from harness.data.scenes import fingerprint_of_scenes, of_scenes, scenes_named
from harness.errors import UsageError

PIXELS = np.zeros((4, 4, 3), np.uint8)


def sample(name, scene, **groups):
    return Sample(name, scene, lambda: PIXELS, lambda: PIXELS, groups)


SAMPLES = (
    sample("a1", "door", camera="Sony", iso="800"),
    sample("b1", "toy", camera="Sony", iso="1600"),
    sample("b2", "toy", camera="Canon", iso="800"),
    sample("c1", "wall", camera="Nikon"),
)


def test_only_images_of_the_scenes_are_left_in_their_order():
    assert [each.name for each in of_scenes(SAMPLES, ("toy", "door"))] == ["a1", "b1", "b2"]


def test_without_scenes_all_are_left():
    assert of_scenes(SAMPLES, ()) == SAMPLES
    assert fingerprint_of_scenes("whole", ()) == "whole"


def test_the_digest_differs_by_scenes_and_by_the_whole_and_not_by_their_order():
    digests = [
        fingerprint_of_scenes(split, scenes)
        for split, scenes in (
            ("whole", ("toy", "door")),
            ("whole", ("door", "toy")),
            ("whole", ("toy",)),
            ("whole", ("door", "toy", "wall")),
            ("other", ("toy",)),
        )
    ]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    ("wanted", "scenes"),
    [
        (("toy",), ("toy",)),
        (("wall", "door"), ("door", "wall")),
        (("camera=Nikon",), ("wall",)),
        (("camera=Sony", "door"), ("door", "toy")),
        (("iso=800", "toy"), ("door", "toy")),
    ],
)
def test_names_and_groups_stand_for_scenes(wanted, scenes):
    assert scenes_named(wanted, SAMPLES, "mine") == scenes


def test_a_scene_may_be_named_as_a_group_is():
    odd = [sample("x", "camera=Sony"), *SAMPLES]
    assert scenes_named(["camera=Sony"], odd, "mine") == ("camera=Sony",)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("dor", r"^dataset 'mine' has no scene 'dor'; did you mean 'door'\?$"),
        ("x", r"^dataset 'mine' has no scene 'x'; there are door, toy, wall$"),
        ("kamera=Sony", r"^the images of 'mine' have no group 'kamera'; did you mean 'camera'\?$"),
        ("iso=100", r"^dataset 'mine' has no iso '100'; did you mean '1600'"),
        ("camera=x", r"^dataset 'mine' has no camera 'x'; there are Canon, Nikon, Sony$"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(item, message):
    with pytest.raises(UsageError, match=message):
        scenes_named([item], SAMPLES, "mine")


def test_a_dataset_without_groups_says_so():
    with pytest.raises(UsageError, match=r"^the images of 'mine' have no group 'camera'$"):
        scenes_named(["camera=x"], [sample("a", "b")], "mine")
