"""Tiny MATLAB files in the formats of the real sets: SIDD's blocks, DND's photographs and index."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import scipy.io
from numpy.typing import NDArray

TEXT_5 = b"MATLAB 5.0 MAT-file, Platform: PCWIN64, Created on: Thu Jan 10 13:08:11 2019"
TEXT_73 = (
    b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Tue May  2 11:07:09 2017 "
    b"HDF5 schema 1.00 ."
)
"""How the real files begin; padded with spaces to 116 bytes."""

CAMERAS = ("Nexus6P", "SonyA7R", "OMD_EM10", "SonyRX100")


def random_blocks(
    images: int = 2, blocks: int = 4, side: int = 32, seed: int = 0
) -> NDArray[np.uint8]:
    """Blocks as SIDD's files hold them, images x blocks x side x side x 3, every pixel random."""
    shape = (images, blocks, side, side, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def sidd_blocks(
    path: Path, variable: str, blocks: NDArray[np.uint8], compressed: bool = True
) -> Path:
    """Write a MATLAB 5 file with one variable, as SIDD's files of blocks are.

    Args:
        path: the file; its folder is made.
        variable: name of the variable, in the real files the file's stem.
        blocks: images x blocks x H x W x 3.
        compressed: MATLAB's default; both are in use.
    """
    return matlab_5(path, {variable: blocks}, compressed)


def matlab_5(path: Path, variables: Mapping[str, Any], compressed: bool = True) -> Path:
    """Write a MATLAB 5 file; object arrays become cell arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, dict(variables), do_compression=compressed)
    with path.open("r+b") as file:
        file.write(TEXT_5.ljust(116))
    return path


@contextmanager
def matlab_73(path: Path) -> Iterator[h5py.File]:
    """Write a MATLAB 7.3 file: HDF5 behind a user block of 512 bytes that names MATLAB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        yield file
    with path.open("r+b") as file:
        file.write(TEXT_73.ljust(116) + bytes(8) + (0x0200).to_bytes(2, "little") + b"IM")


def put_array(
    group: h5py.Group, name: str, array: NDArray[Any], compressed: bool = False
) -> h5py.Dataset:
    """Put an array into a MATLAB 7.3 file, its axes in MATLAB's order: transposed in HDF5."""
    stored = np.atleast_2d(array).T
    dataset = group.create_dataset(
        name, data=stored, compression="gzip" if compressed else None, chunks=compressed or None
    )
    classes = {"float32": "single", "float64": "double"}
    dataset.attrs["MATLAB_class"] = np.bytes_(classes.get(stored.dtype.name, stored.dtype.name))
    return dataset


def put_text(group: h5py.Group, name: str, text: str) -> h5py.Dataset:
    """Put a text into a MATLAB 7.3 file: UTF-16 in a column."""
    dataset = put_array(group, name, np.array([[ord(letter) for letter in text]], np.uint16))
    dataset.attrs["MATLAB_class"] = np.bytes_("char")
    dataset.attrs["MATLAB_int_decode"] = np.int32(2)
    return dataset


def put_cell(
    group: h5py.Group, name: str, items: Sequence[h5py.HLObject], column: bool = False
) -> h5py.Dataset:
    """Put a 1 x N cell array, or N x 1, of what lies elsewhere in the file: object references."""
    references = np.array([[item.ref for item in items]], dtype=h5py.ref_dtype)
    stored = references if column else references.T
    dataset = group.create_dataset(name, data=stored, dtype=h5py.ref_dtype)
    dataset.attrs["MATLAB_class"] = np.bytes_("cell")
    return dataset


@dataclass(frozen=True)
class MadeDND:
    """What :func:`dnd` wrote.

    Attributes:
        folder: the root.
        photographs: H x W x 3, float32 in [0, 1].
        boxes: of every photograph, N x 4: top, left, bottom, right, from 1, the last included.
        cameras: of every photograph.
    """

    folder: Path
    photographs: tuple[NDArray[np.float32], ...]
    boxes: tuple[NDArray[np.float64], ...]
    cameras: tuple[str, ...]

    def crop(self, image: int, box: int) -> NDArray[np.float32]:
        """A crop by the numbers of photograph and box, both from 0."""
        top, left, bottom, right = self.boxes[image][box].astype(int)
        return self.photographs[image][top - 1 : bottom, left - 1 : right]


def dnd(
    folder: Path, images: int = 2, side: int = 32, boxes: int = 20, compressed: bool = True
) -> MadeDND:
    """Write ``images_srgb/0001.mat`` and further ones, and ``info.mat``, as DND is laid out.

    Args:
        folder: the root, in DND's archive ``dnd_2017``.
        images: how many photographs; 50 in the real set.
        side: of the boxes in pixels; 512 in the real set.
        boxes: how many in a photograph; 20 in the real set.
        compressed: whether photographs lie in compressed chunks.
    """
    random = np.random.default_rng(0)
    height, width = 3 * side + 6, 4 * side + 2
    made = MadeDND(
        folder,
        tuple(random.random((height, width, 3), np.float32) for _ in range(images)),
        tuple(_random_boxes(random, boxes, side, height, width) for _ in range(images)),
        tuple(CAMERAS[image % len(CAMERAS)] for image in range(images)),
    )
    for number, photograph in enumerate(made.photographs, start=1):
        with matlab_73(folder / "images_srgb" / f"{number:04d}.mat") as file:
            put_array(file, "InoisySRGB", photograph, compressed)
    _write_info(made)
    return made


def _random_boxes(
    random: np.random.Generator, count: int, side: int, height: int, width: int
) -> NDArray[np.float64]:
    """Boxes whose top and left are odd, as the real ones are, to fit the Bayer mosaic."""
    tops = 2 * random.integers(0, (height - side) // 2 + 1, count) + 1
    lefts = 2 * random.integers(0, (width - side) // 2 + 1, count) + 1
    return np.stack([tops, lefts, tops + side - 1, lefts + side - 1], axis=1).astype(np.float64)


def _write_info(made: MadeDND) -> None:
    """Write the index: a struct whose fields are cell arrays of what lies in ``#refs#``."""
    with matlab_73(made.folder / "info.mat") as file:
        kept = file.create_group("#refs#")
        fields: dict[str, list[h5py.HLObject]] = {
            "boundingboxes": [
                put_array(kept, f"b{number}", boxes) for number, boxes in enumerate(made.boxes)
            ],
            "camera": [
                _put_camera(kept.create_group(f"Z{number}"), camera)
                for number, camera in enumerate(made.cameras)
            ],
            "sigma_srgb": [
                put_array(kept, f"P{number}f", np.full((len(boxes), 1), 0.04))
                for number, boxes in enumerate(made.boxes)
            ],
        }
        info = file.create_group("info")
        info.attrs["MATLAB_class"] = np.bytes_("struct")
        for name, items in fields.items():
            put_cell(info, name, items, column=True)


def _put_camera(group: h5py.Group, name: str) -> h5py.Group:
    group.attrs["MATLAB_class"] = np.bytes_("struct")
    put_text(group, "type", name)
    put_text(group, "bayertype", "RGGB")
    put_array(group, "baseISO", np.array([[100.0]]))
    return group


def mutated(content: bytes, seed: int, first: int = 0) -> bytes:
    """A file with one bit flipped, its end cut off, zeros in it, or part of it put elsewhere.

    Half of the mutations, but those that cut, are among the first bytes, where the structure is.
    """
    draw = Random(seed)
    end = min(first + 4096, len(content)) if draw.random() < 0.5 else len(content)
    place = draw.randrange(first, end)
    length = draw.randrange(1, 200)
    kind = ("flip", "cut", "zero", "splice")[seed % 4]
    if kind == "flip":
        return (
            content[:place]
            + bytes([content[place] ^ 1 << draw.randrange(8)])
            + content[place + 1 :]
        )
    if kind == "cut":
        return content[: draw.randrange(len(content))]
    rest = content[place + length :]
    if kind == "zero":
        return content[:place] + bytes(len(content) - len(rest) - place) + rest
    other = draw.randrange(len(content))
    piece = content[other : other + length]
    return content[:place] + piece + (rest if draw.random() < 0.5 else content[place:])
