"""A photograph as its file has it: pixels, and beside them depth, alpha, profile and EXIF."""

import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.images import read_header, read_image, tiff_pixels
from harness.errors import DataError
from harness.util.files import write_bytes, write_with

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp"}
"""Endings of the kinds of files that are written."""

_ORIENTATION = 274
"""Of EXIF and of TIFF: the tag that says how pixels are turned."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph.

    Attributes:
        pixels: H x W x C, C = 1 or 3, uint8 or uint16, as they are stored: an orientation that is
            noted beside them is not applied.
        alpha: H x W x 1 of the same type; None where the file has none.
        kind: ``PNG``, ``JPEG``, ``TIFF`` or ``BMP``.
        icc: the colour profile; empty for none.
        exif: as a JPEG file holds it, from ``Exif`` on; empty for none.
        saving: what the file was saved with, as the writer of its kind takes it.
    """

    pixels: Pixels
    alpha: Pixels | None
    kind: str
    icc: bytes = b""
    exif: bytes = b""
    saving: Mapping[str, Any] = field(default_factory=dict)

    @property
    def orientation(self) -> int:
        """How its pixels are turned, as EXIF numbers it: from 1, upright, to 8."""
        if self.kind == "TIFF":
            tags = {code: value for code, _, _, value, _ in self.saving.get("extratags", ())}
            return int(tags.get(_ORIENTATION, 1))
        from PIL import Image

        exif = Image.Exif()
        with suppress(Exception):  # what is damaged is kept as it is, and read in many ways
            exif.load(self.exif)
            return int(exif.get(_ORIENTATION, 1))
        return 1

    def with_pixels(self, pixels: Pixels) -> "Photo":
        """The same photograph with other pixels, of the same shape and type."""
        return replace(self, pixels=pixels)

    def as_png(self) -> "Photo":
        """The same as a PNG, with its profile and EXIF."""
        return self if self.kind == "PNG" else replace(self, kind="PNG", saving={})


def read_photo(path: Path) -> Photo:
    """Read a photograph with all that is kept when it is denoised.

    Raises:
        DataError: the file is missing or damaged, or of a kind that cannot be kept: no PNG, JPEG,
            TIFF or BMP of 8 or 16 bit, grey or RGB.
    """
    header = read_header(path)
    try:
        if header.kind == "TIFF":
            return _read_tiff(path)
        return _read_deep_png(path) if header.dtype == "uint16" else _read_8bit(path, header.kind)
    except DataError:
        raise
    except Exception as error:  # decoders fail in many ways
        raise DataError(f"cannot read image {path}: {' '.join(str(error).split())}") from error


def write_photo(path: Path, photo: Photo) -> None:
    """Write a photograph as its kind, atomically: the file is whole or not there.

    JPEG is written with the quantisation tables that it was read with.

    Raises:
        DiskFullError: the disk is full.
        OSError: the folder cannot be written to.
    """
    joined = _joined(photo.pixels, photo.alpha)
    if photo.kind == "TIFF":
        write_with(path, lambda temporary: _write_tiff(temporary, joined, photo))
    elif joined.dtype == np.uint16:
        write_bytes(path, _deep_png(joined, photo))
    else:
        write_with(path, lambda temporary: _write_8bit(temporary, joined, photo))


def _joined(pixels: Pixels, alpha: Pixels | None) -> Pixels:
    """H x W x C with alpha as the last channel; H x W for grey alone."""
    whole = pixels if alpha is None else np.concatenate([pixels, alpha], axis=2)
    joined: Pixels = np.ascontiguousarray(whole[..., 0] if whole.shape[2] == 1 else whole)
    return joined


def _parted(whole: NDArray[Any]) -> tuple[Pixels, Pixels | None]:
    """Colours and alpha of H x W or H x W x C, C = 1 to 4."""
    whole = whole[..., np.newaxis] if whole.ndim == 2 else whole
    colours = 1 if whole.shape[2] < 3 else 3
    alpha = whole[..., colours:] if whole.shape[2] > colours else None
    return np.ascontiguousarray(whole[..., :colours]), alpha


def _read_8bit(path: Path, kind: str) -> Photo:
    from PIL import Image, JpegImagePlugin

    with Image.open(path, formats=(kind,)) as file:
        if file.mode == "CMYK":
            raise DataError(f"cannot read image {path}: CMYK would not be kept; convert it to RGB")
        has_alpha = file.mode in ("LA", "PA", "RGBA") or "transparency" in file.info
        mode = ("L" if file.mode in ("1", "L", "LA") else "RGB") + ("A" if has_alpha else "")
        pixels, alpha = _parted(np.asarray(file.convert(mode)))
        exif = file.getexif()
        saving: dict[str, Any] = {}
        if isinstance(file, JpegImagePlugin.JpegImageFile):
            saving = {
                "qtables": file.quantization,
                "subsampling": JpegImagePlugin.get_sampling(file),
                "progressive": "progressive" in file.info,
            }
        if "dpi" in file.info:
            saving["dpi"] = file.info["dpi"]
        return Photo(
            pixels=pixels,
            alpha=alpha,
            kind=kind,
            icc=file.info.get("icc_profile") or b"",
            exif=file.info.get("exif") or (exif.tobytes() if exif else b""),
            saving=saving,
        )


def _write_8bit(path: Path, joined: Pixels, photo: Photo) -> None:
    from PIL import Image

    beside = {"icc_profile": photo.icc, "exif": photo.exif}
    saving = {**photo.saving, **{name: value for name, value in beside.items() if value}}
    Image.fromarray(joined).save(path, photo.kind, **saving)


_KEPT_CHUNKS = (b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"pHYs", b"eXIf", b"tIME", b"tEXt", b"iTXt")


def _read_deep_png(path: Path) -> Photo:
    import imagecodecs

    content = path.read_bytes()
    pixels, alpha = _parted(imagecodecs.png_decode(content))
    kept = {name: data for name, data in _chunks(content) if name in _KEPT_CHUNKS}
    icc = kept.get(b"iCCP", b"")
    profile = zlib.decompress(icc.split(b"\0", 1)[1][1:]) if icc else b""
    exif = b"Exif\0\0" + kept[b"eXIf"] if b"eXIf" in kept else b""
    return Photo(pixels, alpha, "PNG", profile, exif, {"chunks": kept})


def _deep_png(joined: Pixels, photo: Photo) -> bytes:
    """A PNG of 16 bit, which Pillow does not write in colour, with its chunks beside the pixels."""
    import imagecodecs

    content = bytes(imagecodecs.png_encode(joined))
    kept = dict(photo.saving.get("chunks", {}))
    if photo.icc and b"iCCP" not in kept:
        kept[b"iCCP"] = b"ICC profile\0\0" + zlib.compress(photo.icc)
    if photo.exif and b"eXIf" not in kept:
        kept[b"eXIf"] = photo.exif.removeprefix(b"Exif\0\0")
    after_header = len(_PNG) + 12 + 13  # IHDR: length, name and checksum, and its 13 bytes
    chunks = b"".join(_chunk(name, data) for name, data in kept.items())
    return content[:after_header] + chunks + content[after_header:]


_PNG = b"\x89PNG\r\n\x1a\n"


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each chunk of a PNG."""
    at = len(_PNG)
    while at + 8 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        yield name, content[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


_KEPT_TAGS = (270, 271, 272, 274, 305, 306, 315, 33432, 700, 33723)
"""Of a TIFF: description, maker, model, orientation, software, date, artist, rights, XMP, IPTC."""


_UNITS = (2, 3)
"""Of a TIFF's resolution: inch and centimetre."""

_LOSSLESS = (1, 5, 8, 32773, 32946, 50000)
"""Compressions of a TIFF that are kept: none, LZW, Deflate (two codes), PackBits, Zstandard."""


def _read_tiff(path: Path) -> Photo:
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        plain = (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)
        if page.photometric in plain:
            pixels, alpha = _parted(tiff_pixels(page))
        else:  # a palette or the like, resolved as for scoring
            pixels, alpha = read_image(path), None
        tags = [page.tags[code] for code in _KEPT_TAGS if code in page.tags]
        saving: dict[str, Any] = {
            "compression": page.compression if page.compression in _LOSSLESS else None,
            "extrasamples": (page.extrasamples or ("unassalpha",)) if alpha is not None else None,
            "extratags": [(t.code, t.dtype, t.count, _encoded(t.value), True) for t in tags],
            "description": None,
            "software": False,
            "metadata": None,
        }
        unit = page.tags[296].value if 296 in page.tags else None
        if unit in _UNITS and 282 in page.tags and 283 in page.tags:
            saving["resolution"] = page.tags[282].value, page.tags[283].value
            saving["resolutionunit"] = unit
        icc = page.tags[34675].value if 34675 in page.tags else b""
        return Photo(pixels, alpha, "TIFF", icc, b"", saving)


def _encoded(value: Any) -> Any:
    """A tag's value as it is written: text beyond ASCII as bytes."""
    return value.encode() if isinstance(value, str) else value


def _write_tiff(path: Path, joined: Pixels, photo: Photo) -> None:
    import tifffile

    colours = photo.pixels.shape[2]
    with path.open("wb") as file:
        tifffile.imwrite(
            file,
            joined,
            photometric="rgb" if colours == 3 else "minisblack",
            planarconfig="contig" if joined.ndim == 3 else None,
            iccprofile=photo.icc or None,
            **photo.saving,
        )
