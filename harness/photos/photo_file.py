"""Photographs as files: what stands beside the pixels is written as it was read."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.data.images import opened, read_header
from harness.errors import DataError
from harness.photos.photo import Photo
from harness.photos.png import png_bytes, read_png
from harness.photos.tiff import read_tiff, write_tiff
from harness.util.files import CheckedFile, write_bytes, write_with
from harness.util.text import one_line

_NO_SAMPLING = 0
"""Pillow's name of colour at every pixel, 4:4:4; those that it cannot write are less than that."""


def read_photo(path: Path) -> Photo:
    """Read a photograph with all that is kept when it is denoised.

    Raises:
        DataError: the file is missing or damaged, or of a kind that cannot be kept: no PNG, JPEG,
            TIFF or BMP of 8 or 16 bit, grey or RGB.
    """
    header = read_header(path)
    try:
        match header.kind:
            case "TIFF":
                return read_tiff(path)
            case "PNG":
                return read_png(path)
            case _:
                return _read_by_pillow(path, header.kind)
    except DataError:
        raise
    except Exception as error:  # decoders fail in many ways
        raise DataError(f"cannot read image {path}: {one_line(error)}") from error


def write_photo(path: Path, photo: Photo) -> None:
    """Write a photograph as its kind, atomically: the file is whole or not there.

    JPEG is written with the quantisation tables that it was read with, and with its sampling; where
    that is none of 4:4:4, 4:2:2 and 4:2:0, with colour at every pixel, so that nothing is lost.

    Raises:
        DiskFullError: the disk is full.
        OSError: the folder cannot be written to.
    """
    match photo.kind:
        case "TIFF":
            write_with(path, lambda temporary: write_tiff(temporary, photo))
        case "PNG":
            write_bytes(path, png_bytes(photo))
        case _:
            write_with(path, lambda temporary: _write_by_pillow(temporary, photo))


def _read_by_pillow(path: Path, kind: str) -> Photo:
    """Read a JPEG or BMP."""
    from PIL import JpegImagePlugin

    with opened(path, kind) as file:
        if file.mode == "CMYK":
            raise DataError(f"cannot read image {path}: CMYK would not be kept; convert it to RGB")
        kept = ("dpi", "xmp", "comment")
        saving: dict[str, Any] = {name: file.info[name] for name in kept if name in file.info}
        if isinstance(file, JpegImagePlugin.JpegImageFile):
            saving["qtables"] = file.quantization
            saving["subsampling"] = max(_NO_SAMPLING, JpegImagePlugin.get_sampling(file))
            saving["progressive"] = "progressive" in file.info
        mode = "L" if file.mode in ("1", "L") else "RGB"
        return Photo.of_file(
            np.asarray(file if file.mode == mode else file.convert(mode)),
            kind,
            icc=file.info.get("icc_profile") or b"",
            exif=file.info.get("exif") or b"",
            saving=saving,
        )


def _write_by_pillow(path: Path, photo: Photo) -> None:
    """Write a JPEG or BMP."""
    from PIL import Image

    beside = {"icc_profile": photo.icc, "exif": photo.exif}
    saving = {**photo.saving, **{name: value for name, value in beside.items() if value}}
    with CheckedFile(path) as file:
        Image.fromarray(photo.whole).save(file, photo.kind, **saving)
