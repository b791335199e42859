"""A dataset that breaks its contract is caught by a message that names the cause."""

import numpy as np
import pytest

from harness import write_image
from harness.testing.contracts import DatasetContract

DRAWN = """
import os
import numpy as np
from harness import Dataset, DatasetSpec, Sample, hookimpl

@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="mine", target="PLUGIN:Mine", summary="Grey.", splits=("train", "test"),
        groups="level: how bright it is",
    )

class Mine(Dataset):
    def samples(self, split):
        first = {"train": 0, "test": 2}[split]
        return [self._sample(index) for index in range(first, first + 2)]

    def _sample(self, index):
        def noisy():
            draw = np.random.default_rng(index)
            return draw.integers(0, 255, (8, 9, 3), np.uint8)

        def clean():
            return np.full((8, 9, 3), index, np.uint8)

        return Sample(str(index), str(index), noisy, clean, {"level": str(index)})
"""
FILES = """
from harness import DatasetSpec, FileDataset, FilePair, hookimpl, image_files

@hookimpl
def harness_register_datasets():
    return DatasetSpec(
        name="mine", target="PLUGIN:Mine", summary="Files.", needs_root=True, obtain="Somewhere."
    )

class Mine(FileDataset):
    def files(self, split):
        return [FilePair(path.stem, path.stem, path) for path in image_files(self.root)]
"""


def write_files(_, root):
    for level in (10, 20):
        write_image(root / f"{level}.png", np.full((8, 9, 3), level, np.uint8))


def test_sound_datasets_pass(failures):
    assert failures(DatasetContract, DRAWN) == {}


def test_a_sound_dataset_of_files_passes(failures):
    assert failures(DatasetContract, FILES, write_files=write_files) == {}


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            "default_rng(index)",
            "default_rng()",
            "test_an_image_is_the_same_whenever_it_is_read",
            "'0' of the split 'train' is another image when it is read again: draw its noise from",
            id="drawn-again",
        ),
        pytest.param(
            "np.full((8, 9, 3)",
            "np.full((8, 8, 3)",
            "test_every_split_has_images_that_can_be_read",
            "reading '0' of the split 'train': DataError: image '0': noisy is 9x8x3 uint8 but",
            id="pairs-that-differ",
        ),
        pytest.param(
            "Sample(str(index), ",
            "Sample('one', ",
            "test_names_are_unique",
            "two images of the split 'train' are called 'one'",
            id="names",
        ),
        pytest.param(
            '"test": 2',
            '"test": 1',
            "test_no_two_splits_share_an_image",
            "the splits 'train' and 'test' share an image",
            id="splits",
        ),
        pytest.param(
            "class Mine(Dataset):",
            "class Mine(Dataset):\n    def fingerprint(self, split):\n"
            "        return str(hash(split))",
            "test_its_fingerprint_is_stable",
            "in another process it has another fingerprint: hash its content by hashlib",
            id="hash",
        ),
        pytest.param(
            "groups=",
            "images=",
            "test_groups_are_words_that_its_spec_explains",
            "images have a group 'level', and the spec's groups do not name it",
            id="groups",
        ),
        pytest.param(
            "range(first, first + 2)]",
            "np.random.permutation(200) + 300 * first]",
            "test_the_order_is_fixed",
            "come in another order when it is made again: sort them",
            id="order",
        ),
    ],
)
def test_a_mutant_is_caught(failures, before, after, test, says):
    caught = failures(DatasetContract, DRAWN.replace(before, after), test)
    assert says in caught[test]


def test_a_traceback_for_a_missing_folder_is_caught(failures):
    source = FILES.replace("image_files(self.root)", "sorted(self.root.iterdir())")
    test = "test_a_missing_folder_is_said_in_one_line"
    caught = failures(DatasetContract, source, test, write_files=write_files)
    assert "raise a harness.DataError" in caught[test]
