"""What is sent to the server of DND."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from harness import About, DataError, Denoised, Form, Mistake, Submission, Submitted, white
from harness_datasets.handed_in import by_image, cells, write_matlab
from harness_datasets.matlab import read_variable

IMAGES, BOXES = 50, 20
VERSION = "1.0"

_BUNDLED = re.compile(r"(\d{4})\.mat", re.IGNORECASE)
_CROP = re.compile(r"(\d{4})_(\d{2})\.mat", re.IGNORECASE)


class DNDSubmission(Submission):
    """The 50 files that take the 1000 denoised crops of DND, ``0001.mat`` to ``0050.mat``.

    Each holds ``Idenoised``, a cell array of 20 crops, 512 x 512 x 3 of float32 in [0, 1];
    ``israw``, which is false: the track is sRGB; and ``eval_version``, ``1.0``.
    """

    noun: ClassVar[str] = "crop"
    dtype: ClassVar[Literal["uint8", "float32"]] = "float32"
    expected: ClassVar[int | None] = IMAGES * BOXES

    def files(self) -> Sequence[str]:
        """The files that are written."""
        return [_file(number) for number in range(1, IMAGES + 1)]

    def write(self, denoised: Sequence[Denoised], folder: Path, about: About) -> Sequence[Path]:
        """Write a file per photograph.

        Raises:
            DataError: photographs have different numbers of crops.
        """
        return [
            write_matlab(
                folder / _file(number),
                {
                    "Idenoised": cells([[partial(_as_float, each) for each in row]]),
                    "israw": False,
                    "eval_version": VERSION,
                },
            )
            for number, row in enumerate(by_image(denoised), start=1)
        ]

    def forms(self, path: Path) -> Sequence[Form]:
        """A folder of bundled files, or of crops that were not bundled."""
        names = [each.name for each in path.iterdir()] if path.is_dir() else []
        if any(map(_BUNDLED.fullmatch, names)):
            return [Form("bundled files", path)]
        return [Form("crops", path)] if any(map(_CROP.fullmatch, names)) else []

    def read(self, form: Form) -> Iterator[Submitted | Mistake]:
        """Read crop by crop.

        Raises:
            DataError: a file is damaged.
        """
        return _read_crops(form.path) if form.name == "crops" else _read_bundled(form.path)


def _file(number: int) -> str:
    return f"{number:04d}.mat"


def _as_float(denoised: Denoised) -> NDArray[np.float32]:
    pixels = denoised.read()
    return (pixels / np.float32(white(pixels.dtype))).astype(np.float32)


def _numbered(folder: Path, pattern: re.Pattern[str]) -> list[tuple[Path, tuple[int, ...]]]:
    """The files of a pattern, with the numbers in their names, in order."""
    found = [(path, pattern.fullmatch(path.name)) for path in folder.iterdir()]
    numbered = [(path, tuple(map(int, match.groups()))) for path, match in found if match]
    return sorted(numbered, key=lambda each: each[1])


def _read_bundled(folder: Path) -> Iterator[Submitted | Mistake]:
    files = _numbered(folder, _BUNDLED)
    present = {number for _, (number,) in files}
    for number in range(1, max(present) + 1):
        if number not in present:
            yield Mistake("files that are missing", _file(number))
    if 0 in present:
        yield Mistake("files are numbered from 0: the first must be 0001.mat")
    for path, (number,) in files:
        yield from _flags(path)
        bundle = read_variable(path, "Idenoised")
        if not isinstance(bundle, np.ndarray) or bundle.dtype != object:
            yield Mistake("Idenoised is no cell array", path.name)
            continue
        if bundle.size != BOXES:
            yield Mistake(f"{bundle.size} crops in Idenoised instead of {BOXES}", path.name)
        for box, pixels in enumerate(bundle.flat):
            yield _crop(pixels, f"{path.name} crop {box + 1}", (number - 1) * BOXES + box)


def _flags(path: Path) -> Iterator[Mistake]:
    """What is wrong beside the crops."""
    for name, good, wanted in (("israw", _is_false, "false"), ("eval_version", _is_1_0, "'1.0'")):
        try:
            value = read_variable(path, name)
        except DataError:
            yield Mistake(f"{name} is missing; it must be {wanted}", path.name)
            continue
        if not good(value):
            yield Mistake(f"{name} is not {wanted}", path.name)


def _is_false(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.size == 1 and not value.any()


def _is_1_0(value: Any) -> bool:
    return isinstance(value, str) and value == VERSION


def _read_crops(folder: Path) -> Iterator[Submitted | Mistake]:
    yield Mistake("crops are not bundled: the server takes 0001.mat to 0050.mat, 20 crops in each")
    for path, (number, box) in _numbered(folder, _CROP):
        pixels = read_variable(path, "Idenoised_crop")
        yield _crop(pixels, path.name, (number - 1) * BOXES + box - 1)


def _crop(pixels: Any, place: str, index: int) -> Submitted | Mistake:
    if isinstance(pixels, np.ndarray):
        return Submitted(place, pixels, index)
    return Mistake("cells that hold no crop", place)
