"""``harness denoise`` on whole folders, as users have them: odd names, odd kinds, no room."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from made_photos import BESIDE, PROFILE, write_deep_png, write_deep_tiff
from PIL import Image

import harness
from harness.data.images import read_header
from harness.models.denoiser import Denoiser
from harness.photos.denoising import denoised_pixels
from harness.photos.photo_file import read_photo

JPEG = {
    "IMG 0001.JPG": {"quality": 88, "subsampling": 2, **BESIDE},
    "IMG 0001.jpeg": {"quality": 95, "subsampling": 0, "progressive": True},
    "-dash.jpg": {"quality": 40, **BESIDE},
    "été/漢字 [1]*?/grey.jpg": {"quality": 75, "icc_profile": PROFILE},
}
DEEP = ("IMG 0001.tif", "été/deep.PNG", "été/alpha.TIFF")
OTHERS = ("été/grey.png", "été/漢字 [1]*?/a.b.c.bmp")
LEFT_OUT = (".hidden.jpg", ".thumbnails/IMG 0001.jpg", "notes.txt", "été/film.mov")


@pytest.fixture
def photos(tmp_path):
    """A folder of folders of photographs, each with a content of its own; one is cut off."""
    folder = tmp_path / "photos"
    chance = np.random.default_rng(0)

    def pixels(*shape, dtype=np.uint8):
        return chance.integers(0, np.iinfo(dtype).max // 2, shape, dtype)

    for name in (*JPEG, *DEEP, *OTHERS, *LEFT_OUT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"not denoised")
    for name, saved in JPEG.items():
        shape = (24, 31) if "grey" in name else (24, 31, 3)
        Image.fromarray(pixels(*shape)).save(folder / name, "JPEG", **saved)
    write_deep_tiff(folder / DEEP[0], pixels(24, 31, 3, dtype=np.uint16))
    write_deep_png(folder / DEEP[1], pixels(24, 31, dtype=np.uint16))
    write_deep_tiff(folder / DEEP[2], pixels(24, 31, 4, dtype=np.uint16))
    Image.fromarray(pixels(24, 31)).save(folder / OTHERS[0], **BESIDE)
    Image.fromarray(pixels(24, 31, 3)).save(folder / OTHERS[1])
    whole = (folder / "IMG 0001.JPG").read_bytes()
    (folder / "été" / "cut off.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


def contents(folder):
    """What the files below a folder hold, by their paths from there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_of_all_kinds_is_denoised_and_kept(photos, tmp_path, in_process):
    before = contents(photos)
    command = ("denoise", "photos", "--out", "out", "--recursive", "--method", "tv")
    code, said, errors = in_process(*command)
    assert code == 3
    assert said.splitlines()[-1] == "9 of 10 denoised, 1 failed: out"
    (failed,) = errors.splitlines()
    assert failed.startswith("failed: cannot read image photos/été/cut off.jpg: ")
    assert contents(photos) == before
    after = contents(tmp_path / "out")
    assert set(after) == {*JPEG, *DEEP, *OTHERS}
    for name in after:
        assert_kept(photos / name, tmp_path / "out" / name)

    code, said, _ = in_process(*command)
    assert (code, said) == (3, "0 of 10 denoised, 9 there already, 1 failed: out\n")
    assert contents(tmp_path / "out") == after


def assert_kept(source, target):
    """Of a photograph, all but the noise is there: as other programs read it, too."""
    assert read_header(target) == read_header(source)  # kind, size, channels, depth
    before, after = read_photo(source), read_photo(target)
    assert (after.icc, after.exif, after.orientation) == (
        before.icc,
        before.exif,
        before.orientation,
    )
    expected = denoised_pixels(before, classical, source.stem).astype(int)
    # what noise there is in 24x31 pixels, JPEG does not keep to the level
    difference = np.abs(after.pixels - expected)
    assert difference.mean() < 6 if before.kind == "JPEG" else not difference.any()
    assert not np.array_equal(after.pixels, before.pixels)
    if before.alpha is not None:
        assert np.array_equal(after.alpha, before.alpha)
    if before.kind == "TIFF":
        with tifffile.TiffFile(source) as one, tifffile.TiffFile(target) as other:
            for code in (258, 271, 274, 277, 338, 34675):  # depth, maker, …, alpha, profile
                tags = [tiff.pages.first.tags.get(code) for tiff in (one, other)]
                assert len({tag and tag.value for tag in tags}) == 1
        return
    with Image.open(source) as one, Image.open(target) as other:
        assert (other.format, other.size, other.mode) == (one.format, one.size, one.mode)
        assert other.info.get("icc_profile") == one.info.get("icc_profile")
        assert other.getexif() == one.getexif()
        if one.format == "JPEG":
            assert (other.quantization, other.layer) == (one.quantization, one.layer)


def classical(channels, dtype):
    registry = harness.load_plugins()
    return Denoiser(registry.build(registry.choose("method", "tv"), channels), channels)


def test_two_photographs_that_would_become_one_png_are_refused(photos, tmp_path, in_process):
    command = ("denoise", "photos", "--out", "out", "--format", "png", "--method", "tv")
    code, _, errors = in_process(*command)
    (line,) = errors.splitlines()
    assert code == 2
    assert "would both become out/IMG 0001.png" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", ["photos/notes.txt/deep", "/proc/denoised"])
def test_where_there_can_be_no_results_none_is_computed(photos, in_process, out):
    if not Path(out).parent.exists() and out.startswith("/"):
        pytest.skip("this system has no folder that nobody may write to")
    code, said, errors = in_process("denoise", "photos", "--out", out, "--method", "tv")
    (line,) = errors.splitlines()
    assert (code, said) == (2, "")
    assert line.startswith(f"error: --out {out}: cannot write into {Path(out).absolute().parent}: ")


def test_a_name_is_no_reason_to_fail(photos, tmp_path, in_process):
    folder = tmp_path / "odd"
    folder.mkdir()
    names = [os.fsdecode(b"not \xff UTF-8.jpg"), "two\nlines.jpg"]
    for name in names:
        (folder / name).write_bytes((photos / "-dash.jpg").read_bytes())
    assert in_process("denoise", "odd", "--out", "out", "--method", "tv")[0] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    (folder / names[1]).write_bytes(b"no image")
    code, _, errors = in_process("denoise", "odd", "--out", "again", "--method", "tv")
    assert (code, len(errors.splitlines())) == (3, 1)


@pytest.mark.parametrize("kind", ["jpg", "bmp", "tif"])
def test_a_photograph_that_fits_in_part_is_not_kept(tmp_path, in_process, kind):
    resource = pytest.importorskip("resource")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    if kind == "tif":
        tifffile.imwrite("a.tif", noise, photometric="rgb")
    else:
        Image.fromarray(noise).save(f"a.{kind}")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        code, _, errors = in_process("denoise", f"a.{kind}", "--out", "out", "--method", "tv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 3
    assert os.strerror(errno.EFBIG) in errors
    assert list((tmp_path / "out").iterdir()) == []


def test_photographs_of_other_kinds_are_not_left_out_unsaid(photos, in_process, caplog):
    for name in ("a.HEIC", "b.dng", "._c.heic"):
        (photos / name).write_bytes(b"of another kind")
    code, _, errors = in_process("denoise", "photos/a.HEIC", "--method", "tv")
    assert (code, len(errors.splitlines())) == (3, 1)
    assert "it is not a PNG, JPEG, TIFF or BMP file" in errors
    assert in_process("denoise", "photos", "--out", "out", "--method", "tv")[0] == 0
    assert "2 files in photos left out, convert first: .dng, .heic" in caplog.messages
