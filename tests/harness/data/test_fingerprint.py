import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from harness import DataError
from harness.data import fingerprint
from harness.data.fingerprint import cache_folder, file_digests
from harness.util.files import digest_of

LONG_AGO = 1_700_000_000_000_000_000  # nanoseconds


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def later(monkeypatch):
    """A minute later: what was written before is settled."""
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 60)


@pytest.fixture
def read(monkeypatch):
    """The files that were read, in order."""
    paths = []

    def noting(path):
        paths.append(path)
        return digest_of(path)

    monkeypatch.setattr(fingerprint, "digest_of", noting)
    return paths


def file(path: Path, content: bytes, time: int = LONG_AGO) -> Path:
    """Write a file and give it a modification time, as unpacked archives have it."""
    path.write_bytes(content)
    os.utime(path, ns=(time, time))
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_digest_is_the_sha256_of_the_content(tmp_path):
    path = file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_file_that_did_not_change_is_not_read_again(tmp_path, later, read):
    path = file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == file_digests([path]) == {path: sha256(b"pixels")}
    assert read == [path]


@pytest.mark.parametrize(
    ("content", "time"),
    [(b"more pixels", LONG_AGO), (b"PIXELS", LONG_AGO + 1), (b"PIXELS", LONG_AGO)],
    ids=["size", "modification time", "pixels alone"],
)
def test_a_file_that_changed_in_any_way_is_read_again(tmp_path, later, content, time):
    path = file(tmp_path / "a", b"pixels")
    file_digests([path])
    file(path, content, time)
    assert file_digests([path]) == {path: sha256(content)}


def test_a_file_put_in_the_place_of_another_is_read_again(tmp_path, later):
    path, other = file(tmp_path / "a", b"pixels"), file(tmp_path / "b", b"PIXELS")
    file_digests([path])
    other.rename(path)
    assert file_digests([path]) == {path: sha256(b"PIXELS")}


def test_the_digest_of_a_file_just_written_is_not_remembered(tmp_path, read):
    path = file(tmp_path / "a", b"pixels")  # modified long ago, it says; but the system knows
    file_digests([path])
    file_digests([path])
    assert read == [path, path]


def test_the_digest_of_a_file_that_changes_while_it_is_read_is_not_remembered(
    tmp_path, later, monkeypatch
):
    path = file(tmp_path / "a", b"pixels")

    def reading(path):
        digest = digest_of(path)
        file(path, b"PIXELS")
        return digest

    with monkeypatch.context() as patch:
        patch.setattr(fingerprint, "digest_of", reading)
        file_digests([path])
    assert file_digests([path]) == {path: sha256(b"PIXELS")}


def test_what_another_process_learns_meanwhile_is_kept(tmp_path, later, monkeypatch):
    own, others = file(tmp_path / "a", b"pixels"), file(tmp_path / "b", b"PIXELS")

    def reading(path):
        monkeypatch.setattr(fingerprint, "digest_of", digest_of)
        file_digests([others])
        return digest_of(path)

    monkeypatch.setattr(fingerprint, "digest_of", reading)
    file_digests([own])
    assert remembered().keys() == {str(own), str(others)}


def remembered() -> dict:
    return json.loads((cache_folder() / "digests.json").read_text())


def test_files_that_are_gone_are_forgotten(tmp_path, later):
    gone = file(tmp_path / "a", b"pixels")
    file_digests([gone])
    gone.unlink()
    file_digests([file(tmp_path / "b", b"pixels")])
    assert list(remembered()) == [str(tmp_path / "b")]


def test_an_entry_of_the_old_form_is_not_trusted(tmp_path, later):
    path = file(tmp_path / "a", b"pixels")
    cache_folder().mkdir(parents=True)
    old = {str(path): [6, LONG_AGO, sha256(b"PIXELS")], str(tmp_path): [1, 2, "3"]}
    (cache_folder() / "digests.json").write_text(json.dumps(old))
    assert file_digests([path]) == {path: sha256(b"pixels")}
    assert list(remembered()) == [str(path)]


@pytest.mark.parametrize("damage", ["", "[]", '{"a": 1', "null"])
def test_a_damaged_memory_is_no_harm(tmp_path, damage):
    cache_folder().mkdir(parents=True)
    (cache_folder() / "digests.json").write_text(damage)
    path = file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_damaged_entry_is_no_harm(tmp_path):
    path = file(tmp_path / "a", b"pixels")
    cache_folder().mkdir(parents=True)
    (cache_folder() / "digests.json").write_text(
        json.dumps({str(path): [1, 2, 6, LONG_AGO, LONG_AGO, None]})
    )
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_cache_that_cannot_be_written_is_no_harm(tmp_path, monkeypatch):
    blocked = file(tmp_path / "blocked", b"a file where the folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    path = file(tmp_path / "a", b"pixels")
    assert file_digests([path]) == {path: sha256(b"pixels")}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        file_digests([tmp_path / "none"])
    assert str(caught.value) == f"cannot read {tmp_path}/none: No such file or directory"
