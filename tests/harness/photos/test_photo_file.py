"""A photograph is written as it was read, but for its pixels."""

import random
import warnings

import imagecodecs
import numpy as np
import pytest
import tifffile
from made_photos import BESIDE, PROFILE, write_deep_png, write_deep_tiff
from PIL import Image

from harness.data.images import read_image
from harness.errors import DataError, DiskFullError
from harness.photos.photo_file import read_photo, write_photo


def _pixels(*shape, depth=8):
    kind = np.uint8 if depth == 8 else np.uint16
    smooth = np.linspace(0, 2**depth - 1, shape[0] * shape[1]).reshape(shape[:2])
    pixels = smooth if len(shape) == 2 else np.stack([smooth] * shape[2], axis=2)
    return pixels.astype(kind)


WRITERS = {
    "grey.png": lambda p: Image.fromarray(_pixels(8, 9)).save(p, dpi=(300, 300), **BESIDE),
    "colour.png": lambda p: Image.fromarray(_pixels(8, 9, 3)).save(p, **BESIDE),
    "alpha.png": lambda p: Image.fromarray(_pixels(8, 9, 4)).save(p, **BESIDE),
    "grey with alpha.png": lambda p: Image.fromarray(_pixels(8, 9, 2)).save(p),
    "deep grey.png": lambda p: write_deep_png(p, _pixels(8, 9, depth=16)),
    "deep colour.png": lambda p: write_deep_png(p, _pixels(8, 9, 3, depth=16)),
    "deep alpha.png": lambda p: write_deep_png(p, _pixels(8, 9, 4, depth=16)),
    "colour.tif": lambda p: Image.fromarray(_pixels(8, 9, 3)).save(
        p, compression="tiff_lzw", icc_profile=PROFILE
    ),
    "deep grey.tiff": lambda p: write_deep_tiff(p, _pixels(8, 9, depth=16)),
    "deep colour.TIF": lambda p: write_deep_tiff(p, _pixels(8, 9, 3, depth=16)),
    "deep alpha.tif": lambda p: write_deep_tiff(p, _pixels(8, 9, 4, depth=16)),
    "8 bit alpha.tif": lambda p: write_deep_tiff(p, _pixels(8, 9, 4)),
    "grey.bmp": lambda p: Image.fromarray(_pixels(8, 9)).save(p),
    "é 漢字 'quoted'.bmp": lambda p: Image.fromarray(_pixels(8, 9, 3)).save(p),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_has_no_loss_comes_back_as_it_was(tmp_path, name):
    source, target = tmp_path / name, tmp_path / "out" / name
    WRITERS[name](source)
    photo = read_photo(source)
    assert np.array_equal(photo.pixels, read_image(source))
    write_photo(target, photo)
    again = read_photo(target)
    assert again.pixels.dtype == photo.pixels.dtype
    assert np.array_equal(again.pixels, photo.pixels)
    assert (again.alpha is None) == ("alpha" not in name)
    if photo.alpha is not None:
        assert np.array_equal(again.alpha, photo.alpha)
    assert (again.kind, again.icc, again.exif) == (photo.kind, photo.icc, photo.exif)
    assert again.saving == photo.saving


@pytest.mark.parametrize(("quality", "subsampling"), [(95, 0), (83, 1), (40, 2)])
def test_a_jpeg_keeps_its_quality_profile_and_exif(tmp_path, quality, subsampling):
    source, target = tmp_path / "a.jpg", tmp_path / "b.jpg"
    Image.fromarray(_pixels(32, 40, 3)).save(
        source, quality=quality, subsampling=subsampling, dpi=(72, 72), **BESIDE
    )
    write_photo(target, read_photo(source))
    with Image.open(source) as before, Image.open(target) as after:
        assert after.quantization == before.quantization
        assert after.layer == before.layer  # sampling of each channel
        assert after.info["icc_profile"] == PROFILE
        assert after.getexif()[274] == 6
        assert after.getexif().get_ifd(0x8769)[34855] == 3200
        assert after.info["dpi"] == before.info["dpi"]
    change = read_image(target).astype(int) - read_image(source)
    assert np.abs(change).max() <= 6


@pytest.mark.parametrize("sampling", ["440", "411"])
def test_a_jpeg_of_uncommon_sampling_keeps_its_colours(tmp_path, sampling):
    columns = np.arange(32) * np.ones((32, 1))
    waves = np.stack([128 + 100 * np.sin(columns * step) for step in (1.3, 1.7, 0.9)], axis=2)
    encoded = imagecodecs.jpeg8_encode(waves.astype(np.uint8), level=95, subsampling=sampling)
    (tmp_path / "a.jpg").write_bytes(encoded)
    write_photo(tmp_path / "b.jpg", read_photo(tmp_path / "a.jpg"))
    change = read_image(tmp_path / "b.jpg").astype(int) - read_image(tmp_path / "a.jpg")
    assert np.abs(change).mean() < 1


def test_a_grey_jpeg_stays_grey(tmp_path):
    Image.fromarray(_pixels(16, 16)).save(tmp_path / "a.jpg", quality=80)
    write_photo(tmp_path / "b.jpg", read_photo(tmp_path / "a.jpg"))
    assert read_image(tmp_path / "b.jpg").shape == (16, 16, 1)


def test_tags_and_compression_of_a_tiff_are_kept(tmp_path):
    write_deep_tiff(tmp_path / "a.tif", _pixels(8, 9, 3, depth=16))
    write_photo(tmp_path / "b.tif", read_photo(tmp_path / "a.tif"))
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        page = tiff.pages.first
        assert page.tags[271].value == "Maker"
        assert page.tags[274].value == 6
        assert page.tags[34675].value == PROFILE
        assert page.tags[282].value == (300, 1)
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE


def test_a_16_bit_png_keeps_the_chunks_beside_its_pixels(tmp_path):
    source = tmp_path / "a.png"
    write_deep_png(source, _pixels(8, 9, 3, depth=16))
    as_tiff = tmp_path / "a.tif"
    write_deep_tiff(as_tiff, _pixels(8, 9, 3, depth=16))
    write_photo(tmp_path / "b.png", read_photo(as_tiff).as_png())
    again = read_photo(tmp_path / "b.png")
    assert again.icc == PROFILE
    write_photo(tmp_path / "c.png", again)
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "c.png") as file:
        file.load()
        assert file.info["icc_profile"] == PROFILE


def test_a_jpeg_written_as_png_keeps_its_profile_and_exif(tmp_path):
    Image.fromarray(_pixels(16, 16, 3)).save(tmp_path / "a.jpg", **BESIDE)
    write_photo(tmp_path / "a.png", read_photo(tmp_path / "a.jpg").as_png())
    with Image.open(tmp_path / "a.png") as file:
        assert file.format == "PNG"
        assert file.info["icc_profile"] == PROFILE
        assert file.getexif()[274] == 6
    assert np.array_equal(read_image(tmp_path / "a.png"), read_image(tmp_path / "a.jpg"))


def test_a_palette_is_resolved_with_its_transparency(tmp_path):
    picture = Image.fromarray(_pixels(8, 9, 3)).quantize(8)
    picture.save(tmp_path / "a.png", transparency=0)
    photo = read_photo(tmp_path / "a.png")
    assert photo.pixels.shape == (8, 9, 3)
    assert set(np.unique(photo.alpha)) == {0, 255}


def test_cmyk_is_refused_for_it_would_not_be_kept(tmp_path):
    Image.new("CMYK", (8, 8)).save(tmp_path / "a.jpg")
    with pytest.raises(DataError, match=r"a\.jpg: CMYK would not be kept; convert it to RGB"):
        read_photo(tmp_path / "a.jpg")


def test_an_animation_is_refused_for_one_picture_of_it_would_be_kept(tmp_path):
    first, *others = [Image.fromarray(_pixels(8, 9, 3) // part) for part in (1, 2, 3)]
    first.save(tmp_path / "a.png", save_all=True, append_images=others)
    with pytest.raises(DataError, match=r"a\.png: it is animated, and only its first"):
        read_photo(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.jpg", "a.bmp", "a.png", "a.tif"])
def test_a_full_disk_is_named_with_the_photograph(tmp_path, full_disk, name):
    source, target = tmp_path / name, tmp_path / f"new {name}"
    Image.fromarray(_pixels(64, 64, 3)).save(source)
    full_disk(target)
    with pytest.raises(DiskFullError, match=f"the disk is full: cannot write .*new {name}"):
        write_photo(target, read_photo(source))
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("name", ["alpha.png", "deep colour.png", "deep alpha.tif", "a.jpg"])
def test_mutated_files_are_read_or_refused_in_one_line(tmp_path, name):
    """75 mutations of each of four kinds."""
    source = tmp_path / name
    if name == "a.jpg":
        Image.fromarray(_pixels(16, 16, 3)).save(source, **BESIDE)
    else:
        WRITERS[name](source)
    content = source.read_bytes()
    chance = random.Random(name)
    for _ in range(75):
        mutated = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            mutated[chance.randrange(len(mutated))] = chance.randrange(256)
        source.write_bytes(bytes(mutated[: chance.choice([len(mutated), len(mutated) // 2])]))
        said = ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                write_photo(tmp_path / f"out-{name}", read_photo(source))
            except DataError as error:
                said = str(error)
        assert "\n" not in said
    assert not list(tmp_path.glob("*.part"))
