import logging

import pytest

from harness import DataError, read_pair
from harness_datasets.div2k import DIV2K


@pytest.fixture
def photographs(tmp_path, image_file):
    """A root with the first and last images of both splits, and what lies about besides."""
    for number in (1, 2, 800):
        image_file(tmp_path / "DIV2K_train_HR" / f"{number:04d}.png", seed=number)
    for number in (801, 900):
        image_file(tmp_path / "DIV2K_valid_HR" / f"{number:04d}.png", seed=number)
    image_file(tmp_path / "DIV2K_train_HR" / "0001x4.png")
    image_file(tmp_path / "DIV2K_train_HR" / "cover.png")
    return tmp_path


def test_splits_are_the_two_folders(photographs):
    dataset = DIV2K(photographs)
    assert [each.name for each in dataset.samples("train")] == ["0001", "0002", "0800"]
    assert [each.name for each in dataset.samples("test")] == ["0801", "0900"]


def test_every_image_is_its_own_noisy_half(photographs):
    noisy, clean = read_pair(DIV2K(photographs).samples("train")[0])
    assert (noisy == clean).all()


def test_the_folder_of_one_split_is_enough(photographs, caplog):
    dataset = DIV2K(photographs / "DIV2K_train_HR")
    with caplog.at_level(logging.WARNING):
        dataset.prepare()
    assert "holds 3 of the 800 images of the split train" in caplog.text
    assert "split test" not in caplog.text
    assert len(dataset.samples("train")) == 3
    with pytest.raises(
        DataError, match=r"^no images of DIV2K's split test in .*: they are named 0"
    ):
        dataset.samples("test")


def test_other_images_are_not_taken_for_it(tmp_path, image_file):
    image_file(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"^no images of DIV2K's split train in .* 0001 to 0800$"):
        DIV2K(tmp_path).prepare()


def test_a_split_that_is_not_there_is_no_problem(photographs):
    (problem,) = DIV2K(photographs / "DIV2K_valid_HR").problems()
    assert problem == "holds 2 of the 100 images of the split test"


def test_missing_images_are_a_problem(photographs):
    assert list(DIV2K(photographs).problems()) == [
        "holds 3 of the 800 images of the split train",
        "holds 2 of the 100 images of the split test",
    ]
