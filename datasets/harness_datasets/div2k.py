"""DIV2K: clean photographs of high resolution, to train on."""

import logging
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from harness import DataError, FileDataset, FilePair, by_stem, image_files, subfolder
from harness_datasets.checks import found_pairs

_log = logging.getLogger(__name__)

_FOLDERS = {"train": ("DIV2K_train_HR", 1, 800), "test": ("DIV2K_valid_HR", 801, 900)}
"""By split: the folder, and the numbers of its first and last image."""


class DIV2K(FileDataset):
    """The high-resolution images of DIV2K, clean: each is its own noisy half, as for ``--clean``.

    ``root`` holds one or both of these folders; or, of one split, all the images::

        DIV2K_train_HR/0001.png to 0800.png     train
        DIV2K_valid_HR/0801.png to 0900.png     test

    Every image is a scene of its own. Images that were made smaller (``0001x4.png``) are left out.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")
    expected = 100

    def files(self, split: str) -> Sequence[FilePair]:
        """The images of a split, sorted by number.

        Raises:
            DataError: there is no such folder, or no image of the split in it.
        """
        name, first, last = _FOLDERS[split]
        folder = subfolder(self.root, name)
        numbers = range(first, last + 1)
        found = by_stem(path for path in image_files(folder) if _number(path.stem) in numbers)
        if not found:
            raise DataError(
                f"no images of DIV2K's split {split} in {folder}: they are named {first:04d} to "
                f"{last:04d}"
            )
        return [FilePair(stem, stem, path, path) for stem, path in sorted(found.items())]

    def prepare(self) -> None:
        """Check that images of one split at least are there, and say if it is not whole.

        Raises:
            DataError: there are none.
        """
        if not any(found_pairs(self, split) for split in self.splits):
            self.files("train")  # says what is wrong
        for text in self._shortfalls():
            _log.warning("%s %s", self.root, text)

    def problems(self) -> Sequence[str]:
        """Images that are missing of a split that is there."""
        return list(self._shortfalls())

    def _shortfalls(self) -> Iterator[str]:
        for split in self.splits:
            if count := len(found_pairs(self, split)):
                yield from _shortfall(split, count)


def _shortfall(split: str, count: int) -> Iterator[str]:
    """That images of a split are missing."""
    _, first, last = _FOLDERS[split]
    if count < (whole := last - first + 1):
        yield f"holds {count} of the {whole} images of the split {split}"


def _number(stem: str) -> int:
    """The number of an image; 0 where the stem is none."""
    return int(stem) if re.fullmatch(r"\d{4}", stem) else 0
