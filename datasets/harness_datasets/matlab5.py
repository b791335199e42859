"""MATLAB 5 files, which MATLAB saves with -v5 to -v7 and SciPy writes too.

A file is 128 bytes of header, then elements, each a type, a size and that many bytes. An element
is a matrix, or a zlib stream of one; a matrix is flags, dimensions, a name, and either numbers or
further matrices (MathWorks, MAT-File Format, chapter 1).

Arrays are views of the file as it is mapped, or of the one buffer that a stream is unpacked into:
so hundreds of megabytes are never held twice, and a size is compared with the file's before memory
is taken for it.
"""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness import some

Buffer = NDArray[np.uint8]

Value = NDArray[np.generic] | str | dict[str, "Value"]
"""Numbers, text, or a struct; a cell array is an array of objects."""

DEEPEST = 16
"""Matrices in matrices, in cells and structs, beyond which a file is refused as damaged."""

LARGEST_RATIO = 1032
"""Bytes that zlib packs into one, at most: a stream that claims more is damaged."""

_HEADER = 128
_CHUNK = 1 << 14  # of a stream that is unpacked in one step
_HEAD = 4096  # bytes of a stream that hold what stands before the numbers

_NUMBERS = {  # types of stored numbers
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_TEXTS = {1: "utf-8", 2: "utf-8", 16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}
_CLASSES = {  # of arrays of numbers
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
_OTHER_CLASSES = {
    1: "a cell array", 2: "a struct", 3: "an object", 4: "text", 5: "a sparse matrix",
    16: "a function", 17: "an object",
}  # fmt: skip
_CELL, _STRUCT, _TEXT = 1, 2, 4
_MATRIX, _COMPRESSED = 14, 15
_COMPLEX, _LOGICAL = 0x08, 0x02


def is_matlab_5(start: bytes) -> bool:
    """Whether a file that starts so, with its first 128 bytes, is one of MATLAB 5."""
    return start[124:128] in (b"\x00\x01IM", b"\x01\x00MI")


def read_variable(path: Path, name: str) -> Value:
    """Read a variable: an array of numbers, text, a cell array or a struct.

    Args:
        path: the file.
        name: of the variable; ``a.b`` is the field ``b`` of the struct ``a``.

    Raises:
        ValueError: there is none of that name, or the file is damaged.
    """
    first, *fields = name.split(".")
    value = _value(*_find(path, first).whole())
    for field in fields:
        if not isinstance(value, dict) or field not in value:
            raise ValueError(f"it holds no field {field!r}")
        value = value[field]
    return value


def read_shape(path: Path, name: str) -> tuple[tuple[int, ...], str]:
    """Read the shape and the type of an array of numbers, and no number; raises as above."""
    head = _find(path, name).head()
    return head.shape, head.number_type.name


def read_part(path: Path, name: str, part: tuple[slice, ...]) -> NDArray[np.generic]:
    """Read part of an array of numbers: from where to where, by axis; raises as above."""
    array = read_variable(path, name)
    assert isinstance(array, np.ndarray)
    return array[part]


@dataclass(frozen=True)
class _Element:
    """A variable as it lies in the file.

    Attributes:
        content: the matrix, or the stream of one.
        compressed: which of the two.
        order: of the bytes of a number, ``<`` or ``>``.
    """

    content: Buffer
    compressed: bool
    order: str

    def head(self) -> "_Head":
        """What the matrix says of itself; little of a stream is unpacked for it."""
        if not self.compressed:
            return _head(self.content, self.order)
        unpacked = zlib.decompressobj().decompress(self.content[:_HEAD].tobytes(), _HEAD)
        return _head(np.frombuffer(unpacked, np.uint8)[8:], self.order)

    def whole(self) -> tuple[Buffer, str]:
        """The matrix, and its byte order."""
        if not self.compressed:
            return self.content, self.order
        return _unpacked(self.content, self.order), self.order


@dataclass(frozen=True)
class _Head:
    """What stands before the content of a matrix.

    Attributes:
        matrix_class: as the format numbers it.
        flags: bits.
        shape: in MATLAB's order of axes.
        name: empty within a cell or a struct.
        end: where the content begins.
        stored: type of the first element of the content, in which numbers are stored.
        order: of the bytes of a number.
    """

    matrix_class: int
    flags: int
    shape: tuple[int, ...]
    name: str
    end: int
    stored: int
    order: str

    @property
    def number_type(self) -> np.dtype[np.generic]:
        """Of an array of real numbers, as they are stored: MATLAB packs doubles that are whole."""
        if self.matrix_class not in _CLASSES or self.flags & _COMPLEX:
            what = _OTHER_CLASSES.get(self.matrix_class, "complex")
            raise ValueError(f"it is {what}, not an array of real numbers")
        if self.stored not in _NUMBERS:
            raise ValueError("it is damaged: an array has no numbers, or of no known type")
        stored, wanted = np.dtype(_NUMBERS[self.stored]), np.dtype(_CLASSES[self.matrix_class])
        if not np.can_cast(stored, wanted):
            raise ValueError(f"it is damaged: an array of {wanted.name} is stored as {stored.name}")
        return np.dtype(bool) if self.flags & _LOGICAL else stored


def _find(path: Path, name: str) -> _Element:
    """A variable in a file."""
    file: Buffer = np.memmap(path, np.uint8, "r").view(np.ndarray)
    order = "<" if bytes(file[126:128]) == b"IM" else ">"
    found = {}
    for kind, content in _elements(file, _HEADER, order):
        if kind not in (_MATRIX, _COMPRESSED):
            raise ValueError(f"it is damaged: an element of type {kind} where a variable begins")
        element = _Element(content, kind == _COMPRESSED, order)
        found[element.head().name] = element
    if name not in found:
        raise ValueError(f"it holds no variable {name!r}, but {some(list(found)) or 'none'}")
    return found[name]


def _elements(buffer: Buffer, position: int, order: str) -> Iterator[tuple[int, Buffer]]:
    """Type and content of each element from a position to the end of the buffer."""
    while position < len(buffer):
        kind, content, position = _element(buffer, position, order)
        yield kind, content


def _element(buffer: Buffer, position: int, order: str) -> tuple[int, Buffer, int]:
    """Type and content of the element at a position, and where the next begins."""
    if position + 8 > len(buffer):
        raise ValueError("it is truncated or damaged: an element begins where no room is for it")
    kind, size = (int(number) for number in buffer[position : position + 8].view(f"{order}u4"))
    if kind >> 16:  # at most four bytes lie in the place of the size
        kind, size, begin, end = kind & 0xFFFF, kind >> 16, position + 4, position + 8
        if size > 4:
            raise ValueError("it is damaged: a small element is too large")
    else:
        begin = position + 8
        padding = 0 if kind == _COMPRESSED else -size % 8
        end = min(begin + size + padding, len(buffer))
    if begin + size > len(buffer):
        raise ValueError(
            f"it is truncated or damaged: an element of {size:,} bytes, where "
            f"{len(buffer) - begin:,} are left"
        )
    return kind, buffer[begin : begin + size], end


def _unpacked(stream: Buffer, order: str) -> Buffer:
    """The matrix in a zlib stream, whose checksum is compared."""
    unpack = zlib.decompressobj()
    matrix, filled = np.empty(0, np.uint8), 0
    start = bytearray()
    for begin in range(0, len(stream), _CHUNK):
        piece = unpack.decompress(stream[begin : begin + _CHUNK].tobytes())
        if not len(matrix):
            start += piece
            if len(start) < 8:
                continue
            matrix = np.empty(_matrix_size(start, len(stream), order), np.uint8)
            piece = bytes(start[8:])
        if filled + len(piece) > len(matrix):
            raise ValueError("it is damaged: a compressed variable is longer than it says")
        matrix[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    if not unpack.eof or unpack.unused_data or filled != len(matrix):
        raise ValueError("it is truncated or damaged: a compressed variable ends early")
    return matrix


def _matrix_size(start: bytearray, packed: int, order: str) -> int:
    """The size that an unpacked matrix says it has."""
    kind, size = (int(number) for number in np.frombuffer(bytes(start[:8]), f"{order}u4"))
    if kind != _MATRIX or not 0 < size <= packed * LARGEST_RATIO:
        raise ValueError("it is damaged: a compressed variable is of no possible type or size")
    return size


def _head(matrix: Buffer, order: str) -> _Head:
    """Read flags, dimensions and name of a matrix."""
    kind, flags, position = _element(matrix, 0, order)
    shape_kind, shape, position = _element(matrix, position, order)
    name_kind, name, position = _element(matrix, position, order)
    if (kind, shape_kind) != (6, 5) or name_kind not in (1, 2) or len(flags) != 8:
        raise ValueError("it is damaged: a variable lacks its type, its dimensions or its name")
    if not 8 <= len(shape) <= 128 or len(shape) % 4:
        raise ValueError("it is damaged: a variable has no possible number of dimensions")
    sizes = tuple(int(size) for size in shape.view(f"{order}i4"))
    if min(sizes) < 0:
        raise ValueError("it is damaged: a dimension is negative")
    word = int(flags[:4].view(f"{order}u4")[0])
    return _Head(
        matrix_class=word & 0xFF,
        flags=word >> 8 & 0xFF,
        shape=sizes,
        name=name.tobytes().decode("latin-1"),
        end=position,
        stored=_first_type(matrix, position, order),
        order=order,
    )


def _first_type(matrix: Buffer, position: int, order: str) -> int:
    """Type of the element at a position; 0 where there is none."""
    word = matrix[position : position + 4]
    return int(word.view(f"{order}u4")[0]) & 0xFFFF if len(word) == 4 else 0


def _value(matrix: Buffer, order: str, depth: int = 0) -> Value:
    """Understand a matrix."""
    if not len(matrix):
        return np.empty((0, 0))
    if depth > DEEPEST:
        raise ValueError(f"it is damaged: more than {DEEPEST} arrays in one another")
    head = _head(matrix, order)
    if head.matrix_class == _CELL:
        return _objects(matrix, head.end, order, head.shape, depth)
    if head.matrix_class == _STRUCT:
        return _struct(matrix, head, order, depth)
    content = list(_elements(matrix, head.end, order))
    if head.matrix_class == _TEXT:
        return _text(content, order)
    return _numbers(content, head)


def _numbers(content: Sequence[tuple[int, Buffer]], head: _Head) -> NDArray[np.generic]:
    """An array of real numbers, in memory as in MATLAB: the first axis runs fastest."""
    wanted = head.number_type
    if len(content) != 1:
        raise ValueError("it is damaged: an array has no numbers, or more than one part of them")
    number = np.dtype(f"{head.order}{_NUMBERS[head.stored]}")
    stored = content[0][1]
    if len(stored) != math.prod(head.shape) * number.itemsize:
        shape = "x".join(map(str, head.shape))
        raise ValueError(
            f"it is damaged: {len(stored):,} bytes of {number.name} are no array of {shape}"
        )
    return stored.view(number).reshape(head.shape, order="F").astype(wanted, copy=False)


def _text(content: Sequence[tuple[int, Buffer]], order: str) -> str:
    """A row of letters."""
    kind, letters = content[0] if len(content) == 1 else (0, np.empty(0, np.uint8))
    if kind not in _TEXTS:
        raise ValueError("it is damaged: a text is of no known type")
    encoding = _TEXTS[kind]
    if encoding != "utf-8":
        encoding += "-le" if order == "<" else "-be"
    return letters.tobytes().decode(encoding)


def _objects(
    matrix: Buffer, position: int, order: str, shape: tuple[int, ...], depth: int
) -> NDArray[np.object_]:
    """As many matrices as a shape says, which fill what is left."""
    if math.prod(shape) * 8 > len(matrix) - position:
        raise ValueError("it is damaged: more cells than there is room for")
    cells = np.empty(math.prod(shape), object)
    found = list(_elements(matrix, position, order))
    if len(found) != len(cells) or any(kind != _MATRIX for kind, _ in found):
        raise ValueError("it is damaged: a cell array has other cells than its dimensions say")
    for index, (_, content) in enumerate(found):
        cells[index] = _value(content, order, depth + 1)
    return cells.reshape(shape, order="F")


def _struct(matrix: Buffer, head: _Head, order: str, depth: int) -> dict[str, Value]:
    """The fields of a struct; of an array of structs, each field is an array of objects."""
    _, length, position = _element(matrix, head.end, order)
    _, names, position = _element(matrix, position, order)
    step = int(length.view(f"{order}i4")[0]) if len(length) == 4 else 0
    if step <= 0 or len(names) % step:
        raise ValueError("it is damaged: a struct has no names of its fields")
    fields = [
        names[begin : begin + step].tobytes().split(b"\0")[0].decode("latin-1")
        for begin in range(0, len(names), step)
    ]
    cells = _objects(matrix, position, order, (len(fields), math.prod(head.shape)), depth)
    if math.prod(head.shape) == 1:
        return {field: row[0] for field, row in zip(fields, cells, strict=True)}
    return {
        field: row.reshape(head.shape, order="F") for field, row in zip(fields, cells, strict=True)
    }
