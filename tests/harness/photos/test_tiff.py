"""A TIFF keeps what stands beside its pixels: tags, EXIF and GPS, byte for byte."""

import struct
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from harness.photos import exif
from harness.photos.photo_file import read_photo, write_photo

ISO, EXPOSURE, VERSION, MAKER_NOTE = 34855, 33434, 36864, 37500


def _exif():
    made = Image.Exif()
    made[271], made[274], made[306] = "Maker", 6, "2024:05:01 12:00:00"
    made.get_ifd(exif.EXIF).update(
        {ISO: 3200, EXPOSURE: 0.02, VERSION: b"0232", MAKER_NOTE: bytes(range(99))}
    )
    made.get_ifd(exif.GPS).update({1: "N", 2: (51.0, 30.0, 12.5)})
    return made


def _tiff(path, order="<", deep=False):
    """A TIFF with EXIF, of 8 bit by Pillow, or of 16 bit with alpha."""
    if not deep:
        Image.fromarray(np.full((8, 9, 3), 100, np.uint8)).save(path, exif=_exif().tobytes())
        return
    pixels = np.arange(8 * 9 * 4, dtype=np.uint16).reshape(8, 9, 4) * 200
    with tifffile.TiffWriter(path, byteorder=order) as file:
        file.write(
            pixels,
            photometric="rgb",
            extrasamples=["unassalpha"],
            compression="zlib",
            predictor=True,
            extratags=[(315, "s", 0, "Artist", True)],
            metadata=None,
        )
    tags = exif.Tag(
        exif.EXIF,
        4,
        1,
        (
            exif.Tag(ISO, 3, 1, struct.pack(order + "H", 3200)),
            exif.Tag(VERSION, 7, 4, b"0232"),
            exif.Tag(exif.INTEROPERABILITY, 4, 1, (exif.Tag(1, 2, 4, b"R98\0"),)),
        ),
    )
    with path.open("r+b") as file:
        start = file.read(8)
        own = exif.read_directory(file, struct.unpack(order + "I", start[4:])[0], order)
        at = file.seek(0, 2) // 2 * 2 + 2
        file.seek(at)
        both = sorted((*own, tags), key=lambda tag: tag.code)
        file.write(exif.directory_bytes(tuple(both), at, order))
        file.seek(0)
        file.write(exif.header(order, at))


def _directories(path):
    """The pointers of a TIFF's first directory, by code, with all that they lead to."""
    with path.open("rb") as file:
        start = file.read(8)
        order = exif.order_of(start)
        first = struct.unpack(order + "I", start[4:])[0]
        return {tag.code: tag for tag in exif.read_directory(file, first, order, codes=())}


@pytest.mark.parametrize(("order", "deep"), [("<", False), ("<", True), (">", True)])
def test_exif_and_gps_come_back_byte_for_byte(tmp_path, order, deep):
    source, target = tmp_path / "a.tif", tmp_path / "b.tif"
    _tiff(source, order, deep)
    before = read_photo(source)
    assert before.pixels.dtype == (np.uint16 if deep else np.uint8)
    write_photo(target, before)
    assert _directories(target) == _directories(source)
    assert exif.EXIF in _directories(target)
    after = read_photo(target)
    assert np.array_equal(after.whole, before.whole)
    assert after.saving == before.saving
    if not deep:
        with Image.open(target) as file:
            read = file.getexif()
            assert (read[271], read[274], after.orientation) == ("Maker", 6, 6)
            assert read.get_ifd(exif.EXIF)[MAKER_NOTE] == bytes(range(99))
            assert read.get_ifd(exif.GPS)[2] == (51.0, 30.0, 12.5)


def test_a_tiff_written_as_png_keeps_exif_and_orientation(tmp_path):
    _tiff(tmp_path / "a.tif")
    write_photo(tmp_path / "a.png", read_photo(tmp_path / "a.tif").as_png())
    with Image.open(tmp_path / "a.png") as file:
        assert file.getexif()[274] == 6
        assert file.getexif().get_ifd(exif.EXIF)[ISO] == 3200
    assert read_photo(tmp_path / "a.png").orientation == 6


def test_tags_of_a_tiff_with_offsets_of_64_bit_are_kept(tmp_path):
    pixels = np.full((8, 9), 300, np.uint16)
    tags = [(315, "s", 0, "An artist of many letters", True), (274, "H", 1, 8, True)]
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, bigtiff=True, byteorder=">", extratags=tags, metadata=None
    )
    write_photo(tmp_path / "b.tif", read_photo(tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        assert tiff.pages.first.tags[315].value == "An artist of many letters"
        assert tiff.pages.first.tags[274].value == 8
        assert np.array_equal(tiff.pages.first.asarray(), pixels)


def test_exif_that_leads_nowhere_is_left_out(tmp_path):
    source = tmp_path / "a.tif"
    _tiff(source)
    with tifffile.TiffFile(source, mode="r+b") as tiff:
        tiff.pages.first.tags[exif.EXIF].overwrite(10**9)
    write_photo(tmp_path / "b.tif", read_photo(source))
    assert list(_directories(tmp_path / "b.tif")) == [exif.GPS]


def test_directories_that_lead_in_a_circle_are_read_once():
    tag = struct.pack("<HHII", exif.EXIF, 4, 1, 8)
    circle = exif.header("<", 8) + struct.pack("<H", 1) + tag + bytes(4)
    (read,) = exif.read_directory(BytesIO(circle), 8, "<")
    assert read.value == (exif.Tag(exif.EXIF, 4, 1, struct.pack("<I", 8)),)


def test_black_and_white_becomes_grey_of_8_bit(tmp_path):
    Image.fromarray(np.eye(8, dtype=bool)).save(tmp_path / "a.tif")
    photo = read_photo(tmp_path / "a.tif")
    assert np.array_equal(photo.pixels[..., 0], np.eye(8, dtype=np.uint8) * 255)
    write_photo(tmp_path / "b.tif", photo)
    assert np.array_equal(read_photo(tmp_path / "b.tif").pixels, photo.pixels)
