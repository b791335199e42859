"""Files, arrays and tensors: the only place where images change their form.

Files are 8 or 16 bit. Arrays are H x W x C: uint8, uint16, or float32 in [0, 1]. Tensors are
float32, C x H x W or N x C x H x W, in [0, 1].
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError
from harness.util.files import write_with

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
"""Endings of the files that can be read, in lower case; matched without regard to case."""

_TIFF = (".tif", ".tiff")
_GREY_MODES = ("1", "L", "LA")  # Pillow's names
_COLOUR_MODES = ("P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


class _PNGHeader(NamedTuple):
    depth: int
    colour_type: int


def read_image(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Read a PNG, JPEG, TIFF or BMP file.

    An alpha channel is dropped, a palette is resolved, and 16 bit stay 16 bit. Pixels come as they
    are stored: an orientation noted in EXIF is not applied, for the clean half of a pair, averaged
    from many photographs, has lost that note.

    Returns:
        H x W x C, C = 1 or 3, uint8 or uint16.

    Raises:
        DataError: the file is missing, damaged, or not such an image.
    """
    try:
        pixels = _decode(path)
    except Exception as error:
        raise _unreadable(path, error) from error
    return _as_grey_or_rgb(pixels, path)


def read_channels(path: Path) -> int:
    """Read from a file's header how many channels :func:`read_image` will return, 1 or 3.

    Raises:
        DataError: the file is missing, or no image.
    """
    try:
        if path.suffix.lower() in _TIFF:
            import tifffile

            with tifffile.TiffFile(path) as tiff:
                return 3 if _is_colour(tiff.pages.first) else 1
        if png := _png_header(path):
            return 1 if png.colour_type in (0, 4) else 3  # 0: grey, 4: grey and alpha
        from PIL import Image

        with Image.open(path) as file:
            return 3 if file.mode in _COLOUR_MODES else 1
    except Exception as error:
        raise _unreadable(path, error) from error


def read_size(path: Path) -> tuple[int, int]:
    """Read from a file's header the width and height of the image in it.

    Raises:
        DataError: the file is missing, or no image.
    """
    try:
        if path.suffix.lower() in _TIFF:
            import tifffile

            with tifffile.TiffFile(path) as tiff:
                page = tiff.pages.first
                return page.imagewidth, page.imagelength
        from PIL import Image

        with Image.open(path) as file:
            return file.size
    except Exception as error:
        raise _unreadable(path, error) from error


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a PNG, atomically: the file is whole or not there.

    Args:
        path: ends in ``.png``.
        image: H x W x C, C = 1 or 3, uint8.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    from PIL import Image

    picture = Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image)
    write_with(path, lambda temporary: picture.save(temporary, "PNG"))


def white(dtype: np.dtype[Any]) -> float:
    """What an array of a type calls white: the largest integer, or 1."""
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else 1.0


def to_tensor(
    image: NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32],
) -> "Tensor":
    """Turn an array into a float32 tensor, C x H x W in [0, 1]; float32 is not clipped."""
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)).astype(np.float32))
    return pixels / white(image.dtype)


def to_8bit(images: "Tensor") -> "Tensor":
    """Clip to [0, 1] and round to the nearest of 256 levels, as a user would save it."""
    return (images.clamp(0, 1) * 255).round() / 255


def to_array(image: "Tensor") -> NDArray[np.uint8]:
    """Turn a tensor, C x H x W, into an H x W x C array: clipped to [0, 1] and rounded to 8 bit."""
    import torch

    levels = (image.detach().clamp(0, 1) * 255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).cpu().numpy()


def _decode(path: Path) -> NDArray[np.generic]:
    if path.suffix.lower() in _TIFF:
        return _decode_tiff(path)
    png = _png_header(path)
    if png and png.depth == 16:
        import imagecodecs  # Pillow reads 16-bit colour as 8 bit

        return np.asarray(imagecodecs.png_decode(path.read_bytes()))
    return _decode_8bit(path)


def _decode_tiff(path: Path) -> NDArray[np.generic]:
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        kind = tiff.pages.first.photometric
        if kind in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB):
            pixels = np.asarray(tiff.asarray())
            planes_first = tiff.series[0].axes == "SYX"
            return np.moveaxis(pixels, 0, 2) if planes_first else pixels
    return _decode_8bit(path)  # palettes, inverted grey, CMYK, YCbCr: Pillow resolves them


def _decode_8bit(path: Path) -> NDArray[np.generic]:
    from PIL import Image

    with Image.open(path) as file:
        if file.mode not in _GREY_MODES + _COLOUR_MODES:
            raise ValueError(f"expected 8 or 16 bit, grey or RGB, found mode {file.mode}")
        return np.asarray(file.convert("L" if file.mode in _GREY_MODES else "RGB"))


def _png_header(path: Path) -> _PNGHeader | None:
    """Read the start of a PNG; None if the file is none, whatever its name."""
    with path.open("rb") as file:
        start = file.read(26)  # the signature; then IHDR: length, name, width, height, and these
    is_png = start.startswith(b"\x89PNG\r\n\x1a\n") and len(start) == 26
    return _PNGHeader(depth=start[24], colour_type=start[25]) if is_png else None


def _is_colour(page: object) -> bool:
    import tifffile

    grey = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE)
    return getattr(page, "photometric", None) not in grey


def _as_grey_or_rgb(
    pixels: NDArray[np.generic], path: Path
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise DataError(
            f"cannot read image {path}: expected 8 or 16 bit, grey or RGB, "
            f"found {pixels.dtype} of shape {pixels.shape}"
        )
    channels = pixels.shape[2]
    if channels in (2, 4):  # the last one is alpha
        pixels = pixels[:, :, : channels - 1]
    elif channels not in (1, 3):
        raise DataError(
            f"cannot read image {path}: expected grey or RGB, found {channels} channels"
        )
    return np.ascontiguousarray(pixels)


def _unreadable(path: Path, error: Exception) -> DataError:
    """Say in one line why a file cannot be read; decoders use several, and repeat the path."""
    if isinstance(error, OSError) and error.strerror:
        reason = error.strerror
    else:
        reason = " ".join(str(error).split()) or type(error).__name__
    if "cannot identify image file" in reason:
        reason = "it is not an image, or is damaged"
    return DataError(f"cannot read image {path}: {reason}")
