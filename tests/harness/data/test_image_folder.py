import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness import DataError
from harness.data.folders import dataset_root, subfolder
from harness.data.image_folder import (
    FileDataset,
    FilePair,
    image_files,
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Halves(FileDataset):
    """``n.png`` and ``c.png``: the smallest dataset of files."""

    def files(self, split):
        if not (self.root / "n.png").exists():
            return []
        return [FilePair("x", "s", self.root / "n.png", self.root / "c.png")]


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for value, name in enumerate(("n.png", "c.png")):
        Image.fromarray(np.full((4, 4, 3), value, np.uint8)).save(folder / name)
    return folder


def test_samples_read_the_files(root):
    (sample,) = Halves(root).samples("test")
    assert (sample.name, sample.scene) == ("x", "s")
    assert sample.noisy().max() == 0
    assert sample.clean().max() == 1


def test_making_samples_reads_no_pixels(root):
    (root / "n.png").write_bytes(b"damaged")
    (sample,) = Halves(root).samples("test")
    with pytest.raises(
        DataError, match=r"n\.png: it is not a PNG, JPEG, TIFF or BMP file, or is damaged"
    ):
        sample.noisy()


def test_the_fingerprint_does_not_depend_on_the_place(root, tmp_path):
    moved = shutil.copytree(root, tmp_path / "elsewhere")
    assert Halves(root).fingerprint("test") == Halves(moved).fingerprint("test")


@pytest.mark.parametrize("name", ["n.png", "c.png"])
def test_the_fingerprint_changes_with_either_half(root, name):
    before = Halves(root).fingerprint("test")
    Image.fromarray(np.full((4, 4, 3), 7, np.uint8)).save(root / name)
    assert Halves(root).fingerprint("test") != before


def test_swapped_halves_have_another_fingerprint(root):
    before = Halves(root).fingerprint("test")
    (root / "n.png").rename(root / "n")
    (root / "c.png").rename(root / "n.png")
    (root / "n").rename(root / "c.png")
    assert Halves(root).fingerprint("test") != before


def test_no_images_at_all_is_an_error(tmp_path):
    with pytest.raises(DataError, match=f"^no images found in {tmp_path}$"):
        Halves(tmp_path).prepare()


def test_a_home_folder_may_be_written_short(monkeypatch, root):
    monkeypatch.setenv("HOME", str(root.parent))
    assert Halves("~/set").fingerprint("test") == Halves(root).fingerprint("test")


def test_a_sub_folder_is_found_in_any_case_or_passed_over(tmp_path):
    (tmp_path / "CROPS").mkdir()
    assert subfolder(tmp_path, "crops") == tmp_path / "CROPS"
    assert subfolder(tmp_path, "other") == tmp_path
    assert subfolder(tmp_path / "none", "crops") == tmp_path / "none"


@pytest.mark.parametrize("find", [image_files, lambda folder: subfolder(folder, "crops")])
def test_a_folder_that_cannot_be_listed_is_named(root, monkeypatch, find):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(DataError, match=f"^cannot read images: {root}: Permission denied$"):
        find(root)


def test_the_home_of_a_user_who_is_none_is_an_error():
    with pytest.raises(DataError, match=r"^cannot find the home folder in ~nobody-here/set;"):
        dataset_root("~nobody-here/set")


NOT_UTF8 = os.fsdecode(b"caf\xe9")


def test_a_file_name_that_is_not_utf8_is_an_error(root):
    (root / f"{NOT_UTF8}.png").touch()
    with pytest.raises(DataError) as caught:
        image_files(root)
    assert str(caught.value) == (
        rf"cannot read {root}/caf\xe9.png: its name is not UTF-8; rename it"
    )


def test_a_folder_name_that_is_not_utf8_is_an_error():
    with pytest.raises(DataError, match=r"^cannot read /data/caf\\xe9: its name is not UTF-8"):
        dataset_root(f"/data/{NOT_UTF8}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_named(root: Path):
    root.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        image_files(root)
    root.chmod(0o700)


class Burst(Halves):
    """The noisy image once more, or the clean one, as a further shot."""

    shot = "n.png"

    def files(self, split):
        return [replace(pair, shots=(self.root / self.shot,)) for pair in super().files(split)]


def test_further_shots_are_read_and_part_of_the_fingerprint(root, monkeypatch):
    (sample,) = Burst(root).samples("test")
    assert [shot().max() for shot in sample.shots] == [0]
    prints = [kind(root).fingerprint("test") for kind in (Halves, Burst)]
    monkeypatch.setattr(Burst, "shot", "c.png")
    assert len({*prints, Burst(root).fingerprint("test")}) == 3
