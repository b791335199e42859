import logging

import pytest

from harness import DataError
from harness_datasets.nam25 import Nam25

STEMS = [f"{number:02d}" for number in range(1, 26)]


@pytest.fixture
def crops(tmp_path, image_file):
    """A root with all names of the real set, in the folders in which they come."""
    for stem in STEMS:
        image_file(tmp_path / "Nam_patches" / f"{stem}_noise.png")
        image_file(tmp_path / "Nam_patch_GT" / f"{stem}_gt.png")
    return tmp_path


def test_crops_of_two_folders_pair_up(crops):
    samples = Nam25(crops).samples("test")
    assert [sample.name for sample in samples] == STEMS
    assert samples[3].noisy.path == crops / "Nam_patches" / "04_noise.png"
    assert samples[3].clean.path == crops / "Nam_patch_GT" / "04_gt.png"


def test_crops_in_one_folder_are_the_same_set(crops, tmp_path_factory):
    together = tmp_path_factory.mktemp("together")
    for path in crops.rglob("*.png"):
        (together / path.name).write_bytes(path.read_bytes())
    assert Nam25(together).fingerprint("test") == Nam25(crops).fingerprint("test")


def test_the_whole_set_is_quiet_and_part_of_it_is_not(crops, caplog):
    with caplog.at_level(logging.WARNING):
        Nam25(crops).prepare()
        assert caplog.text == ""
        (crops / "Nam_patches" / "07_noise.png").unlink()
        (crops / "Nam_patch_GT" / "07_gt.png").unlink()
        Nam25(crops).prepare()
    assert "holds 24 of the 25 images of this dataset" in caplog.text


def test_half_a_pair_is_named(crops):
    (crops / "Nam_patch_GT" / "09_gt.png").unlink()
    with pytest.raises(DataError, match=r"no clean image for 09_noise\.png$"):
        Nam25(crops).samples("test")


def test_the_crops_of_cc15_are_not_taken_for_it(tmp_path, image_file):
    image_file(tmp_path / "d800_iso1600_1_real.png")
    with pytest.raises(DataError, match=r"^no images named \*_noise in .*, as Nam25's are$"):
        Nam25(tmp_path).samples("test")


def test_other_sizes_are_a_problem(crops):
    (problem,) = Nam25(crops).problems()
    assert problem.startswith("50 images are not 512x512, as images of Nam25 are, such as 01_noise")
