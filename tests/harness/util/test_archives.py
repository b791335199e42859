"""Archives of strangers write files below one folder, or nothing."""

import io
import shutil
import stat
import tarfile
import zipfile
from collections import namedtuple

import pytest

from harness.errors import DataError, DiskFullError
from harness.util.archives import unpack

FILES = {"set/a.png": b"a" * 1000, "set/deep/b.png": b"b" * 1000, "readme.txt": b"read me"}


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("set/", "")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path, files, **more):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in more.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return path


def there(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def message(archive, folder, **options):
    """Why an archive is refused, which leaves nothing behind."""
    with pytest.raises(DataError) as caught:
        unpack(archive, folder, **options)
    assert there(folder) == {}
    assert list(folder.iterdir()) == []
    text = str(caught.value)
    assert text.startswith(f"cannot unpack {archive}: ")
    assert "\n" not in text
    return text.removeprefix(f"cannot unpack {archive}: ")


@pytest.mark.parametrize("make", [zipped, tarred])
def test_an_archive_is_unpacked(tmp_path, make):
    assert unpack(make(tmp_path / "x", FILES), tmp_path / "out") == 3
    assert there(tmp_path / "out") == FILES


@pytest.mark.parametrize("make", [zipped, tarred])
def test_some_of_it_is_kept_and_leading_folders_are_left_out(tmp_path, make):
    archive = make(tmp_path / "x", FILES)
    assert unpack(archive, tmp_path / "out", only="*.png", strip=1) == 2
    assert there(tmp_path / "out") == {"a.png": b"a" * 1000, "deep/b.png": b"b" * 1000}


def test_files_of_the_same_name_are_replaced(tmp_path):
    (tmp_path / "out" / "set").mkdir(parents=True)
    (tmp_path / "out" / "set" / "a.png").write_bytes(b"old")
    unpack(zipped(tmp_path / "x", FILES), tmp_path / "out")
    assert there(tmp_path / "out") == FILES


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize(
    "name",
    ["../evil", "set/../../evil", "/evil", "..\\evil", "C:/evil", "set/..", "a/../b"],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, make, name):
    archive = make(tmp_path / "x", {"good": b"", name: b"evil"})
    assert message(archive, tmp_path / "out") == f"{name!r} leads out of the folder"
    assert not (tmp_path / "evil").exists()
    assert message(archive, tmp_path / "out", strip=1).endswith("leads out of the folder")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    archive = tarred(tmp_path / "x", {"link": b""}, type=kind, linkname="/etc/passwd")
    assert message(archive, tmp_path / "out") == "'link' is a link or a device"


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert message(tmp_path / "x", tmp_path / "out") == "'link' is a link or a device"


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_damaged_archive_leaves_nothing_behind(tmp_path, make):
    archive = make(tmp_path / "x", {str(n): bytes(range(256)) * 9 for n in range(20)})
    content = bytearray(archive.read_bytes())
    for position in range(40, len(content) - 200, 50):
        content[position] ^= 0xFF
    archive.write_bytes(bytes(content))
    message(archive, tmp_path / "out")


def test_what_is_no_archive_is_told(tmp_path):
    (tmp_path / "x").write_text("<html>")
    assert message(tmp_path / "x", tmp_path / "out") == "it is neither a ZIP nor a TAR archive"


def test_an_archive_without_what_is_wanted_is_told(tmp_path):
    archive = zipped(tmp_path / "x", FILES)
    assert message(archive, tmp_path / "out", only="*.jpg") == "nothing in it is wanted"


def test_where_there_is_no_room_nothing_is_begun(tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=1500))
    with pytest.raises(DiskFullError) as caught:
        unpack(zipped(tmp_path / "x", FILES), tmp_path / "out")
    assert str(caught.value) == (
        f"there is no room in {tmp_path / 'out'} for what is unpacked: it takes 2.0 kB, and "
        "1.5 kB are free"
    )
    assert there(tmp_path / "out") == {}
