import logging
from collections import Counter
from itertools import pairwise

import h5py
import made_matlab
import numpy as np
import pytest

from harness import DataError
from harness_datasets.dnd import DND


@pytest.fixture
def made(tmp_path):
    return made_matlab.dnd(tmp_path / "dnd_2017", images=2, side=16, boxes=3)


def test_crops_are_those_of_the_boxes_upright_and_of_single_precision(made):
    samples = DND(made.folder).samples("test")
    names = [f"{image:04d}_{box:02d}" for image in (1, 2) for box in (1, 2, 3)]
    assert [sample.name for sample in samples] == names
    for index, sample in enumerate(samples):
        crop = sample.noisy()
        assert crop.dtype == np.float32
        assert np.array_equal(crop, made.crop(*divmod(index, 3)))
        assert sample.clean is None


def test_photographs_that_lie_plain_in_their_files_are_read(tmp_path):
    made = made_matlab.dnd(tmp_path, images=1, side=16, boxes=3, compressed=False)
    for index, sample in enumerate(DND(tmp_path).samples("test")):
        assert np.array_equal(sample.noisy(), made.crop(0, index))


def test_photographs_of_double_precision_become_single(made):
    with made_matlab.matlab_73(made.folder / "images_srgb" / "0001.mat") as file:
        made_matlab.put_array(file, "InoisySRGB", made.photographs[0].astype(np.float64))
    crop = DND(made.folder).samples("test")[0].noisy()
    assert crop.dtype == np.float32
    assert np.array_equal(crop, made.crop(0, 0))


def test_a_photograph_is_a_scene_and_its_camera_a_group(made):
    samples = DND(made.folder).samples("test")
    assert [sample.scene for sample in samples] == ["0001"] * 3 + ["0002"] * 3
    assert [sample.groups["camera"] for sample in samples] == ["Nexus6P"] * 3 + ["SonyA7R"] * 3


def test_the_folder_above_is_as_good(made):
    above, inside = DND(made.folder.parent), DND(made.folder)
    assert above.fingerprint("test") == inside.fingerprint("test")
    assert len(above.samples("test")) == 6


def test_the_fingerprint_changes_with_boxes_and_photographs(made, tmp_path):
    first = DND(made.folder).fingerprint("test")
    made_matlab.dnd(made.folder, images=2, side=18, boxes=3)
    assert DND(made.folder).fingerprint("test") != first


def test_part_of_the_photographs_is_used_and_said_aloud(made, caplog):
    (made.folder / "images_srgb" / "0001.mat").unlink()
    dataset = DND(made.folder)
    with caplog.at_level(logging.WARNING):
        dataset.prepare()
    assert "holds 3 of the 1000 images of this dataset" in caplog.text
    assert [sample.name for sample in dataset.samples("test")] == ["0002_01", "0002_02", "0002_03"]


@pytest.mark.parametrize("missing", ["info.mat", "images_srgb"])
def test_what_is_missing_is_named(made, missing):
    (made.folder / missing).rename(made.folder / "elsewhere")
    with pytest.raises(DataError, match=missing.removesuffix(".mat")) as error:
        DND(made.folder).samples("test")
    assert "\n" not in str(error.value)


def test_a_photograph_stored_without_transposition_is_refused(made):
    with made_matlab.matlab_73(made.folder / "images_srgb" / "0001.mat") as file:
        file.create_dataset("InoisySRGB", data=made.photographs[0])
    with pytest.raises(DataError, match=r"is 3x66x54, of which box 0001_01 is no part"):
        DND(made.folder).samples("test")[0].noisy()


def test_a_photograph_that_is_too_small_for_its_box_is_refused(made):
    with made_matlab.matlab_73(made.folder / "images_srgb" / "0001.mat") as file:
        made_matlab.put_array(file, "InoisySRGB", made.photographs[0][:8, :8])
    with pytest.raises(DataError, match=r"is 8x8x3, of which box 0001_01 is no part"):
        DND(made.folder).samples("test")[0].noisy()


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0, -2.0])
def test_pixels_that_no_photograph_has_are_refused(made, value):
    photograph = made.photographs[0].copy()
    photograph[:] = value
    with made_matlab.matlab_73(made.folder / "images_srgb" / "0001.mat") as file:
        made_matlab.put_array(file, "InoisySRGB", photograph)
    with pytest.raises(DataError, match=r"damaged: it has pixels beyond \[0, 1\] in 0001_01"):
        DND(made.folder).samples("test")[0].noisy()


@pytest.mark.parametrize("box", [[0, 1, 15, 16], [1, 1, 16.5, 16], [5, 5, 4, 20], [1, 1, 17, 16]])
def test_a_box_that_is_none_is_refused(made, box):
    with h5py.File(made.folder / "info.mat", "r+") as file:
        file["#refs#/b0"][:, 1] = box
    with pytest.raises(DataError, match="damaged"):
        DND(made.folder).samples("test")


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("seed", range(50))
def test_a_mutated_index_gives_the_right_boxes_or_one_line(tmp_path, seed, compressed):
    made = made_matlab.dnd(tmp_path, images=2, side=16, boxes=3, compressed=compressed)
    path = made.folder / "info.mat"
    path.write_bytes(made_matlab.mutated(path.read_bytes(), seed, first=512))
    check_crops(made)


@pytest.mark.parametrize("seed", range(100))
def test_a_mutated_photograph_gives_the_right_crops_or_one_line(tmp_path, seed):
    made = made_matlab.dnd(tmp_path, images=2, side=16, boxes=3)
    path = made.folder / "images_srgb" / "0001.mat"
    path.write_bytes(made_matlab.mutated(path.read_bytes(), seed, first=512))
    check_crops(made)


def check_crops(made):
    right = {
        f"{image + 1:04d}_{box + 1:02d}": made.crop(image, box)
        for image in range(2)
        for box in range(3)
    }
    try:
        for sample in DND(made.folder).samples("test"):
            assert np.array_equal(sample.noisy(), right[sample.name])
    except DataError as error:
        if "\n" in str(error):
            raise


@pytest.fixture(scope="module")
def real_boxes(real_data):
    if not (real_data / "dnd" / "info.mat").is_file():
        pytest.skip(f"needs info.mat of DND in {real_data / 'dnd'} (HARNESS_REAL_DATA)")
    return DND(real_data / "dnd").boxes()


def test_the_real_index_has_20_boxes_of_512_in_each_of_50_photographs(real_boxes):
    assert Counter(box.photograph for box in real_boxes) == dict.fromkeys(range(1, 51), 20)
    assert {box.rows.stop - box.rows.start for box in real_boxes} == {512}
    assert {box.columns.stop - box.columns.start for box in real_boxes} == {512}
    assert max(box.rows.stop for box in real_boxes) == 5314
    assert max(box.columns.stop for box in real_boxes) == 7342
    assert all(box.rows.start % 2 == box.columns.start % 2 == 0 for box in real_boxes)
    assert all(one.name < other.name for one, other in pairwise(real_boxes))


def test_the_real_index_names_the_cameras(real_boxes):
    cameras = {box.photograph: box.camera for box in real_boxes}
    assert Counter(cameras.values()) == {
        "Nexus6P": 12,
        "SonyA7R": 13,
        "OMD_EM10": 13,
        "SonyRX100": 12,
    }
    assert {number for number, camera in cameras.items() if camera == "Nexus6P"} == {
        *range(1, 6),
        13,
        *range(45, 51),
    }
    assert {number for number, camera in cameras.items() if camera == "OMD_EM10"} == {
        *range(17, 30)
    }
