"""What is sent to those who score the SIDD benchmark."""

import base64
import binascii
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from harness import (
    About,
    DataError,
    Denoised,
    Form,
    Mistake,
    ParameterError,
    Submission,
    Submitted,
    write_with,
)
from harness_datasets.handed_in import by_image, cells, write_matlab
from harness_datasets.matlab import read_variable

MAT, CSV = "SubmitSrgb.mat", "SubmitSrgb.csv"
VARIABLE = "DenoisedBlocksSrgb"
HEADER = "ID,BLOCK"
IMAGES, BLOCKS = 40, 32


class SIDDSubmission(Submission):
    """The two files that take the 1280 denoised blocks of the SIDD benchmark.

    ``SubmitSrgb.mat`` is that of SIDD's authors: the variable ``DenoisedBlocksSrgb``, a cell array
    of 40 x 32 blocks, 256 x 256 x 3 of uint8, with ``TimeMPSrgb``, seconds per megapixel, and the
    struct ``OptionalData``. ``SubmitSrgb.csv`` is that of Kaggle's competitions: the header
    ``ID,BLOCK``, then a row per block, image by image, with the base64 text of its bytes.

    Args:
        form: what the MATLAB file holds: a ``cell`` array as the authors' kit makes it, or one
            ``array`` of uint8, 40 x 32 x 256 x 256 x 3.
        only: ``mat`` or ``csv`` to write one of the files, ``both`` for both.
        authors: what OptionalData says of them.
        title: what OptionalData calls the paper; the citation of the method where it is empty.
        venue: what OptionalData says of it.
    """

    noun: ClassVar[str] = "block"
    dtype: ClassVar[Literal["uint8", "float32"]] = "uint8"
    expected: ClassVar[int | None] = IMAGES * BLOCKS

    def __init__(
        self,
        form: Literal["cell", "array"] = "cell",
        only: Literal["both", "mat", "csv"] = "both",
        authors: str = "",
        title: str = "",
        venue: str = "",
    ) -> None:
        self.form = form
        self.names = {"both": (MAT, CSV), "mat": (MAT,), "csv": (CSV,)}[only]
        self.optional = {"Authors": authors, "PaperTitle": title, "Venue": venue}
        for name, text in self.optional.items():
            if not text.isascii():
                raise ParameterError(f"{name} must be plain ASCII for MATLAB, not {text!r}")

    def files(self) -> Sequence[str]:
        """The files that are written."""
        return self.names

    def write(self, denoised: Sequence[Denoised], folder: Path, about: About) -> Sequence[Path]:
        """Write the MATLAB file and the CSV file.

        Raises:
            DataError: images of the benchmark have different numbers of blocks.
        """
        rows = by_image(denoised)
        if MAT in self.names:
            write_matlab(folder / MAT, self._variables(rows, about))
        if CSV in self.names:
            write_with(folder / CSV, partial(_write_csv, denoised=denoised))
        return [folder / name for name in self.names]

    def _variables(self, rows: Sequence[Sequence[Denoised]], about: About) -> dict[str, Any]:
        readers = [[each.read for each in row] for row in rows]
        blocks: NDArray[Any] = cells(readers)
        if self.form == "array":
            blocks = np.stack([np.stack([read() for read in row]) for row in readers])
        return {
            VARIABLE: blocks,
            "TimeMPSrgb": about.seconds_per_megapixel or 0.0,
            "OptionalData": {
                "MethodName": about.method,
                **self.optional,
                "PaperTitle": self.optional["PaperTitle"] or _ascii(about.paper),
                "MachineSpecs": _ascii(about.machine),
            },
        }

    def forms(self, path: Path) -> Sequence[Form]:
        """The MATLAB file and the CSV file, or a folder with them."""
        paths = [path / MAT, path / CSV] if path.is_dir() else [path]
        return [
            Form({".mat": "MATLAB file", ".csv": "CSV file"}[each.suffix.lower()], each)
            for each in paths
            if each.is_file() and each.name.lower() in (MAT.lower(), CSV.lower())
        ]

    def read(self, form: Form) -> Iterator[Submitted | Mistake]:
        """Read block by block.

        Raises:
            DataError: the file is damaged, or holds something else.
        """
        return _read_csv(form.path) if form.path.suffix.lower() == ".csv" else _read_mat(form.path)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()


def _write_csv(path: Path, denoised: Sequence[Denoised]) -> None:
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(f"{HEADER}\n")
        for index, each in enumerate(denoised):
            block = base64.b64encode(np.ascontiguousarray(each.read()).tobytes())
            file.write(f"{index},{block.decode('ascii')}\n")


def _read_mat(path: Path) -> Iterator[Submitted | Mistake]:
    blocks = read_variable(path, VARIABLE)
    if not isinstance(blocks, np.ndarray):
        raise DataError(f"{VARIABLE} in {path} is neither a cell array nor an array of blocks")
    axes = 2 if blocks.dtype == object else 5
    shape = "x".join(map(str, blocks.shape))
    if blocks.ndim != axes:
        wanted = f"a cell array, {IMAGES}x{BLOCKS}, or an array, {IMAGES}x{BLOCKS}x256x256x3"
        raise DataError(f"{VARIABLE} is {shape}: it must be {wanted}")
    if blocks.shape[:2] == (BLOCKS, IMAGES):
        yield Mistake(f"{VARIABLE} is {shape}: images come first, {IMAGES}x{BLOCKS}")
    for index, (image, block) in enumerate(np.ndindex(blocks.shape[:2])):
        pixels: Any = blocks[image, block]
        place = f"image {image + 1} block {block + 1}"
        if isinstance(pixels, np.ndarray):
            yield Submitted(place, pixels, index)
        else:
            yield Mistake("cells that hold no block", place)


def _read_csv(path: Path) -> Iterator[Submitted | Mistake]:
    with path.open(encoding="ascii", errors="replace") as file:
        header = file.readline(2 * len(HEADER)).rstrip("\r\n")
        if header != HEADER:
            raise DataError(f"the first line is {header!r}; it must be {HEADER!r}")
        for index, line in enumerate(file):
            number, _, text = line.rstrip("\r\n").partition(",")
            place = f"row {index}"
            if number != str(index):
                yield Mistake(
                    "IDs that do not count from 0, row by row", f"{number[:9]} in {place}"
                )
            try:
                content = base64.b64decode(text, validate=True)
            except binascii.Error:
                yield Mistake("blocks that are not base64", place)
                continue
            yield Submitted(place, _as_block(content), index)


def _as_block(content: bytes) -> NDArray[np.uint8]:
    """The bytes of a block as a square of colours, if they are as many as one has."""
    values = np.frombuffer(content, np.uint8)
    side = math.isqrt(len(values) // 3)
    return values.reshape(side, side, 3) if side * side * 3 == len(values) else values
