import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from harness import DataError
from harness.data.images import (
    read_channels,
    read_image,
    read_size,
    to_8bit,
    to_array,
    to_tensor,
    write_image,
)


def random_pixels(*shape: int, kind: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(kind).max + 1, shape, kind)


def message(path) -> str:
    with pytest.raises(DataError) as caught:
        read_image(path)
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
    with pytest.raises(DataError, match=r"image\.png: it is not an image, or is damaged$"):
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
    assert message(path) == f"cannot read image {path}: it is not an image, or is damaged"
    with pytest.raises(DataError, match="it is not an image, or is damaged"):
        read_channels(path)


def test_a_text_file_named_tiff_is_named(tmp_path):
    (tmp_path / "x.tif").write_text("not a picture")
    assert "not a TIFF file" in message(tmp_path / "x.tif")


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


def test_several_pages_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((5, 6, 9), np.uint8), photometric="minisblack")
    message(tmp_path / "x.tif")


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
    with pytest.raises(OSError, match="No space left on device"):
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


def test_floats_are_taken_as_they_are():
    pixels = np.array([[[-0.5, 0.25, 1.5]]], np.float32)
    assert to_tensor(pixels).flatten().tolist() == [-0.5, 0.25, 1.5]


def test_every_level_survives_the_way_through_a_tensor():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    assert np.array_equal(to_array(to_tensor(levels)), levels)


def test_rounding_to_8_bit_clips_and_is_what_a_file_holds():
    values = torch.linspace(-0.2, 1.2, 3 * 50 * 7).reshape(3, 50, 7)
    rounded = to_8bit(values)
    assert torch.equal(rounded, to_tensor(to_array(values)))
    assert (rounded - values.clamp(0, 1)).abs().max() <= 0.5 / 255 + 1e-6
