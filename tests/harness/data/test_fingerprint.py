import hashlib
import json
import os
from pathlib import Path

import pytest

from harness import DataError
from harness.data.fingerprint import cache_folder, file_digests

LONG_AGO = 1_700_000_000_000_000_000  # nanoseconds


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def settled_file(path: Path, content: bytes, time: int = LONG_AGO) -> Path:
    path.write_bytes(content)
    os.utime(path, ns=(time, time))
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_digest_is_the_sha256_of_the_content(tmp_path):
    path = settled_file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_file_with_the_same_stamp_is_not_read_again(tmp_path):
    path = settled_file(tmp_path / "a", b"pixels")
    file_digests([path])
    settled_file(path, b"PIXELS")  # what no one does: other content of one size at one time
    assert file_digests([path]) == {path: sha256(b"pixels")}


@pytest.mark.parametrize(
    ("content", "time"), [(b"more pixels", LONG_AGO), (b"PIXELS", LONG_AGO + 1)]
)
def test_a_file_of_another_size_or_time_is_read_again(tmp_path, content, time):
    path = settled_file(tmp_path / "a", b"pixels")
    file_digests([path])
    settled_file(path, content, time)
    assert file_digests([path]) == {path: sha256(content)}


def test_the_digest_of_a_file_just_written_is_not_remembered(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"pixels")
    now = path.stat().st_mtime_ns
    file_digests([path])
    settled_file(path, b"PIXELS", now)
    assert file_digests([path]) == {path: sha256(b"PIXELS")}


def test_files_that_are_gone_are_forgotten(tmp_path):
    gone = settled_file(tmp_path / "a", b"pixels")
    file_digests([gone])
    gone.unlink()
    file_digests([settled_file(tmp_path / "b", b"pixels")])
    remembered = json.loads((cache_folder() / "digests.json").read_text())
    assert list(remembered) == [str(tmp_path / "b")]


@pytest.mark.parametrize("damage", ["", "[]", '{"a": 1', "null"])
def test_a_damaged_memory_is_no_harm(tmp_path, damage):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "digests.json").write_text(damage)
    path = settled_file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_damaged_entry_is_no_harm(tmp_path):
    path = settled_file(tmp_path / "a", b"pixels")
    cache_folder().mkdir(parents=True)
    (cache_folder() / "digests.json").write_text(json.dumps({str(path): [6, LONG_AGO, None]}))
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_cache_that_cannot_be_written_is_no_harm(tmp_path, monkeypatch):
    blocked = settled_file(tmp_path / "blocked", b"a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    path = settled_file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        file_digests([tmp_path / "none"])
    assert str(caught.value) == f"cannot read {tmp_path}/none: No such file or directory"
