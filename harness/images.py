"""Files, arrays and tensors: the only place where images change their form.

Files are 8 or 16 bit. Arrays are H x W x C, uint8 or uint16. Tensors are float32, C x H x W or
N x C x H x W, in [0, 1].
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
"""Endings of the files that can be read, in lower case; matched without regard to case."""


def read_image(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Read a PNG, JPEG, TIFF or BMP file.

    An alpha channel is dropped, a palette is resolved, and 16 bit stay 16 bit.

    Returns:
        H x W x C, C = 1 or 3, uint8 or uint16.

    Raises:
        DataError: the file is missing, damaged, or not such an image.
    """
    try:
        pixels = _decode(path)
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"cannot read image {path}: {reason}") from error
    return _as_grey_or_rgb(pixels, path)


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write a PNG, atomically.

    Args:
        path: ends in ``.png``.
        image: H x W x C, C = 1 or 3, uint8.
    """
    from PIL import Image

    temporary = path.with_name(path.name + ".part")
    Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image).save(temporary, "PNG")
    temporary.replace(path)


def to_tensor(image: NDArray[np.uint8] | NDArray[np.uint16]) -> "Tensor":
    """Turn an array into a float32 tensor, C x H x W in [0, 1]."""
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)).astype(np.float32))
    return pixels / float(np.iinfo(image.dtype).max)


def to_8bit(images: "Tensor") -> "Tensor":
    """Clip to [0, 1] and round to the nearest of 256 levels, as a user would save it."""
    return (images.clamp(0, 1) * 255).round() / 255


def to_array(image: "Tensor") -> NDArray[np.uint8]:
    """Turn a tensor, C x H x W, into an H x W x C array: clipped to [0, 1] and rounded to 8 bit."""
    import torch

    levels = (image.detach().clamp(0, 1) * 255).round().to(torch.uint8)
    return levels.permute(1, 2, 0).cpu().numpy()


def _decode(path: Path) -> NDArray[np.generic]:
    if path.suffix.lower() in (".tif", ".tiff"):
        import tifffile

        return np.asarray(tifffile.imread(path))
    if path.suffix.lower() == ".png" and _png_bit_depth(path) == 16:
        import imagecodecs  # Pillow reads 16-bit colour as 8 bit

        return np.asarray(imagecodecs.png_decode(path.read_bytes()))
    from PIL import Image

    with Image.open(path) as file:
        grey = file.mode in ("1", "L", "LA")
        return np.asarray(file.convert("L" if grey else "RGB"))


def _png_bit_depth(path: Path) -> int:
    with path.open("rb") as file:
        header = file.read(25)  # the signature, then IHDR: length, name, width, height, depth
    return header[24] if len(header) == 25 else 0


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
