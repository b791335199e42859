"""DND: 50 photographs of four cameras, 20 boxes of each, whose ground truth only the server has."""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness import (
    DataError,
    Dataset,
    Image,
    ImageHeader,
    Sample,
    dataset_root,
    file_digests,
    subfolder,
)
from harness_datasets.matlab import Value, find_file, read_part, read_shape, read_variable

_VARIABLE = "InoisySRGB"
_TYPES = ("float32", "float64")
_ROUNDING = 1e-3
"""Pixels may lie beyond [0, 1] by no more; numbers of a damaged file lie anywhere."""


@dataclass(frozen=True)
class Box:
    """A box of a photograph.

    Attributes:
        photograph: its number, from 1, as in the names of files and submissions.
        number: of the box within the photograph, from 1.
        rows: of pixels, from 0.
        columns: of pixels, from 0.
        camera: that took the photograph.
    """

    photograph: int
    number: int
    rows: range
    columns: range
    camera: str

    @property
    def name(self) -> str:
        """As the files of a submission are named, ``0001_01``."""
        return f"{self.photograph:04d}_{self.number:02d}"


class DND(Dataset):
    """The 1000 crops of the Darmstadt Noise Dataset, of its sRGB images.

    ``root`` is the folder of the archive, or the one above::

        dnd_2017/
            info.mat                boxes and cameras
            images_srgb/
                0001.mat            InoisySRGB: height x width x 3 in [0, 1]
                ...
                0050.mat

    Files are of MATLAB 7.3. A crop, H x W x 3, float32, is named by photograph and box, both from 1
    as in a submission, ``0001_01``; the photograph is the scene. Crops of one photograph overlap.

    Args:
        root: the folder.
    """

    expected = 1000

    def __init__(self, root: str | Path) -> None:
        self.root = dataset_root(root)

    def boxes(self) -> list[Box]:
        """All boxes that ``info.mat`` lists, also those of photographs that are not here.

        Raises:
            DataError: the file is missing, damaged or no index of DND.
        """
        path = find_file(self._folder, "info.mat")
        boxes = _cells(read_variable(path, "info.boundingboxes"), path)
        cameras = _cells(read_variable(path, "info.camera"), path)
        if len(boxes) != len(cameras):
            raise DataError(f"{path} has {len(boxes)} lists of boxes and {len(cameras)} cameras")
        listed = [
            _boxes(number, rows, camera, path)
            for number, (rows, camera) in enumerate(zip(boxes, cameras, strict=True), start=1)
        ]
        places = {tuple((box.rows.start, box.columns.start) for box in each) for each in listed}
        sizes = {(len(box.rows), len(box.columns)) for each in listed for box in each}
        if len(sizes) != 1 or len(places) != len(listed):
            raise DataError(
                f"{path} is damaged: its boxes are of {len(sizes)} sizes, not one, or two "
                "photographs have the same"
            )
        return [box for each in listed for box in each]

    def samples(self, split: str) -> Sequence[Sample]:
        """The crops of the photographs that are here, in the order of a submission.

        Raises:
            DataError: ``info.mat`` is missing or damaged, there is no photograph, one is damaged,
                or a box lies outside.
        """
        photographs = self._photographs(split)
        return [
            Sample(
                box.name,
                f"{box.photograph:04d}",
                _Crop(photographs[box.photograph], box),
                groups={"camera": box.camera},
            )
            for box in self.boxes()
            if box.photograph in photographs
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of the files' contents, so that no photograph need be decoded."""
        photographs = self._photographs(split)
        files = [find_file(self._folder, "info.mat"), *photographs.values()]
        digests = file_digests(files)
        made_from = [[0, *photographs], [digests[file] for file in files]]
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()

    def prepare(self) -> None:
        """Check the boxes against the photographs, and say so if the set is not whole."""
        samples = self.samples("test")
        self.say_if_part(len(samples), self.root)

    @property
    def _folder(self) -> Path:
        return subfolder(self.root, "dnd_2017")

    def _photographs(self, split: str) -> dict[int, Path]:
        """The files of the photographs that are here, by number."""
        if split != "test":
            raise DataError(f"this dataset has no split {split!r}; it has test")
        folder = subfolder(self._folder, "images_srgb")
        if not folder.is_dir():
            raise DataError(f"cannot read images: {folder} is no folder")
        found = {
            int(path.stem): path
            for path in sorted(folder.iterdir())
            if path.suffix.lower() == ".mat" and len(path.stem) == 4 and path.stem.isdecimal()
        }
        if not found:
            raise DataError(
                f"no photographs of DND in {folder}: they are images_srgb/0001.mat to 0050.mat"
            )
        return found


@dataclass(frozen=True)
class _Crop:
    """Reads a crop, H x W x 3, float32 in [0, 1]."""

    path: Path
    box: Box

    def header(self) -> ImageHeader:
        """The size of the crop, which lies within the photograph.

        Raises:
            DataError: it does not, or the photograph is none of DND's.
        """
        height, width, channels = read_shape(self.path, _VARIABLE, _TYPES, 3)
        if channels != 3 or self.box.rows.stop > height or self.box.columns.stop > width:
            raise DataError(
                f"{_VARIABLE} in {self.path} is {height}x{width}x{channels}, of which box "
                f"{self.box.name} is no part"
            )
        return ImageHeader((len(self.box.rows), len(self.box.columns), 3), "float32")

    def __call__(self) -> Image:
        """Read the crop.

        Raises:
            DataError: as :meth:`header`, or the file is damaged.
        """
        self.header()
        rows, columns = (slice(each.start, each.stop) for each in (self.box.rows, self.box.columns))
        part = (rows, columns, slice(0, 3))
        crop = np.ascontiguousarray(read_part(self.path, _VARIABLE, part), np.float32)
        if not (crop.min() >= -_ROUNDING and crop.max() <= 1 + _ROUNDING):  # also not if NaN
            raise DataError(
                f"{self.path} is damaged: it has pixels beyond [0, 1] in {self.box.name}"
            )
        return crop


def _boxes(photograph: int, rows: object, camera: object, path: Path) -> list[Box]:
    """The boxes of a photograph: top, left, bottom, right, from 1, the last included."""
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != 4:
        raise DataError(f"{path} is damaged: the boxes of photograph {photograph} are not N x 4")
    kind = camera.get("type") if isinstance(camera, dict) else None
    if not isinstance(kind, str) or not kind.isascii() or not kind.isprintable():
        raise DataError(f"{path} is damaged: the camera of photograph {photograph} has no name")
    listed = []
    for number, corners in enumerate(rows.tolist(), start=1):
        top, left, bottom, right = map(_whole, corners)
        if not (0 < top <= bottom and 0 < left <= right):
            raise DataError(
                f"{path} is damaged: box {number} of photograph {photograph} is {corners}"
            )
        listed.append(Box(photograph, number, range(top - 1, bottom), range(left - 1, right), kind))
    return listed


def _whole(number: float) -> int:
    """A whole number; 0, which is no coordinate, for any other."""
    return int(number) if math.isfinite(number) and number == int(number) else 0


def _cells(value: Value, path: Path) -> list[object]:
    """What the field of an array of structs has for each photograph."""
    if not isinstance(value, np.ndarray) or value.dtype != object:
        raise DataError(f"{path} is damaged: it has no list of boxes and cameras")
    return list(value.ravel())
