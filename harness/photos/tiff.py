"""Photographs as TIFF: with all tags that say something of the picture, EXIF and GPS among them."""

from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from harness.data.images import read_image, tiff_pixels
from harness.photos import exif
from harness.photos.photo import Photo
from harness.util.files import CheckedFile

if TYPE_CHECKING:
    from tifffile import TiffFile

_KEPT_TAGS = (270, 271, 272, 274, 305, 306, 315, 33432, 700, 33723)
"""Description, maker, model, orientation, software, date, artist, rights, XMP, IPTC."""

_RESOLUTION = (282, 283, 296)
"""Across, down, and its unit."""

_UNITS = (2, 3)
"""Inch and centimetre; without one, a resolution is but the shape of a pixel, and 1 by 1."""

_LOSSLESS = (1, 5, 8, 32773, 32946, 50000)
"""Compressions that are kept: none, LZW, Deflate (two codes), PackBits, Zstandard."""

_PROFILE = 34675

_DIFFERENCES = 2
"""The predictor that stores differences between neighbours."""


def read_tiff(path: Path) -> Photo:
    """Read a TIFF of one page."""
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        plain = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)
        is_plain = page.photometric in plain and page.bitspersample in (8, 16)
        # a palette or the like is resolved as for scoring
        pixels: NDArray[Any] = tiff_pixels(page) if is_plain else read_image(path)
        photo = Photo.of_file(
            pixels.astype(pixels.dtype.newbyteorder("="), copy=False),
            "TIFF",
            icc=page.tags[_PROFILE].value if _PROFILE in page.tags else b"",
            exif=_exif_of(path, tiff),
        )
        compression = page.compression if page.compression in _LOSSLESS else None
        saving = {
            "compression": compression,
            "predictor": compression is not None and page.predictor == _DIFFERENCES,
            "extrasamples": None if photo.alpha is None else page.extrasamples or ("unassalpha",),
        }
        return replace(photo, saving=saving)


def write_tiff(path: Path, photo: Photo) -> None:
    """Write a TIFF."""
    import tifffile

    whole, tags = photo.whole, photo.exif.removeprefix(exif.PREFIX)
    order = exif.order_of(tags)
    with CheckedFile(path) as file:
        tifffile.imwrite(
            file,
            whole,
            byteorder=order,
            photometric="rgb" if photo.pixels.shape[2] == 3 else "minisblack",
            planarconfig="contig" if whole.ndim == 3 else None,
            iccprofile=photo.icc or None,
            software=False,
            metadata=None,
            **photo.saving,
        )
    if tags:
        with suppress(ValueError):  # damaged EXIF was of no use in the source, either
            _add_tags(path, tags, order)


def _exif_of(path: Path, tiff: "TiffFile") -> bytes:
    """The kept tags of a TIFF, in the form that a JPEG would have them."""
    page, order = tiff.pages.first, tiff.byteorder
    has_unit = _RESOLUTION[2] in page.tags and page.tags[_RESOLUTION[2]].value in _UNITS
    codes = _KEPT_TAGS + _RESOLUTION if has_unit else _KEPT_TAGS
    with path.open("rb") as file:
        tags = exif.read_directory(file, page.offset, order, codes=codes, is_big=tiff.is_bigtiff)
    if not tags:
        return b""
    start = exif.header(order, 8)
    return exif.PREFIX + start + exif.directory_bytes(tags, len(start), order)


def _add_tags(path: Path, tags: bytes, order: exif.Order) -> None:
    """Add tags to those of a TIFF, in a directory at its end that takes the place of the first."""
    added = exif.read_directory(BytesIO(tags), _first(tags, order), order)
    with path.open("r+b") as file:
        own = exif.read_directory(file, _first(file.read(8), order), order)
        both = {tag.code: tag for tag in (*own, *added)}
        at = file.seek(0, 2)
        at += file.write(b"\0" * (at % 2))
        sorted_tags = tuple(both[code] for code in sorted(both))
        file.write(exif.directory_bytes(sorted_tags, at, order))
        file.seek(0)
        file.write(exif.header(order, at))


def _first(start: bytes, order: exif.Order) -> int:
    """Where the first directory is, of a TIFF or of EXIF that begins so."""
    return int.from_bytes(start[4:8], "little" if order == "<" else "big")
