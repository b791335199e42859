import struct
import subprocess
import sys
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from harness import DataError
from harness.data import images
from harness.data.images import (
    ImageHeader,
    read_channels,
    read_header,
    read_image,
    read_size,
    to_8bit,
    to_16bit_array,
    to_array,
    to_tensor,
    white,
    write_image,
)

NO_IMAGE = "it is not a PNG, JPEG, TIFF or BMP file, or is damaged"


def random_pixels(*shape: int, kind: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(kind).max + 1, shape, kind)


READERS = (read_image, read_channels, read_size)


def message(path, read=read_image) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"cannot read image {path}: ")
    return str(caught.value)


@pytest.mark.parametrize("ending", [".png", ".PNG", ".tif", ".bmp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_8_bit_files_are_read_as_they_were_written(tmp_path, ending, channels):
    pixels = random_pixels(6, 9, channels)
    path = tmp_path / f"x{ending}"
    Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).save(path)
    read = read_image(path)
    assert read.dtype == np.uint8
    assert np.array_equal(read, pixels)
    assert read_channels(path) == channels


@pytest.mark.parametrize("ending", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_files_stay_16_bit(tmp_path, ending, channels):
    pixels = random_pixels(6, 9, channels, kind=np.uint16)
    path = tmp_path / f"x{ending}"
    stored = pixels.squeeze(2) if channels == 1 else pixels
    if ending == ".png":
        path.write_bytes(imagecodecs.png_encode(stored))
    else:
        tifffile.imwrite(path, stored)
    read = read_image(path)
    assert read.dtype == np.uint16
    assert np.array_equal(read, pixels)
    assert read_channels(path) == channels


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_dropped(tmp_path, channels, kind):
    pixels = random_pixels(6, 9, channels, kind=kind)
    path = tmp_path / "x.png"
    path.write_bytes(imagecodecs.png_encode(pixels))
    assert np.array_equal(read_image(path), pixels[:, :, : channels - 1])
    assert read_channels(path) == channels - 1


@pytest.mark.parametrize("ending", [".png", ".tif", ".bmp"])
def test_a_palette_is_resolved(tmp_path, ending):
    indices = Image.fromarray(random_pixels(6, 9) % 4, mode="P")
    colours = random_pixels(4, 3)
    indices.putpalette(colours.tobytes())
    path = tmp_path / f"x{ending}"
    indices.save(path)
    assert np.array_equal(read_image(path), colours[random_pixels(6, 9) % 4])
    assert read_channels(path) == 3


def test_black_and_white_is_grey(tmp_path):
    Image.fromarray(random_pixels(6, 9) > 127).save(tmp_path / "x.png")
    assert np.array_equal(read_image(tmp_path / "x.png")[:, :, 0] > 0, random_pixels(6, 9) > 127)


def test_a_tiff_of_planes_is_read_as_one_of_pixels(tmp_path):
    pixels = random_pixels(6, 9, 3, kind=np.uint16)
    planes = np.moveaxis(pixels, 2, 0)
    tifffile.imwrite(tmp_path / "x.tif", planes, photometric="rgb", planarconfig="separate")
    assert np.array_equal(read_image(tmp_path / "x.tif"), pixels)


def test_an_inverted_tiff_is_read_as_it_looks(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", random_pixels(6, 9), photometric="miniswhite")
    assert np.array_equal(read_image(tmp_path / "x.tif")[:, :, 0], 255 - random_pixels(6, 9))


def test_jpeg_is_read_close_to_what_was_written(tmp_path):
    ramp = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))
    Image.fromarray(ramp).save(tmp_path / "x.JPG", quality=95)
    read = read_image(tmp_path / "x.JPG")[:, :, 0].astype(int)
    assert np.abs(read - ramp).max() <= 4


def test_a_png_under_the_name_of_a_jpeg_is_read(tmp_path):
    Image.fromarray(random_pixels(6, 9, 3)).save(tmp_path / "x.jpg", "PNG")
    assert np.array_equal(read_image(tmp_path / "x.jpg"), random_pixels(6, 9, 3))


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif", ".bmp"])
def test_the_size_stands_in_the_header(tmp_path, ending):
    file = tmp_path / f"image{ending}"
    Image.new("RGB", (30, 20)).save(file)
    assert read_size(file) == (30, 20)


def test_the_size_of_a_tiff_of_planes_is_that_of_a_plane(tmp_path):
    file = tmp_path / "planes.tif"
    tifffile.imwrite(
        file, np.zeros((3, 20, 30), np.uint16), planarconfig="separate", photometric="rgb"
    )
    assert read_size(file) == (30, 20)


def test_a_file_that_is_no_image_has_no_size(tmp_path):
    file = tmp_path / "image.png"
    file.write_text("no image")
    with pytest.raises(DataError, match=rf"image\.png: {NO_IMAGE}$"):
        read_size(file)


def test_a_missing_file_is_named(tmp_path):
    assert message(tmp_path / "x.png").endswith("x.png: No such file or directory")
    assert message(tmp_path / "x.tif").endswith("x.tif: No such file or directory")


@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp"])
@pytest.mark.parametrize(
    "content", [b"", b"a text of more than twenty-five bytes, and lines\nof it\n"]
)
def test_a_file_that_is_no_image_is_named(tmp_path, ending, content):
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    assert message(path) == f"cannot read image {path}: {NO_IMAGE}"
    with pytest.raises(DataError, match=NO_IMAGE):
        read_channels(path)


def test_a_text_file_named_tiff_is_named(tmp_path):
    (tmp_path / "x.tif").write_text("not a picture")
    assert message(tmp_path / "x.tif").endswith(f"x.tif: {NO_IMAGE}")


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_truncated_file_is_named(tmp_path, ending, kind):
    path = tmp_path / f"x{ending}"
    pixels = random_pixels(64, 64, 3, kind=kind)
    if ending == ".tif":
        tifffile.imwrite(path, pixels)
    elif ending == ".png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-1000])
    message(path)


@pytest.mark.parametrize("kind", [np.float32, np.uint32, np.int16])
def test_other_depths_are_refused(tmp_path, kind):
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((6, 9), kind))
    assert f"8 or 16 bit, grey or RGB, found {kind.__name__}" in message(tmp_path / "x.tif")


def pages(path, *images, below=0):
    """Write a TIFF of several pages; ``below`` of them lie below the first."""
    with tifffile.TiffWriter(path) as tiff:
        for number, image in enumerate(images):
            tiff.write(image, photometric="minisblack", subifds=0 if number else below)


SEVERAL = {
    "a stack": lambda path: pages(path, np.zeros((5, 6, 9), np.uint8)),
    "56 pages": lambda path: pages(path, *np.zeros((56, 6, 9), np.uint8)),
    "a thumbnail first": lambda path: pages(path, random_pixels(3, 4), random_pixels(6, 9)),
    "a page below the first": lambda path: pages(
        path, random_pixels(6, 9), random_pixels(3, 4), below=1
    ),
    "a stack of ImageJ": lambda path: tifffile.imwrite(
        path, np.zeros((5, 6, 9), np.uint8), imagej=True
    ),
    "a stack behind one header": lambda path: tifffile.imwrite(
        path, np.zeros((5, 6, 9), np.uint8), photometric="minisblack", truncate=True
    ),
    "a palette": lambda path: Image.new("P", (9, 6)).save(
        path, save_all=True, append_images=[Image.new("P", (9, 6))]
    ),
}


@pytest.mark.parametrize("write", SEVERAL.values(), ids=SEVERAL)
@pytest.mark.parametrize("read", READERS)
def test_a_tiff_of_several_images_is_refused(tmp_path, write, read):
    path = tmp_path / "x.tif"
    write(path)
    assert message(path, read) == (
        f"cannot read image {path}: it holds several images or pages; "
        "save each as a file of its own"
    )


@pytest.mark.parametrize("shown", [{"photometric": "cfa"}, {"photometric": "rgb", "subifds": 1}])
@pytest.mark.parametrize("read", READERS)
def test_raw_data_are_refused_whatever_their_first_page_shows(tmp_path, shown, read):
    path = tmp_path / "x.dng"
    version = (50706, "B", 4, (1, 4, 0, 0), True)
    tags = [version] if "subifds" in shown else []
    pixels = random_pixels(6, 9, 3) if "subifds" in shown else random_pixels(6, 9)
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, extratags=tags, **shown)
    assert message(path, read) == (
        f"cannot read image {path}: it is raw data of a sensor; "
        "develop it into a TIFF of 16 bit first"
    )


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PPM", "EPS", "PCX", "ICO"])
@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif", ".bmp"])
def test_a_file_of_another_format_is_refused_whatever_its_name(tmp_path, kind, ending, read):
    path = tmp_path / f"x{ending}"
    Image.new("RGB", (32, 32)).save(path, kind)
    assert message(path, read) == f"cannot read image {path}: {NO_IMAGE}"


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif", ".bmp"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_the_content_says_the_format_whatever_the_name(tmp_path, kind, ending):
    path = tmp_path / f"x{ending}"
    Image.fromarray(random_pixels(6, 9, 3)).save(path, kind)
    assert np.array_equal(read_image(path), random_pixels(6, 9, 3))
    assert (read_channels(path), read_size(path)) == (3, (9, 6))


def write_8bit(path):
    Image.fromarray(random_pixels(6, 9, 3)).save(path)


LARGE = {
    "x.png": write_8bit,
    "16-bit.png": lambda path: path.write_bytes(
        imagecodecs.png_encode(random_pixels(6, 9, 3, kind=np.uint16))
    ),
    "x.jpg": write_8bit,
    "x.bmp": write_8bit,
    "x.tif": write_8bit,
    "16-bit.tif": lambda path: tifffile.imwrite(path, random_pixels(6, 9, kind=np.uint16)),
    "palette.tif": lambda path: Image.new("P", (9, 6)).save(path),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("read", READERS)
def test_an_image_of_too_many_pixels_is_refused_in_any_format(tmp_path, monkeypatch, name, read):
    LARGE[name](tmp_path / name)
    monkeypatch.setattr(images, "MAX_PIXELS", 54)
    read(tmp_path / name)
    monkeypatch.setattr(images, "MAX_PIXELS", 53)
    assert message(tmp_path / name, read) == (
        f"cannot read image {tmp_path / name}: it has more than 53 pixels; "
        "cut it into smaller images"
    )


@pytest.mark.parametrize("depth", [8, 16])
def test_a_header_that_asks_for_too_much_is_refused_before_memory_is_taken(tmp_path, depth):
    path = tmp_path / "x.png"
    content = bytearray(imagecodecs.png_encode(random_pixels(6, 9, 3, kind=f"u{depth // 8}")))
    content[16:24] = struct.pack(">II", 100_000, 100_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)
    assert "it has more than 178,956,970 pixels;" in message(path)


@pytest.mark.filterwarnings("error")
def test_pillows_own_warning_of_a_large_image_is_not_shown(tmp_path, monkeypatch):
    write_8bit(tmp_path / "x.bmp")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)  # it warns; from the double on it refuses
    assert read_size(tmp_path / "x.bmp") == (9, 6)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    assert "it has more than 178,956,970 pixels;" in message(tmp_path / "x.bmp")


def test_less_than_8_bit_are_spread_over_the_range_and_12_refused(tmp_path):
    path = tmp_path / "x.tif"
    Image.fromarray(random_pixels(6, 9) > 127).save(path)
    assert set(np.unique(read_image(path))) == {0, 255}
    tifffile.imwrite(path, random_pixels(6, 9, kind=np.uint16) >> 4, bitspersample=12)
    assert message(path).endswith("expected 8 or 16 bit, grey or RGB, found 12 bit")


def test_a_tiff_of_the_other_byte_order_is_read(tmp_path):
    pixels = random_pixels(6, 9, 3, kind=np.uint16)
    tifffile.imwrite(tmp_path / "x.tif", pixels, byteorder=">")
    assert np.array_equal(read_image(tmp_path / "x.tif"), pixels)
    assert read_image(tmp_path / "x.tif").dtype == np.uint16


def test_tifffile_says_nothing_of_its_own(tmp_path):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, random_pixels(64, 64, 3))
    path.write_bytes(path.read_bytes()[:200])
    code = f"import harness, pathlib; harness.read_image(pathlib.Path({str(path)!r}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stderr.startswith("Traceback")
    assert f"DataError: cannot read image {path}: " in run.stderr


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_written_is_read_back(tmp_path, channels):
    pixels = random_pixels(7, 5, channels)
    write_image(tmp_path / "x.png", pixels)
    assert np.array_equal(read_image(tmp_path / "x.png"), pixels)
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


def test_a_write_that_fails_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch):
    write_image(tmp_path / "x.png", random_pixels(7, 5, 3))

    def full(self, target, format):  # noqa: A002 (Pillow's name)
        target.write_bytes(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="the disk is full: cannot write"):
        write_image(tmp_path / "x.png", np.zeros((7, 5, 3), np.uint8))
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]
    assert np.array_equal(read_image(tmp_path / "x.png"), random_pixels(7, 5, 3))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_tensor_spans_zero_to_one(kind):
    pixels = np.array([[[0, 1, np.iinfo(kind).max]]], kind)
    tensor = to_tensor(pixels)
    assert tensor.dtype == torch.float32
    assert tensor.shape == (3, 1, 1)
    assert tensor.flatten().tolist() == pytest.approx([0, 1 / np.iinfo(kind).max, 1])


@pytest.mark.parametrize("kind", [np.int32, np.float64, bool])
def test_a_type_that_no_image_has_becomes_no_tensor(kind):
    with pytest.raises(DataError, match=f"^pixels of type {np.dtype(kind)}: an image is uint8,"):
        to_tensor(np.zeros((4, 6, 3), kind))


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_white_is_the_same_for_arrays_and_tensors(kind):
    assert white(np.dtype(kind)) == white(getattr(torch, kind))


def test_floats_are_taken_as_they_are():
    pixels = np.array([[[-0.5, 0.25, 1.5]]], np.float32)
    assert to_tensor(pixels).flatten().tolist() == [-0.5, 0.25, 1.5]


def test_every_level_survives_the_way_through_a_tensor():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(to_array(to_tensor(levels)), levels)


def test_every_level_of_16_bit_survives_the_way_through_a_tensor_and_a_file(tmp_path):
    levels = np.arange(1 << 16, dtype=np.uint16).reshape(256, 256, 1)
    made = to_16bit_array(to_tensor(levels))
    assert np.array_equal(made, levels)
    for image in (made, np.dstack([made, made[::-1], made[:, ::-1]])):
        write_image(tmp_path / "fine.png", image)
        assert np.array_equal(read_image(tmp_path / "fine.png"), image)


def test_rounding_to_8_bit_clips_and_is_what_a_file_holds():
    values = torch.linspace(-0.2, 1.2, 3 * 50 * 7).reshape(3, 50, 7)
    rounded = to_8bit(values)
    assert torch.equal(rounded, to_tensor(to_array(values)))
    assert (rounded - values.clamp(0, 1)).abs().max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("ending", "channels"), [(".png", 1), (".png", 3), (".png", 4), (".tif", 3), (".tif", 1)]
)
def test_a_header_says_what_reading_will_return(tmp_path, ending, channels, kind):
    pixels = random_pixels(6, 9, channels, kind=kind)
    path = tmp_path / f"x{ending}"
    if ending == ".png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        tifffile.imwrite(path, pixels.squeeze(), byteorder=">")
    read = read_image(path)
    file = "PNG" if ending == ".png" else "TIFF"
    assert read_header(path) == ImageHeader(read.shape, read.dtype.name, file)


def test_a_header_tells_a_jpeg_whatever_its_name(tmp_path):
    Image.fromarray(random_pixels(6, 9, 3)).save(tmp_path / "x.png", "JPEG")
    assert read_header(tmp_path / "x.png") == ImageHeader((6, 9, 3), "uint8", "JPEG")
