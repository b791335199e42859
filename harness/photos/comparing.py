"""Photographs before and after, as a page shows them: 8 bit, and upright."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from harness.data.images import read_image
from harness.errors import DataError
from harness.photos.denoising import Outcome
from harness.photos.photo import Pixels
from harness.photos.photo_file import read_photo

_UPRIGHT: Mapping[int, Callable[[Pixels], Pixels]] = MappingProxyType(
    {
        1: lambda pixels: pixels,
        2: lambda pixels: pixels[:, ::-1],
        3: lambda pixels: pixels[::-1, ::-1],
        4: lambda pixels: pixels[::-1],
        5: lambda pixels: pixels.swapaxes(0, 1),
        6: lambda pixels: np.rot90(pixels, -1),
        7: lambda pixels: np.rot90(pixels.swapaxes(0, 1), 2),
        8: lambda pixels: np.rot90(pixels),
    }
)
"""What turns stored pixels upright, by the orientation that EXIF notes."""


@dataclass(frozen=True)
class PhotoPair:
    """A photograph, and what a denoiser made of it.

    Attributes:
        name: path of the result from the folder of results.
        source: the photograph.
        target: the denoised photograph.
    """

    name: str
    source: Path
    target: Path

    def images(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """The noisy and the denoised image, rounded to 8 bit, as they are looked at.

        Returns:
            Both H x W x C, C = 1 or 3, of one shape.

        Raises:
            DataError: one of them cannot be read, or they differ in shape.
        """
        photo = read_photo(self.source)
        denoised = read_image(self.target)
        if denoised.shape != photo.pixels.shape:
            raise DataError(f"{self.target} is not what was made of {self.source}")
        turn = _UPRIGHT.get(photo.orientation, _UPRIGHT[1])
        return _to_8bit(turn(photo.pixels)), _to_8bit(turn(denoised))


def pairs_of(outcomes: Iterable[Outcome], out: Path) -> list[PhotoPair]:
    """What there is to compare: all that was denoised, now or before.

    Args:
        outcomes: how each photograph went.
        out: folder of the results.
    """
    return [
        PhotoPair(_readable(each.task.target.relative_to(out)), each.task.source, each.task.target)
        for each in outcomes
        if each.status != "failed"
    ]


def _readable(path: Path) -> str:
    """A path as text, of which no byte keeps it from being written into a page."""
    return os.fsencode(path).decode(errors="replace")


def _to_8bit(pixels: Pixels) -> NDArray[np.uint8]:
    levels = np.rint(pixels / 257) if pixels.dtype == np.uint16 else pixels
    return np.ascontiguousarray(levels, dtype=np.uint8)
