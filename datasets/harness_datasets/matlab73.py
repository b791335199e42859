"""MATLAB 7.3 files: HDF5, whose axes are in the reverse of MATLAB's order.

HDF5 checks little of what it reads, so what can be checked is: where the numbers lie, that every
chunk is there and no two are the same, and that the numbers have one of the types that MATLAB
writes. Compressed chunks carry a checksum; numbers that lie plain in the file have none.
"""

import itertools
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from harness import some
from harness_datasets.matlab5 import DEEPEST, LARGEST_RATIO, Value

_TYPES = {
    "single": h5py.h5t.IEEE_F32LE,
    "double": h5py.h5t.IEEE_F64LE,
    "int8": h5py.h5t.STD_I8LE,
    "uint8": h5py.h5t.STD_U8LE,
    "int16": h5py.h5t.STD_I16LE,
    "uint16": h5py.h5t.STD_U16LE,
    "int32": h5py.h5t.STD_I32LE,
    "uint32": h5py.h5t.STD_U32LE,
    "int64": h5py.h5t.STD_I64LE,
    "uint64": h5py.h5t.STD_U64LE,
    "char": h5py.h5t.STD_U16LE,
    "logical": h5py.h5t.STD_U8LE,
}
"""How MATLAB stores its classes."""

_NO_NUMBERS = ("char", "logical")

_FILTERS = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
_CHECKSUM = 4  # bytes of Fletcher's


def read_variable(path: Path, name: str) -> Value:
    """Read a variable: an array of numbers, text, a cell array or a struct.

    Args:
        path: the file.
        name: of the variable; ``a.b`` is the field ``b`` of the struct ``a``.

    Raises:
        Exception: there is none of that name, or the file is damaged; HDF5 raises several.
    """
    with h5py.File(path, "r", locking=False) as file:
        return _value(_find(file, name), path.stat().st_size)


def read_shape(path: Path, name: str) -> tuple[tuple[int, ...], str]:
    """Read the shape and the type of an array of numbers, and no number; raises as above."""
    with h5py.File(path, "r", locking=False) as file:
        dataset = _array(_find(file, name))
        return dataset.shape[::-1], dataset.dtype.name


def read_part(path: Path, name: str, part: tuple[slice, ...]) -> NDArray[np.generic]:
    """Read part of an array of numbers: from where to where, by axis; raises as above."""
    with h5py.File(path, "r", locking=False) as file:
        dataset = _array(_find(file, name))
        return _read(dataset, path.stat().st_size, part[::-1]).T


def _find(file: Any, name: str) -> Any:
    """A variable in a file, or a field of a struct."""
    found = file
    for field in name.split("."):
        held = sorted(key for key in found if key[:1] != "#") if _is_group(found) else []
        if field not in held:
            raise ValueError(f"it holds no variable {field!r}, but {some(held) or 'none'}")
        found = found[field]
    return found


def _value(found: Any, file_size: int, depth: int = 0) -> Value:
    """Understand what lies in the file: a struct is a group, a cell array holds references."""
    if depth > DEEPEST:
        raise ValueError(f"it is damaged: more than {DEEPEST} arrays in one another")
    if _is_group(found):
        return {name: _value(found[name], file_size, depth + 1) for name in found}
    matlab_class = _class(found)
    if "MATLAB_empty" in found.attrs:
        return "" if matlab_class == "char" else np.empty((0, 0))
    if found.dtype == h5py.ref_dtype:
        return _referred(found, file_size, depth)
    _check_type(found)
    stored = _read(found, file_size, tuple(slice(0, size) for size in found.shape))
    if matlab_class == "char":
        return stored.tobytes().decode("utf-16-le")
    return stored.T.astype(bool) if matlab_class == "logical" else stored.T


def _referred(found: Any, file_size: int, depth: int) -> NDArray[np.object_]:
    """What the references of a cell array, or of a field of an array of structs, lead to."""
    if not found.shape:
        raise ValueError("it is damaged: a cell array without dimensions")
    references = _read(found, file_size, tuple(slice(0, size) for size in found.shape)).T
    cells = np.empty(references.shape, object)
    for index in np.ndindex(references.shape):
        if not references[index]:
            raise ValueError("it is damaged: a reference that leads nowhere")
        cells[index] = _value(found.file[references[index]], file_size, depth + 1)
    return cells


def _array(found: Any) -> Any:
    """What was found, if it is an array of numbers."""
    if not isinstance(found, h5py.Dataset) or _class(found) in _NO_NUMBERS:
        what = _class(found) if isinstance(found, h5py.Dataset) else "a struct"
        raise ValueError(f"it is {what}, not an array of numbers")
    _check_type(found)
    return found


def _check_type(dataset: Any) -> None:
    """See that numbers are stored as MATLAB stores those of their class."""
    matlab_class = _class(dataset)
    stored = dataset.id.get_type()
    # no class of MATLAB's: another program wrote the file, or it is a field of an array of structs
    fitting = [_TYPES[matlab_class]] if matlab_class in _TYPES else list(_TYPES.values())
    if not dataset.shape or not any(stored.equal(number) for number in fitting):
        raise ValueError(
            f"it is {matlab_class or 'of no class'}, stored as {dataset.dtype} of "
            f"{dataset.shape}: not an array of real numbers"
        )


def _class(dataset: Any) -> str:
    """What MATLAB calls the type of an array; empty where another program wrote it."""
    name = dataset.attrs.get("MATLAB_class", b"")
    return name.decode("ascii") if isinstance(name, bytes) else str(name)


def _is_group(found: object) -> bool:
    return isinstance(found, h5py.Group)


def _read(dataset: Any, file_size: int, part: tuple[slice, ...]) -> NDArray[Any]:
    """Part of a dataset, by its own axes, once it is seen that the file has all of it."""
    _check_storage(dataset, file_size)
    if dataset.chunks:
        _check_found(dataset, part)
    read: NDArray[Any] = dataset[part]
    return read


def _check_storage(dataset: Any, file_size: int) -> None:
    """See that all numbers of an array lie in the file, before memory is taken for them."""
    properties = dataset.id.get_create_plist()
    layout = properties.get_layout()
    if dataset.nbytes > file_size * LARGEST_RATIO:
        raise ValueError("it is damaged: an array is larger than what could lie in the file")
    if properties.get_external_count() or layout == h5py.h5d.VIRTUAL:
        raise ValueError("its numbers lie in another file")
    if layout == h5py.h5d.CHUNKED:
        _check_chunks(dataset, properties, file_size)
    elif dataset.id.get_storage_size() != dataset.nbytes:
        raise ValueError("it is damaged: an array has another size than its dimensions say")


def _check_chunks(dataset: Any, properties: Any, file_size: int) -> None:
    """See that every chunk of an array is in the file once, in a place of its own, and is found."""
    filters = [properties.get_filter(index)[0] for index in range(properties.get_nfilters())]
    if not set(filters) <= set(_FILTERS):
        raise ValueError("it is damaged, or compressed otherwise than by MATLAB")
    steps = dataset.chunks
    counts = [-(-size // step) for size, step in zip(dataset.shape, steps, strict=True)]
    stored: list[Any] = []
    dataset.id.chunk_iter(stored.append)
    if len(stored) != math.prod(counts) or {chunk.chunk_offset for chunk in stored} != {
        tuple(number * step for number, step in zip(numbers, steps, strict=True))
        for numbers in np.ndindex(*counts)
    }:
        raise ValueError("it is damaged: parts of an array are missing, or there twice")
    size = math.prod(steps) * dataset.dtype.itemsize
    size += _CHECKSUM * (h5py.h5z.FILTER_FLETCHER32 in filters)
    packed = h5py.h5z.FILTER_DEFLATE in filters
    end = 1
    for chunk in sorted(stored, key=lambda each: each.byte_offset):
        right = 0 < chunk.size <= file_size if packed else chunk.size == size
        if chunk.byte_offset < end or chunk.filter_mask or not right:
            raise ValueError("it is damaged: parts of an array lie in one another")
        end = chunk.byte_offset + chunk.size
    if end > file_size:
        raise ValueError("it is truncated or damaged: part of an array lies beyond its end")


def _check_found(dataset: Any, part: tuple[slice, ...]) -> None:
    """See that HDF5 finds the chunks of a part: it reads zeros where it does not."""
    ranges = [
        range(each.start // step * step, each.stop, step)
        for each, step in zip(part, dataset.chunks, strict=True)
    ]
    for offset in itertools.product(*ranges):
        dataset.id.read_direct_chunk(offset)  # raises where there is none
