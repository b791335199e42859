"""Files, arrays and tensors: the only place where images change their form.

Files are 8 or 16 bit. Arrays are H x W x C: uint8, uint16, or float32 in [0, 1]. Tensors are
float32, C x H x W or N x C x H x W, in [0, 1].
"""

import logging
import math
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError
from harness.util.files import write_bytes, write_with

if TYPE_CHECKING:
    import torch
    from PIL import Image as Pillow
    from torch import Tensor

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
"""Endings of the files that are looked for, in lower case; matched without regard to case."""

MAX_PIXELS = 178_956_970
"""Larger images are refused before memory is taken for them; it is where Pillow refuses as well."""

WHITE = {"uint8": 255.0, "uint16": 65535.0, "float32": 1.0}
"""The types that an image may have, NumPy's and torch's alike, and what each calls white."""

_SIGNATURES = {  # how a file begins says what it is, whatever its name
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",  # with offsets of 64 bit
    b"MM\0+": "TIFF",
}
_NO_IMAGE = "it is not a PNG, JPEG, TIFF or BMP file, or is damaged"
_EXPECTED = "expected 8 or 16 bit, grey or RGB"
_TYPES = "uint8, uint16 or finite float32 in [0, 1]"
_DNG_VERSION = 50706
"""The tag that makes a TIFF raw data, whatever picture its first page shows of them."""
_GREY_MODES = ("1", "L", "LA")  # Pillow's names
_COLOUR_MODES = ("P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


@dataclass(frozen=True)
class _Header:
    """What a file says of its image before a pixel is decoded.

    Attributes:
        width: in pixels.
        height: in pixels.
        channels: 1 or 3, alpha left out and a palette resolved.
        decode: reads the pixels of the file.
        dtype: ``uint8`` or ``uint16``.
        kind: of file, one of those in :data:`_SIGNATURES`.
    """

    width: int
    height: int
    channels: int
    decode: Callable[[Path], NDArray[np.generic]]
    dtype: str = "uint8"
    kind: str = ""


@dataclass(frozen=True)
class ImageHeader:
    """What is known of an image before a pixel of it is read.

    Attributes:
        shape: height, width, channels.
        dtype: ``uint8``, ``uint16`` or ``float32``.
        kind: ``PNG``, ``JPEG``, ``TIFF`` or ``BMP`` where it is such a file of its own; else empty.
    """

    shape: tuple[int, int, int]
    dtype: str
    kind: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes of its pixels in memory."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    def __str__(self) -> str:
        height, width, channels = self.shape
        return f"{width}x{height}x{channels} {self.dtype}"


def read_image(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Read a PNG, JPEG, TIFF or BMP file; which of them it is, its content says.

    An alpha channel is dropped, a palette is resolved, and 16 bit stay 16 bit. Pixels come as they
    are stored: an orientation noted in EXIF is not applied, for the clean half of a pair, averaged
    from many photographs, has lost that note.

    Returns:
        H x W x C, C = 1 or 3, uint8 or uint16.

    Raises:
        DataError: the file is missing, damaged, not such an image, holds several images, or one of
            more than :data:`MAX_PIXELS`.
    """
    try:
        return _as_grey_or_rgb(_read_header(path).decode(path))
    except Exception as error:
        raise _unreadable(path, error) from error


def read_header(path: Path) -> ImageHeader:
    """Read from a file's header what :func:`read_image` will return.

    Raises:
        DataError: as :func:`read_image`, as far as the header tells.
    """
    try:
        header = _read_header(path)
    except Exception as error:
        raise _unreadable(path, error) from error
    shape = (header.height, header.width, header.channels)
    return ImageHeader(shape, header.dtype, header.kind)


def read_channels(path: Path) -> int:
    """Read from a file's header how many channels :func:`read_image` will return, 1 or 3.

    Raises:
        DataError: as :func:`read_image`, as far as the header tells.
    """
    return read_header(path).shape[2]


def read_size(path: Path) -> tuple[int, int]:
    """Read from a file's header the width and height of the image in it.

    Raises:
        DataError: as :func:`read_image`, as far as the header tells.
    """
    height, width, _ = read_header(path).shape
    return width, height


def write_image(path: Path, image: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    """Write a PNG, atomically: the file is whole or not there.

    Args:
        path: ends in ``.png``.
        image: H x W x C, C = 1 or 3, uint8 or uint16.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    from PIL import Image

    if image.dtype == np.uint16:
        write_bytes(path, _encode_16bit_png(image.astype(np.uint16, copy=False)))
        return
    picture = Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image)
    write_with(path, lambda temporary: picture.save(temporary, "PNG"))


def white(dtype: "np.dtype[Any] | torch.dtype") -> float:
    """What an image of a type, NumPy's or torch's, calls white.

    Raises:
        DataError: no image has this type.
    """
    name = str(dtype).removeprefix("torch.")
    if name not in WHITE:
        raise DataError(f"pixels of type {name}: an image is {_TYPES}")
    return WHITE[name]


def check_image(image: object, what: str) -> None:
    """Refuse what a dataset returned if it is no image.

    Args:
        image: what was returned.
        what: names the image in the message, such as ``the noisy half of 'x'``.

    Raises:
        DataError: it is no array, has another shape or type than an image, or float pixels that
            are infinite or NaN.
    """
    if not isinstance(image, np.ndarray):
        found = type(image).__name__
    elif image.ndim != 3 or image.shape[2] not in (1, 3) or not image.size:
        found = f"of shape {image.shape}"
    elif str(image.dtype) not in WHITE:
        found = f"of type {image.dtype}"
    elif image.dtype == np.float32 and not np.isfinite(image).all():
        found = "infinite or NaN in places"
    else:
        return
    raise DataError(f"{what} is {found}; an image is an array, H x W x C with C 1 or 3, {_TYPES}")


def to_tensor(
    image: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32],
) -> "Tensor":
    """Turn an array into a float32 tensor, C x H x W in [0, 1]; float32 is not clipped."""
    import torch

    pixels = image.transpose(2, 0, 1).astype(np.float32, order="C")
    return torch.from_numpy(pixels).div_(white(image.dtype))


def to_8bit(images: "Tensor") -> "Tensor":
    """Clip to [0, 1] and round to the nearest of 256 levels, as a user would save it."""
    return (images.clamp(0, 1) * 255).round() / 255


def to_array(image: "Tensor") -> NDArray[np.uint8]:
    """Turn a tensor, C x H x W, into an H x W x C array: clipped to [0, 1] and rounded to 8 bit."""
    return _rounded(image, 255).astype(np.uint8)


def to_16bit_array(image: "Tensor") -> NDArray[np.uint16]:
    """As :func:`to_array`, but rounded to 16 bit."""
    return _rounded(image, 65535).astype(np.uint16)


def _rounded(image: "Tensor", top: int) -> NDArray[np.float32]:
    levels: NDArray[np.float32] = (image.detach().clamp(0, 1) * top).round().cpu().numpy()
    return levels.transpose(1, 2, 0)


def _read_header(path: Path) -> _Header:
    """Read what a file says of its image; a ``ValueError`` says why it will not be decoded."""
    with path.open("rb") as file:
        start = file.read(26)
    kinds = (kind for signature, kind in _SIGNATURES.items() if start.startswith(signature))
    kind = next(kinds, None)
    match kind:
        case None:
            raise ValueError(_NO_IMAGE)
        case "PNG":
            header = _png_header(start)
        case "TIFF":
            header = _tiff_header(path)
        case _:
            header = _pillow_header(path, kind)
    if header.width * header.height > MAX_PIXELS:
        raise ValueError(_too_large())
    return replace(header, kind=kind)


def _png_header(start: bytes) -> _Header:
    """Understand the start of a PNG: its signature, then IHDR's length, name and fields."""
    if len(start) < 26:
        raise ValueError(_NO_IMAGE)
    width, height, depth, colour_type = struct.unpack(">IIBB", start[16:])
    channels = 1 if colour_type in (0, 4) else 3
    if depth == 16:
        return _Header(width, height, channels, _decode_16bit_png, "uint16")
    return _Header(width, height, channels, partial(_decode_8bit, kind="PNG"))


def _pillow_header(path: Path, kind: str) -> _Header:
    with opened(path, kind) as file:
        return _Header(
            file.width,
            file.height,
            3 if file.mode in _COLOUR_MODES else 1,
            partial(_decode_8bit, kind=kind),
        )


def _tiff_header(path: Path) -> _Header:
    tifffile = _tifffile()
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        raw = (tifffile.PHOTOMETRIC.CFA, tifffile.PHOTOMETRIC.LINEAR_RAW)
        if page.photometric in raw or _DNG_VERSION in page.tags:
            raise ValueError("it is raw data of a sensor; develop it into a TIFF of 16 bit first")
        if _holds_several(tiff):
            raise ValueError("it holds several images or pages; save each as a file of its own")
        plain = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)
        if page.photometric not in plain or page.bitspersample in (1, 2, 4):
            # palettes, inverted grey, CMYK, YCbCr, less than 8 bit: Pillow resolves them
            return _pillow_header(path, "TIFF")
        if page.dtype not in (np.uint8, np.uint16):
            raise ValueError(f"{_EXPECTED}, found {page.dtype}")
        if page.bitspersample != 8 * page.dtype.itemsize:
            raise ValueError(f"{_EXPECTED}, found {page.bitspersample} bit")
        if page.samplesperpixel > 4:
            raise ValueError(f"{_EXPECTED}, found {page.samplesperpixel} channels")
        channels = 1 if page.samplesperpixel < 3 else 3
        return _Header(page.imagewidth, page.imagelength, channels, _decode_tiff, page.dtype.name)


def _holds_several(tiff: Any) -> bool:
    """Whether a TIFF holds more than one image: in pages, below a page, or behind one header."""
    page = tiff.pages.first
    return bool(
        len(tiff.pages) > 1
        or page.subifds
        or page.imagedepth > 1
        or sum(series.size for series in tiff.series) > page.size
    )


def _decode_16bit_png(path: Path) -> NDArray[np.generic]:
    import imagecodecs  # Pillow reads 16-bit colour as 8 bit

    return np.asarray(imagecodecs.png_decode(path.read_bytes()))


def _encode_16bit_png(image: NDArray[np.uint16]) -> bytes:
    import imagecodecs  # Pillow writes no colour of 16 bit

    squeezed = image.squeeze(2) if image.shape[2] == 1 else image
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(squeezed)))


def _decode_tiff(path: Path) -> NDArray[np.generic]:
    with _tifffile().TiffFile(path) as tiff:
        return tiff_pixels(tiff.pages.first)


def tiff_pixels(page: Any) -> NDArray[np.generic]:
    """The pixels of a page of tifffile's: H x W, or H x W x C however the file has them."""
    pixels = np.asarray(page.asarray())
    return np.moveaxis(pixels, 0, 2) if page.axes == "SYX" else pixels


def _decode_8bit(path: Path, kind: str) -> NDArray[np.generic]:
    with opened(path, kind) as file:
        if file.mode not in _GREY_MODES + _COLOUR_MODES:
            raise ValueError(f"{_EXPECTED}, found mode {file.mode}")
        return np.asarray(file.convert("L" if file.mode in _GREY_MODES else "RGB"))


@contextmanager
def opened(path: Path, kind: str) -> Iterator["Pillow.Image"]:
    """Open a file with Pillow as one format and no other, without warnings.

    Raises:
        ValueError: it is no such file, or has too many pixels.
    """
    from PIL import Image, UnidentifiedImageError

    _silence("PIL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            file = Image.open(path, formats=(kind,))
        except UnidentifiedImageError as error:
            raise ValueError(_NO_IMAGE) from error
        except Image.DecompressionBombError as error:
            raise ValueError(_too_large()) from error
        with file:
            yield file


def _tifffile() -> ModuleType:
    import tifffile

    _silence("tifffile")
    return tifffile


def _silence(library: str) -> None:
    """Keep a library from logging lines of its own before the one error that we raise."""
    logging.getLogger(library).setLevel(logging.CRITICAL)


def _as_grey_or_rgb(pixels: NDArray[np.generic]) -> NDArray[np.uint8] | NDArray[np.uint16]:
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"{_EXPECTED}, found {pixels.dtype} of shape {pixels.shape}")
    channels = pixels.shape[2]
    if channels in (2, 4):  # the last one is alpha
        pixels = pixels[:, :, : channels - 1]
    elif channels not in (1, 3):
        raise ValueError(f"{_EXPECTED}, found {channels} channels")
    return np.ascontiguousarray(pixels)


def _too_large() -> str:
    return f"it has more than {MAX_PIXELS:,} pixels; cut it into smaller images"


def _unreadable(path: Path, error: Exception) -> DataError:
    """Say in one line why a file cannot be read; decoders use several, and repeat the path."""
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    else:
        reason = " ".join(str(error).split()) or type(error).__name__
    return DataError(f"cannot read image {path}: {reason}")
