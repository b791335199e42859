"""Photographs before and after, upright and of 8 bit."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from harness.data.images import read_image, write_image
from harness.errors import DataError
from harness.photos.comparing import PhotoPair, pairs_of
from harness.photos.denoising import Outcome
from harness.photos.files import Task

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)


def saved(path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(PIXELS).save(path, exif=exif)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_both_are_turned_upright_as_the_photograph_says(tmp_path, orientation, suffix):
    source = saved(tmp_path / f"source{suffix}", orientation)
    write_image(tmp_path / "target.png", read_image(source))  # has no orientation of its own
    noisy, denoised = PhotoPair("a", source, tmp_path / "target.png").images()
    with Image.open(source) as file:
        expected = np.asarray(ImageOps.exif_transpose(file))
    assert np.array_equal(noisy, expected)
    assert np.array_equal(denoised, expected)


def test_a_deep_tiff_is_rounded_and_turned(tmp_path):
    deep = np.random.default_rng(0).integers(0, 65536, (6, 9, 3)).astype(np.uint16)
    path = tmp_path / "deep.tif"
    tifffile.imwrite(path, deep, photometric="rgb", extratags=[(274, "H", 1, 6, True)])
    noisy, denoised = PhotoPair("a", path, path).images()
    assert noisy.dtype == np.uint8
    assert np.array_equal(noisy, np.rint(np.rot90(deep, -1) / 257))
    assert np.array_equal(noisy, denoised)


def test_what_is_not_of_one_size_is_refused(tmp_path):
    write_image(tmp_path / "a.png", PIXELS)
    write_image(tmp_path / "b.png", PIXELS[1:])
    with pytest.raises(DataError, match=r"b\.png is not what was made of .*a\.png"):
        PhotoPair("a", tmp_path / "a.png", tmp_path / "b.png").images()


def test_all_that_is_there_is_compared_by_names_that_can_be_written():
    out = Path("out")
    odd = os.fsdecode(b"\xff.png")
    tasks = {name: Task(Path("in") / name, out / name) for name in ("a/b.png", "c.png", odd)}
    outcomes = [
        Outcome(tasks["a/b.png"], "done"),
        Outcome(tasks["c.png"], "failed", "no luck"),
        Outcome(tasks[odd], "skipped"),
    ]
    first, second = pairs_of(outcomes, out)
    assert first == PhotoPair("a/b.png", Path("in/a/b.png"), Path("out/a/b.png"))
    assert second.name.encode() == "\ufffd.png".encode()
