"""Downloads are whole or not there, say what they do, and never hang."""

import hashlib
import os
import socket
import sys
import time
from pathlib import Path

import pytest

from harness.errors import DownloadError
from harness.util import downloads
from harness.util.downloads import OFFLINE, download, is_offline, offline, watch

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def online(monkeypatch):
    monkeypatch.delenv(OFFLINE, raising=False)


@pytest.fixture
def source(tmp_path):
    """A file on a server, which is a file here."""
    path = tmp_path / "source.pth"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def silent_server():
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/weights.pth"


def get(url: str, path: Path, sha256: str = SHA256[:8]) -> None:
    download(url, path, sha256=sha256, what="the weights", megabytes=7)


def test_a_file_is_downloaded_and_its_size_and_address_are_said(source, tmp_path, capfd):
    target = tmp_path / "deep" / "file.pth"
    get(source.as_uri(), target)
    assert target.read_bytes() == CONTENT
    out, err = capfd.readouterr()
    assert out == ""
    assert err == f"downloading the weights from {source.as_uri()} (7 MB)\n"


def test_what_has_another_digest_is_not_kept(source, tmp_path):
    target = tmp_path / "file.pth"
    with pytest.raises(
        DownloadError, match=rf"^what came has the SHA-256 {SHA256[:8]}…, not 0000…$"
    ):
        get(source.as_uri(), target, sha256="0000")
    assert list(tmp_path.iterdir()) == [source]


def test_what_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(DownloadError, match=r"^urllib\.error\.URLError: .*No such file") as caught:
        get((tmp_path / "nothing").as_uri(), tmp_path / "file.pth")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_never_answers_is_given_up(silent_server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "PATIENCE", 0.5)
    started = time.monotonic()
    with pytest.raises(DownloadError, match=r"^nothing came for 0.5 s$"):
        get(silent_server, tmp_path / "file.pth")
    assert time.monotonic() - started < 5
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_goes_on_is_not_given_up_and_shows_how_far_it_is(
    tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(downloads, "INTERVAL", 0.0)
    file = tmp_path / "file"
    file.touch()
    program = (
        "import sys, time\n"
        "with open(sys.argv[1], 'ab') as file:\n"
        "    for _ in range(6):\n"
        "        time.sleep(0.5); file.write(bytes(10**6)); file.flush()\n"
    )
    watch([sys.executable, "-c", program, str(file)], file, what="it", megabytes=6, patience=2.5)
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "downloading it (6 MB)"
    assert "  3 of 6 MB" in lines[1:]


def test_nothing_is_downloaded_where_that_is_forbidden(source, tmp_path, capfd):
    with offline(), pytest.raises(DownloadError, match=r"^downloads are forbidden by --offline"):
        get(source.as_uri(), tmp_path / "file.pth")
    assert list(tmp_path.iterdir()) == [source]
    assert capfd.readouterr().err == ""


def test_downloads_are_forbidden_for_a_while_and_then_as_before():
    with offline(False):
        assert not is_offline()
    with offline():
        assert is_offline()
    assert OFFLINE not in os.environ


@pytest.mark.parametrize(("value", "forbidden"), [("1", True), ("true", True), ("0", False)])
def test_the_environment_forbids_downloads(monkeypatch, value, forbidden):
    monkeypatch.setenv(OFFLINE, value)
    assert is_offline() == forbidden
    with offline(False):
        assert is_offline() == forbidden
    with offline():
        assert is_offline()
    assert os.environ[OFFLINE] == value
