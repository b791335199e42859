"""EXIF as files hold it: directories of tags, copied byte for byte from one file to another."""

import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Literal

Order = Literal["<", ">"]
"""Little or big endian, as :mod:`struct` writes it; what tags hold is in that order, too."""

PREFIX = b"Exif\0\0"
"""What EXIF begins with in a JPEG."""

EXIF, GPS, INTEROPERABILITY = 34665, 34853, 40965
"""Tags that point to a directory."""

_BELOW = {EXIF: (INTEROPERABILITY,), GPS: (), INTEROPERABILITY: ()}
"""Which pointers each directory may have in turn."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value of each type, of those that TIFF has had from the first."""

_POINTER_TYPE = 4  # an unsigned number of 32 bit


@dataclass(frozen=True)
class Tag:
    """A tag of a directory.

    Attributes:
        code: which it is.
        type: of its values, as TIFF numbers them.
        count: of its values.
        value: their bytes; of a pointer, the directory that it points to.
    """

    code: int
    type: int
    count: int
    value: "bytes | Directory"


Directory = tuple[Tag, ...]


def read_directory(
    file: BinaryIO,
    at: int,
    order: Order,
    *,
    codes: Iterable[int] | None = None,
    pointers: Iterable[int] = (EXIF, GPS),
    is_big: bool = False,
) -> Directory:
    """Read a directory of a TIFF, and those that it points to.

    Args:
        file: a TIFF, or EXIF after its prefix.
        at: where the directory begins.
        order: of the file.
        codes: tags to read beside pointers; None: all.
        pointers: tags to follow.
        is_big: offsets have 64 bit.

    Returns:
        Its tags, but for those whose values lie beyond the end of the file.

    Raises:
        ValueError: the file ends before the directory does.
    """
    counts, entries, room = ("Q", "HHQ", 8) if is_big else ("H", "HHI", 4)
    (number,) = struct.unpack(order + counts, _bytes(file, at, struct.calcsize(order + counts)))
    first, size = at + struct.calcsize(order + counts), struct.calcsize(order + entries) + room
    tags: list[Tag] = []
    for index in range(number):
        entry = _bytes(file, first + index * size, size)
        code, kind, count = struct.unpack_from(order + entries, entry)
        if kind not in _SIZES or not (codes is None or code in (*codes, *pointers)):
            continue
        field = entry[-room:]
        (offset,) = struct.unpack(order + ("Q" if is_big else "I"), field)
        length = count * _SIZES[kind]
        with suppress(ValueError):
            if code in pointers:
                below = read_directory(file, offset, order, pointers=_BELOW[code], is_big=is_big)
                tags.append(Tag(code, _POINTER_TYPE, 1, below))
            else:
                value = field[:length] if length <= room else _bytes(file, offset, length)
                tags.append(Tag(code, kind, count, value))
    return tuple(tags)


def _bytes(file: BinaryIO, at: int, length: int) -> bytes:
    """A part of a file; raises a ``ValueError`` where it has no such part."""
    if at + length > file.seek(0, os.SEEK_END):
        raise ValueError(f"it ends before byte {at + length}")
    file.seek(at)
    return file.read(length)


def directory_bytes(tags: Directory, at: int, order: Order) -> bytes:
    """A directory as it stands in a file, followed by all that it refers to.

    Args:
        tags: in the order of their codes.
        at: where in the file it will begin; even.
        order: of the file, and of what the tags hold.
    """
    entries, values = b"", b""
    first_value = at + 2 + 12 * len(tags) + 4
    for tag in tags:
        place = first_value + len(values)
        if isinstance(tag.value, tuple):
            value, is_near = directory_bytes(tag.value, place, order), False
        else:
            value, is_near = tag.value, len(tag.value) <= 4
        field = value.ljust(4, b"\0") if is_near else struct.pack(order + "I", place)
        entries += struct.pack(order + "HHI", tag.code, tag.type, tag.count) + field
        values += b"" if is_near else value + b"\0" * (len(value) % 2)
    return struct.pack(order + "H", len(tags)) + entries + bytes(4) + values


def header(order: Order, first: int) -> bytes:
    """How a TIFF, and EXIF after its prefix, begins: the order, and where its directory is."""
    return (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", first)


def order_of(start: bytes) -> Order:
    """The order of a TIFF, or of EXIF after its prefix, by how it begins."""
    return ">" if start.startswith(b"MM") else "<"
