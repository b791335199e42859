"""SIDD's validation and benchmark images: 32 blocks of each of 40 photographs, in MATLAB files."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from harness import DataError, Dataset, Image, ImageHeader, Sample, dataset_root, file_digests
from harness_datasets.matlab import find_file, read_shape, read_variable


class SIDDBlocks(Dataset):
    """Blocks of images in one MATLAB file, and those of their ground truth in another.

    A file holds one variable, named as the file: images x blocks x H x W x 3, 8 bit; 40 x 32 x
    256 x 256 x 3 in the real ones. Sizes are the array's. Samples are the blocks in the order of
    the array, row by row, as submissions number them; they are named by image and block, both from
    0, ``0003_17``. An image is a scene: the files do not say which of the 40 show the same objects,
    nor which phone took them.

    Args:
        root: the folder with the files.

    Attributes:
        noisy: name of the noisy variable.
        clean: name of the variable of the ground truth; None where that is not public.
    """

    expected = 1280
    noisy: ClassVar[str]
    clean: ClassVar[str | None] = None

    def __init__(self, root: str | Path) -> None:
        self.root = dataset_root(root)

    def samples(self, split: str) -> Sequence[Sample]:
        """The blocks, row by row.

        Raises:
            DataError: a file is missing, damaged or no such file of blocks, or the two differ in
                shape.
        """
        noisy, clean = self._files(split)
        images, blocks = noisy.shape[:2]
        if clean and clean.shape != noisy.shape:
            raise DataError(
                f"{noisy.path} and {clean.path} are not of one shape: {noisy.shape} and "
                f"{clean.shape}"
            )
        return [
            Sample(
                f"{image:04d}_{block:02d}",
                f"{image:04d}",
                _Block(noisy, image, block),
                _Block(clean, image, block) if clean else None,
            )
            for image in range(images)
            for block in range(blocks)
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of the files' contents, so that no block need be read."""
        files = [file.path for file in self._files(split) if file]
        digests = file_digests(files)
        return hashlib.sha256(json.dumps([digests[file] for file in files]).encode()).hexdigest()

    def prepare(self) -> None:
        """Check that the files are there, and say so if the set is not whole."""
        self.say_if_part(len(self.samples("test")), self.root)

    def _files(self, split: str) -> "tuple[_BlockFile, _BlockFile | None]":
        if split != "test":
            raise DataError(f"this dataset has no split {split!r}; it has test")
        return self._file(self.noisy), self._file(self.clean) if self.clean else None

    def _file(self, variable: str) -> "_BlockFile":
        return _BlockFile(find_file(self.root, f"{variable}.mat"), variable)


class SIDDValidation(SIDDBlocks):
    """SIDD's validation blocks, with their ground truth.

    ``root`` is the folder of the two files::

        SIDD_Validation/
            ValidationNoisyBlocksSrgb.mat           noisy
            ValidationGtBlocksSrgb.mat              clean
    """

    noisy = "ValidationNoisyBlocksSrgb"
    clean = "ValidationGtBlocksSrgb"


class SIDDBenchmark(SIDDBlocks):
    """SIDD's benchmark blocks, whose ground truth only the server has.

    ``root`` is the folder of the file::

        SIDD_Benchmark/
            BenchmarkNoisyBlocksSrgb.mat            noisy
    """

    noisy = "BenchmarkNoisyBlocksSrgb"


@dataclass(eq=False)
class _BlockFile:
    """A file of blocks, which is opened when the first block is read.

    The array is let go of with the last sample that reads it, so that no process holds more of a
    file than its array, once.
    """

    path: Path
    variable: str

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array; reads no pixel.

        Raises:
            DataError: the array is not one of blocks.
        """
        shape = read_shape(self.path, self.variable, ("uint8",), 5)
        if 0 in shape or shape[-1] != 3:
            raise DataError(
                f"{self.variable} in {self.path} is {'x'.join(map(str, shape))}; it must be "
                "images x blocks x height x width x 3"
            )
        return shape

    @cached_property
    def array(self) -> NDArray[np.uint8]:
        """All blocks; mapped where they lie plain in the file."""
        array = read_variable(self.path, self.variable)
        assert isinstance(array, np.ndarray)
        return array.astype(np.uint8, copy=False)


@dataclass(frozen=True)
class _Block:
    """Reads a block, H x W x 3, 8 bit."""

    file: _BlockFile
    image: int
    block: int

    def header(self) -> ImageHeader:
        """The size of the block."""
        height, width, channels = self.file.shape[2:]
        return ImageHeader((height, width, channels), "uint8")

    def __call__(self) -> Image:
        block: NDArray[np.uint8] = self.file.array[self.image, self.block].copy()
        return block
