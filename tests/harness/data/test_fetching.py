"""Downloads of datasets go on where they were cut, and are checked before they are used."""

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.data.fetching import fetch
from harness.errors import DataError, DownloadError
from harness.specs import DatasetSpec, Download
from harness.util.downloads import UNFINISHED

CONTENT = bytes(range(256)) * 4000


class Server(ThreadingHTTPServer):
    """Serves files by path; cuts an answer after some bytes, and knows ranges, if told so."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.cut = None
        self.knows_ranges = True
        self.asked = []

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.asked.append((self.path, wanted))
        content = server.files.get(self.path)
        if content is None:
            self.send_error(404, "Not Found")
            return
        total, start = len(content), 0
        if wanted and server.knows_ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(total - start))
        self.end_headers()
        self.wfile.write(content[start : server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("HARNESS_OFFLINE", "0")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def spec_of(server, content=CONTENT, name="set.bin", **more):
    server.files[f"/{name}"] = content
    download = Download(
        url=server.url(name),
        **{"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), **more},
    )
    return DatasetSpec(
        name="mine", target="mine:Mine", summary="Mine.", needs_root=True, downloads=(download,)
    )


def fetched(spec, folder):
    return [download.url for download in fetch(spec, folder)]


def test_a_file_is_downloaded_once(server, tmp_path):
    spec = spec_of(server, into="images")
    assert fetched(spec, tmp_path / "mine") == [server.url("set.bin")]
    assert (tmp_path / "mine" / "images" / "set.bin").read_bytes() == CONTENT
    assert fetched(spec, tmp_path / "mine") == []
    assert server.asked == [("/set.bin", None)]


def test_a_download_that_was_cut_goes_on_from_there(server, tmp_path):
    spec = spec_of(server)
    server.cut = 300_000
    with pytest.raises(DownloadError) as caught:
        fetched(spec, tmp_path)
    assert str(caught.value) == (
        f"cannot download {server.url('set.bin')}: only 300000 of {len(CONTENT)} bytes came; start "
        "it again to go on from there"
    )
    assert [path.name for path in tmp_path.iterdir()] == [f"set.bin{UNFINISHED}"]
    server.cut = None
    fetched(spec, tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT
    assert server.asked == [("/set.bin", None), ("/set.bin", "bytes=300000-")]


def test_a_server_that_knows_no_ranges_sends_all_again(server, tmp_path):
    server.knows_ranges = False
    spec = spec_of(server)
    (tmp_path / f"set.bin{UNFINISHED}").write_bytes(CONTENT[:1000])
    fetched(spec, tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_a_download_that_was_whole_but_not_renamed_is_not_asked_for_again(server, tmp_path):
    spec = spec_of(server)
    (tmp_path / f"set.bin{UNFINISHED}").write_bytes(CONTENT)
    fetched(spec, tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT
    assert server.asked == []


def test_what_has_another_checksum_is_removed(server, tmp_path):
    spec = spec_of(server, sha256="0" * 64)
    with pytest.raises(DownloadError, match=r"^cannot download http://.*/set\.bin: what came has "):
        fetched(spec, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_beginning_of_another_file_is_found_out_and_the_next_try_is_fresh(server, tmp_path):
    spec = spec_of(server)
    (tmp_path / f"set.bin{UNFINISHED}").write_bytes(b"old" * 100)
    with pytest.raises(DownloadError, match=r"and was removed$"):
        fetched(spec, tmp_path)
    fetched(spec, tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


def test_what_is_not_there_is_told_in_one_line(server, tmp_path):
    spec = spec_of(server)
    server.files.clear()
    with pytest.raises(DownloadError) as caught:
        fetched(spec, tmp_path)
    assert str(caught.value) == (
        f"cannot download {server.url('set.bin')}: urllib.error.HTTPError: HTTP Error 404: "
        "Not Found"
    )


def test_nothing_is_asked_for_where_downloads_are_forbidden(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    with pytest.raises(DownloadError, match=r"downloads are forbidden by --offline or HARNESS_OFF"):
        fetched(spec_of(server), tmp_path)
    assert server.asked == []


def archive_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_an_archive_is_unpacked_where_the_dataset_wants_it_and_not_fetched_again(server, tmp_path):
    content = archive_of({"top/a.png": b"a", "top/b.png": b"b", "top/readme": b"read me"})
    spec = spec_of(server, content, "set.zip", unpack=True, only="*.png", strip=1, into="images")
    assert len(fetched(spec, tmp_path)) == 1
    shown = [
        path for path in tmp_path.rglob("*.*") if not path.name.endswith((".unpacked", ".fetched"))
    ]
    assert sorted(path.relative_to(tmp_path).as_posix() for path in shown) == [
        "images/a.png",
        "images/b.png",
    ]
    assert fetched(spec, tmp_path) == []


def test_an_archive_that_leads_elsewhere_is_refused(server, tmp_path):
    content = archive_of({"../evil.png": b"a"})
    spec = spec_of(server, content, "set.zip", unpack=True)
    with pytest.raises(DataError, match=r"'\.\./evil\.png' leads out of the folder$"):
        fetched(spec, tmp_path / "mine")
    assert not (tmp_path / "evil.png").exists()


def test_an_address_without_a_name_is_refused(server, tmp_path):
    spec = spec_of(server, name="")
    with pytest.raises(DataError, match=r"^http://127\.0\.0\.1:\d+/ names no file$"):
        fetched(spec, tmp_path)
