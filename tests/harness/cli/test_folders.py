"""What the command line says of folders that cannot be used: one line, and never "a bug"."""

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from harness.errors import ExitCode

RUN = ("run", "--methods", "identity", "--metrics", "psnr", "--dry-run", "--datasets")


@pytest.fixture
def refused(in_process):
    """Runs a command line that fails for its data; returns the one line that it prints."""

    def refused(*arguments: str) -> str:
        code, _, err = in_process(*RUN, *arguments)
        (line,) = err.splitlines()
        assert code == ExitCode.USAGE
        assert "a bug in harness" not in line
        return line

    return refused


@pytest.mark.parametrize(
    "arguments",
    [
        ("folder[root=~nobody-here/set]",),
        ("folder", "--root", "folder=~nobody-here/set"),
        ("folder", "--data-root", "~nobody-here/set"),
    ],
    ids=["selector", "root", "data root"],
)
def test_the_home_of_a_user_who_is_none(refused, arguments):
    line = "error: cannot find the home folder in ~nobody-here/set; write the folder out"
    assert refused(*arguments) == line


def test_a_file_name_that_is_not_utf8(refused, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("L", (8, 8)).save(folder / os.fsdecode(b"caf\xe9.png"))
    said = rf"error: cannot read {folder}/caf\xe9.png: its name is not UTF-8; rename it"
    assert refused(f"folder[root={folder}]") == said


def test_a_folder_name_that_is_not_utf8(refused, tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    said = rf"error: cannot read {tmp_path}/caf\xe9: its name is not UTF-8; rename it"
    assert refused("folder", "--root", f"folder={folder}") == said


def test_a_folder_that_may_not_be_listed(refused, tmp_path, monkeypatch):
    folder = tmp_path / "images"
    folder.mkdir()
    iterdir = Path.iterdir

    def refuse(self):
        if self == folder:
            raise PermissionError(13, "Permission denied", str(self))
        return iterdir(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    said = f"error: cannot read images: {folder}: Permission denied"
    assert refused(f"folder[root={folder}]") == said


def test_a_tiff_of_several_pages(refused, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    with tifffile.TiffWriter(folder / "x.tif") as tiff:
        for _ in range(56):
            tiff.write(np.zeros((8, 8), np.uint8))
    assert refused(f"folder[root={folder}]") == (
        f"error: cannot read image {folder}/x.tif: it holds several images or pages; "
        "save each as a file of its own"
    )
