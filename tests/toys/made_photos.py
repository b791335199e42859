"""Photographs of every kind, with what cameras and editors write beside the pixels."""

from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = Image.Exif()
EXIF[271], EXIF[274] = "Maker", 6  # 6: turned by a quarter
EXIF.get_ifd(0x8769)[34855] = 3200  # ISO
BESIDE = {"icc_profile": PROFILE, "exif": EXIF}


def write_deep_tiff(path: Path, pixels: NDArray[np.generic]) -> None:
    """Write a TIFF with profile, maker, orientation and resolution, compressed.

    Args:
        path: of the file.
        pixels: H x W, or H x W x C; with 2 or 4 channels, the last one is alpha.
    """
    has_alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    tifffile.imwrite(
        path,
        pixels,
        photometric="minisblack" if pixels.ndim == 2 or pixels.shape[2] == 2 else "rgb",
        planarconfig="contig" if pixels.ndim == 3 else None,
        extrasamples=["unassalpha"] if has_alpha else None,
        compression="zlib",
        iccprofile=PROFILE,
        resolution=(300, 300),
        resolutionunit=2,
        extratags=[(271, "s", 0, "Maker", True), (274, "H", 1, 6, True)],
    )


def write_deep_png(path: Path, pixels: NDArray[np.uint16]) -> None:
    """Write a PNG of 16 bit."""
    path.write_bytes(imagecodecs.png_encode(pixels))
