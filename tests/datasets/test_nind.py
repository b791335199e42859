import logging

import pytest

from harness import DataError
from harness.plugin.registry import active_registry
from harness_datasets import nind
from harness_datasets.nind import NIND

SHOTS = {  # as in the set: hyphens in names, repeats, ISO beyond the camera's numbers
    "MuseeL-bunso": ("200", "200-2", "400", "6400", "6400-2", "6400-10", "H1"),
    "banana": ("100", "H2", "H1", "25600", "1600"),
    "colorscreen": ("200", "201", "202", "250", "3200"),
}


@pytest.fixture
def scenes(tmp_path, image_file):
    """Three scenes of 8 bit, each in a folder of its name."""
    for scene, shots in SHOTS.items():
        for seed, shot in enumerate(shots):
            image_file(tmp_path / scene / f"NIND_{scene}_ISO{shot}.jpg", seed=seed)
    return tmp_path


def names(dataset, scene):
    return [
        sample.name.partition("_ISO")[2]
        for sample in dataset.samples("test")
        if sample.scene == scene
    ]


def test_all_but_the_lowest_iso_are_noisy_in_the_order_of_iso_and_repeat(scenes):
    dataset = NIND(scenes)
    assert names(dataset, "MuseeL-bunso") == ["400", "6400", "6400-2", "6400-10", "H1"]
    assert names(dataset, "banana") == ["1600", "25600", "H1", "H2"]


def test_the_clean_image_is_the_first_of_the_lowest_iso_of_the_scene(scenes):
    clean = {sample.scene: sample.clean.path.stem for sample in NIND(scenes).samples("test")}
    assert clean == {
        "MuseeL-bunso": "NIND_MuseeL-bunso_ISO200",
        "banana": "NIND_banana_ISO100",
        "colorscreen": "NIND_colorscreen_ISO200",
    }


def test_repeats_that_are_called_201_and_202_are_not_noisy(scenes):
    assert names(NIND(scenes), "colorscreen") == ["250", "3200"]


def test_the_iso_is_a_group(scenes):
    groups = {sample.name: sample.groups["iso"] for sample in NIND(scenes).samples("test")}
    assert groups["NIND_MuseeL-bunso_ISO6400-2"] == "6400"
    assert groups["NIND_banana_ISOH2"] == "H2"


@pytest.mark.parametrize(
    ("iso", "count"), [("3200", 1), ("[6400,h1]", 5), ("H2", 1), ("[1600,250]", 2)]
)
def test_which_iso_are_noisy_can_be_said(scenes, iso, count):
    registry = active_registry()
    dataset = registry.build(registry.choose("dataset", f"nind[root={scenes},iso={iso}]"))
    assert len(dataset.samples("test")) == count


def test_an_iso_that_is_not_there_is_named_with_those_that_are(scenes):
    with pytest.raises(
        DataError, match=r"^no noisy photographs of ISO 12800 in .*; there are those"
    ):
        NIND(scenes, iso=("12800", "400")).samples("test")
    with pytest.raises(DataError, match=r"250, 400, 1600, 3200, 6400, 25600, H1, H2$"):
        NIND(scenes, iso=("12800",)).samples("test")


def test_8_and_16_bit_are_two_sets(scenes, image_file):
    for shot in ("200", "3200"):
        image_file(scenes / "banana" / f"NIND_banana_ISO{shot}.png", bits=16)
    assert len(NIND(scenes).samples("test")) == 11
    (sample,) = NIND(scenes, bits=16).samples("test")
    assert sample.noisy().dtype == "uint16"
    assert sample.clean.path.name == "NIND_banana_ISO200.png"


def test_the_wrong_depth_is_named(scenes):
    with pytest.raises(DataError, match=r"^no photographs of 16 bit .* say nind\[bits=8\]$"):
        NIND(scenes, bits=16).samples("test")


def test_files_in_one_folder_are_the_same_set(scenes, tmp_path_factory):
    together = tmp_path_factory.mktemp("together")
    for path in scenes.rglob("*.jpg"):
        (together / path.name).write_bytes(path.read_bytes())
    assert NIND(together).fingerprint("test") == NIND(scenes).fingerprint("test")


def test_a_scene_of_one_iso_gives_no_noisy_image(scenes, image_file):
    image_file(scenes / "dark" / "NIND_dark_ISO200.jpg")
    assert len(NIND(scenes).samples("test")) == 11
    assert "scenes of one ISO alone, which give no noisy image: dark" in NIND(scenes).problems()


def test_part_of_the_set_is_said_aloud(scenes, caplog):
    dataset = NIND(scenes)
    assert dataset.expected == 11 + 515 - 17
    with caplog.at_level(logging.WARNING):
        dataset.prepare()
    assert "holds 11 of the 509 images of this dataset" in caplog.text


def test_the_whole_set_is_quiet(scenes, monkeypatch, caplog):
    monkeypatch.setitem(nind._WHOLE, 8, ("JPEG", 3, 17))
    dataset = NIND(scenes)
    dataset.prepare()
    assert dataset.expected == len(dataset.samples("test"))
    assert caplog.text == ""


def test_its_problems_are_missing_images_and_odd_names(scenes, image_file):
    image_file(scenes / "banana" / "banana.jpg")
    missing, odd = NIND(scenes).problems()
    assert missing == "holds 17 of the 515 images and 3 of the 91 scenes of 8 bit (JPEG)"
    assert odd == "names that are none of NIND's, which leaves scene and ISO unknown: banana.jpg"


def test_a_folder_that_is_not_there_is_no_problem_of_its_own(tmp_path):
    nowhere = NIND(tmp_path / "nowhere")
    assert list(nowhere.problems()) == []
    with pytest.raises(DataError, match=r"nowhere does not exist$"):
        nowhere.samples("test")
