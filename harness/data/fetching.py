"""Fetches the files of a dataset whose terms allow it, checked and unpacked where it wants them."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from harness.errors import DataError, DownloadError
from harness.specs import DatasetSpec, Download
from harness.util.archives import unpack
from harness.util.downloads import download_resumed
from harness.util.files import digest_of

_FETCHED = ".fetched"
"""Folder below that of a dataset: archives until they are unpacked, and a mark for each of them."""


def fetch(spec: DatasetSpec, folder: Path) -> Iterator[Download]:
    """Fetch the files of a dataset; what is there already is left, what was begun goes on.

    Args:
        spec: says what, and where from.
        folder: of the dataset; made if need be.

    Yields:
        Every file that was fetched, when it lies where it belongs.

    Raises:
        DownloadError: a file cannot be had, or is not what it should be; names it.
        DataError: an archive cannot be unpacked.
        OSError: the folder cannot be written to, or the disk is full.
    """
    for download in spec.downloads:
        if not _is_there(download, folder):
            _fetch(download, spec.name, folder)
            yield download


def _fetch(download: Download, dataset: str, folder: Path) -> None:
    path = _path(download, folder)
    try:
        download_resumed(
            download.url,
            path,
            sha256=download.sha256,
            size=download.size,
            what=f"{path.name} of {dataset}",
        )
    except DownloadError as error:
        raise DownloadError(f"cannot download {download.url}: {error}") from error
    if download.unpack:
        unpack(path, folder / download.into, download.only, download.strip)
        _mark(download, folder).touch()
        path.unlink()


def _is_there(download: Download, folder: Path) -> bool:
    """Whether a file lies where it belongs, or was unpacked."""
    if download.unpack:
        return _mark(download, folder).exists()
    path = _path(download, folder)
    return path.is_file() and digest_of(path) == download.sha256.lower()


def _path(download: Download, folder: Path) -> Path:
    """Where a file goes.

    Raises:
        DataError: its address does not end in a name.
    """
    name = PurePosixPath(unquote(urlsplit(download.url).path)).name
    if not name or name.startswith(".") or "/" in name:
        raise DataError(f"{download.url} names no file")
    return folder / (_FETCHED if download.unpack else download.into) / name


def _mark(download: Download, folder: Path) -> Path:
    return folder / _FETCHED / f"{download.sha256[:16].lower()}.unpacked"
