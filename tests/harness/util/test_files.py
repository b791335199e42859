import hashlib
import os
import subprocess
import sys

import pytest

from harness.errors import DiskFullError
from harness.util.files import digest_of, remove_left_over, set_aside, write_text, write_with


def test_a_file_is_written_whole_with_its_folder(tmp_path):
    path = tmp_path / "new" / "file.txt"
    write_text(path, "text")
    assert path.read_text() == "text"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write_with(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_digest_is_that_of_the_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 10**6)
    assert digest_of(path) == hashlib.sha256(b"abc" * 10**6).hexdigest()


def test_a_full_disk_is_named_with_the_file_and_leaves_the_old_one(tmp_path, full_disk):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    full_disk(path)

    with pytest.raises(DiskFullError) as caught:
        write_text(path, "new" * 10_000)

    assert str(caught.value) == f"the disk is full: cannot write {path}"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_set_aside_takes_the_next_name_that_is_free(tmp_path):
    path = tmp_path / "state.pt"
    for number in (1, 2):
        path.write_text(str(number))
        aside = set_aside(path)
        assert aside == tmp_path / f"state.pt.damaged-{number}"
        assert aside.read_text() == str(number)
        assert not path.exists()


def test_a_folder_is_set_aside_as_a_whole(tmp_path):
    folder = tmp_path / "cell"
    folder.mkdir()
    (folder / "record.json").touch()
    assert (set_aside(folder) / "record.json").exists()


def test_what_killed_processes_left_of_a_file_is_removed(tmp_path):
    path = tmp_path / "a[1].png"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    names = [f"a[1].png.{ended.pid}.part"]
    names += [f"a[1].png.{os.getpid()}.part", f"b.png.{ended.pid}.part", "a[1].png.part"]
    for name in names:
        (tmp_path / name).touch()
    remove_left_over(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(names[1:])
