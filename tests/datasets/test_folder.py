import re
from pathlib import Path

import numpy as np
import pytest

from harness import DataError
from harness.plugin.registry import load_registry
from harness_datasets.folder import Folder


def names(root: Path, layout: str = "auto") -> list[tuple[str, bool]]:
    """Name of every sample, and whether it has a truth."""
    samples = Folder(root, layout=layout).samples("test")
    return [(sample.name, sample.clean is not None) for sample in samples]


def message(root: Path, layout: str = "auto") -> str:
    with pytest.raises(DataError) as caught:
        Folder(root, layout=layout).samples("test")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_images_without_pairs_are_noisy_and_have_no_truth(tmp_path, image_file):
    for name in ("b.PNG", "a.jpg", "c.Tif", "d.bmp", "e.jpeg", "f.TIFF"):
        image_file(tmp_path / name)
    assert names(tmp_path) == [(stem, False) for stem in "abcdef"]


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        ("x_real.png", "x_mean.png"),
        ("x_Real.JPG", "x_mean.JPG"),
        ("x_N.png", "x_CL.png"),
        ("noisy/x.png", "clean/x.png"),
        ("Noisy/x.png", "Clean/x.jpg"),
    ],
)
def test_pairs_are_recognised_by_their_names(tmp_path, image_file, noisy, clean):
    image_file(tmp_path / noisy, seed=1)
    image_file(tmp_path / clean, seed=2)
    (sample,) = Folder(tmp_path).samples("test")
    assert (sample.name, sample.scene) == ("x", "x")
    assert sample.noisy.path == tmp_path / noisy
    assert sample.clean.path == tmp_path / clean


@pytest.mark.parametrize(("channels", "bits"), [(1, 8), (3, 8), (1, 16), (3, 16)])
@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_grey_and_colour_of_8_and_16_bit_are_read(tmp_path, image_file, channels, bits, ending):
    image_file(tmp_path / f"x{ending}", channels, bits)
    (sample,) = Folder(tmp_path).samples("test")
    image = sample.noisy()
    assert image.shape == (16, 24, channels)
    assert image.dtype == np.dtype(f"uint{bits}")


def test_hidden_files_other_files_and_deeper_folders_are_left_out(tmp_path, image_file):
    image_file(tmp_path / "a.png")
    image_file(tmp_path / "._b.png")
    image_file(tmp_path / "thumbnails" / "a.png")
    (tmp_path / "Thumbs.db").touch()
    assert names(tmp_path) == [("a", False)]


def test_a_missing_folder_is_named(tmp_path):
    assert message(tmp_path / "none") == f"cannot read images: {tmp_path}/none does not exist"


def test_a_file_in_place_of_the_folder_is_named(tmp_path, image_file):
    path = image_file(tmp_path / "a.png")
    assert message(path) == f"cannot read images: {path} is not a folder"


def test_a_folder_without_images_says_what_it_needs(tmp_path):
    (tmp_path / "notes.txt").touch()
    assert message(tmp_path) == (
        f"no images in {tmp_path}: it needs files ending in .png, .jpg, .jpeg, .tif, .tiff, .bmp "
        "(sub-folders are not searched)"
    )


@pytest.mark.parametrize(
    ("present", "missing"),
    [("b_real.png", "clean"), ("b_mean.png", "noisy"), ("b_Real.png", "clean")],
)
def test_a_pair_without_its_other_half_is_named(tmp_path, image_file, present, missing):
    for name in ("a_real.png", "a_mean.png", present):
        image_file(tmp_path / name)
    assert message(tmp_path) == f"{tmp_path}: no {missing} image for {present}"


def test_half_a_pair_in_sub_folders_is_named(tmp_path, image_file):
    for name in ("noisy/a.png", "noisy/b.png", "clean/a.png"):
        image_file(tmp_path / name)
    assert message(tmp_path) == f"{tmp_path}: no clean image for b.png"


def test_many_missing_halves_are_counted(tmp_path, image_file):
    for number in range(8):
        image_file(tmp_path / f"{number}_N.png")
    assert message(tmp_path).endswith(
        "no clean image for 0_N.png, 1_N.png, 2_N.png, 3_N.png, 4_N.png and 3 more"
    )


def test_files_beside_pairs_are_no_silent_input(tmp_path, image_file):
    for name in ("a_real.png", "a_mean.png", "a_ours.png"):
        image_file(tmp_path / name)
    assert message(tmp_path) == (
        f"{tmp_path} holds real-mean pairs and files of no such pair: a_ours.png; "
        "say folder[layout=real-mean] to leave them out, "
        "or folder[layout=noisy] if all images are noisy"
    )
    assert names(tmp_path, "real-mean") == [("a", True)]
    assert names(tmp_path, "noisy") == [("a_mean", False), ("a_ours", False), ("a_real", False)]


def test_two_kinds_of_pairs_need_a_word(tmp_path, image_file):
    for name in ("a_real.png", "a_mean.png", "b_N.png", "b_CL.png"):
        image_file(tmp_path / name)
    assert "files of no such pair: b_CL.png, b_N.png" in message(tmp_path)
    assert names(tmp_path, "n-cl") == [("b", True)]


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("n-cl", "no images named *_N and *_CL in {}"),
        ("folders", "{} needs the sub-folders noisy and clean"),
    ],
)
def test_a_layout_that_is_not_there_is_named(tmp_path, image_file, layout, text):
    image_file(tmp_path / "a.png")
    assert message(tmp_path, layout) == text.format(tmp_path)


def test_grey_and_colour_do_not_mix(tmp_path, image_file):
    image_file(tmp_path / "a.png", channels=1)
    image_file(tmp_path / "b.tif", channels=3, bits=16)
    assert message(tmp_path) == (
        f"{tmp_path} mixes grey images (a.png) and colour images (b.tif); put them into two folders"
    )


def test_two_files_of_one_name_are_named(tmp_path, image_file):
    image_file(tmp_path / "a.png")
    image_file(tmp_path / "a.jpg")
    assert message(tmp_path) == (
        f"two files for one image in {tmp_path}: a.jpg and a.png; remove one"
    )


def test_there_is_no_training_split(tmp_path, image_file):
    image_file(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"^this dataset has no split 'train'; it has test$"):
        Folder(tmp_path).samples("train")


def test_clean_images_are_their_own_noisy_half(tmp_path, image_file):
    image_file(tmp_path / "a.png")
    (sample,) = Folder(tmp_path, layout="clean").samples("test")
    assert sample.clean is not None
    assert (sample.noisy() == sample.clean()).all()


def test_every_layout_can_be_asked_for_by_name():
    registry = load_registry()
    (layout,) = registry.find("dataset", "folder").parameters
    assert "clean" in layout.choices
    for choice in layout.choices:
        reference = registry.choose("dataset", f"folder[layout={choice}]")
        assert reference.parameters["layout"] == choice


def test_of_a_burst_the_first_is_noisy_and_the_others_are_further_shots(tmp_path, image_file):
    for name in ("b/2.png", "b/1.png", "b/3.png", "b/clean.png", "a/x.png", "beside.png"):
        image_file(tmp_path / name)
    lone, burst = Folder(tmp_path, layout="bursts").samples("test")
    assert (lone.name, lone.scene, lone.clean, lone.shots) == ("a", "a", None, ())
    assert (burst.name, burst.noisy.path.name, burst.clean.path.name) == (
        "b",
        "1.png",
        "clean.png",
    )
    assert [shot.path.name for shot in burst.shots] == ["2.png", "3.png"]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["1.png"], "no bursts in .*: it needs a folder for each scene, with its shots"),
        (["a/clean.png"], "a holds no noisy image beside .*clean.png"),
        (["a/1.png", "a/1.jpg"], "two files for one image in"),
    ],
)
def test_a_folder_without_bursts_is_told_what_it_lacks(tmp_path, image_file, files, told):
    for name in files:
        image_file(tmp_path / name)
    assert re.search(told, message(tmp_path, "bursts"))
