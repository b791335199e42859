"""Prepared splits: every image decoded once, in files from which any part is read without the rest.

A store is a folder: ``noisy.raw`` and ``clean.raw`` hold the pixels of one half each, row after
row, image after image, further shots among the noisy ones; ``index.json``, written last, says what
lies where. The files are mapped into memory, so a set that is larger than memory can be cropped
from. Nothing else changes: a store is used only for the images, by the sources, with the libraries
that it was made of, and named by no result.
"""

import hashlib
import json
import logging
import mmap
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Literal

import numpy as np

from harness.data.dataset import Image, Sample, SoundReader
from harness.data.fingerprint import cache_folder
from harness.data.images import WHITE, ImageHeader
from harness.data.scenes import of_scenes
from harness.errors import DamagedFileError, HarnessError, PluginError
from harness.plugin.registry import Registry
from harness.plugin.sources import Sources
from harness.results.jobs import DataReference
from harness.results.reference import Reference
from harness.results.serial import dump_json, from_plain
from harness.util.text import first_line

FORMAT = 1
"""Version of what lies in the folder of a store; one of another version is not read."""

INDEX, NOISY, CLEAN = "index.json", "noisy.raw", "clean.raw"

StoreState = Literal["none", "partial", "other", "damaged", "whole"]
"""``partial``: it is being made, or its making was interrupted; ``other``: of other images, or made
by another version of the harness or of a library."""

_DECODERS = ("h5py", "imagecodecs", "numpy", "pillow", "scikit-image", "scipy", "tifffile")
"""Libraries that turn files into pixels; scikit-image brings photographs."""

_log = logging.getLogger(__name__)
_in_use = ContextVar("stores are used", default=True)


@dataclass(frozen=True, kw_only=True)
class StoredPixels:
    """Where the pixels of an image lie in the file of its half.

    Attributes:
        offset: of the first byte.
        shape: height, width, channels.
        dtype: of the pixels.
        crc32: of their bytes.

    Raises:
        ValueError: no image lies like that.
    """

    offset: int
    shape: tuple[int, int, int]
    dtype: str
    crc32: int

    def __post_init__(self) -> None:
        if self.offset < 0 or min(self.shape) < 1 or self.dtype not in WHITE:
            raise ValueError(f"no image lies at {self.offset}: {self.shape} {self.dtype}")

    @property
    def header(self) -> ImageHeader:
        """What is known of the image."""
        return ImageHeader(self.shape, self.dtype)

    @property
    def end(self) -> int:
        """The byte after the last."""
        return self.offset + self.header.nbytes


@dataclass(frozen=True, kw_only=True)
class StoredSample:
    """A sample, with the places of its images; see :class:`harness.Sample`."""

    name: str
    scene: str
    noisy: StoredPixels
    clean: StoredPixels | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    shots: tuple[StoredPixels, ...] = ()

    @property
    def places(self) -> tuple[tuple[str, StoredPixels], ...]:
        """The file and the place of every image, in the order of :attr:`harness.Sample.readers`."""
        clean = [(CLEAN, self.clean)] if self.clean else []
        return ((NOISY, self.noisy), *clean, *((NOISY, shot) for shot in self.shots))


@dataclass(frozen=True, kw_only=True)
class Index:
    """What a whole store holds.

    Attributes:
        format: version of the store.
        key: of what it was made of, see :func:`store_key`.
        dataset: its label.
        split: of the dataset.
        samples: in the order of the split.
    """

    format: int
    key: str
    dataset: str
    split: str
    samples: tuple[StoredSample, ...]

    def size(self, file: str) -> int:
        """Bytes in a file of pixels."""
        parts = (part for sample in self.samples for name, part in sample.places if name == file)
        return max((part.end for part in parts), default=0)

    def text(self) -> str:
        """What ``index.json`` holds."""
        return dump_json(self, indent=1) + "\n"


@dataclass(frozen=True)
class MappedFile:
    """A file of pixels, mapped into memory when it is first read; nobody can write through it."""

    path: Path

    @cached_property
    def content(self) -> mmap.mmap:
        """The whole file."""
        with self.path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


@dataclass(frozen=True)
class StoredImage(SoundReader):
    """Reads an image of a store: an array that nobody can write to, whose pixels stay on disk."""

    file: MappedFile
    place: StoredPixels

    def __call__(self) -> Image:
        """The image."""
        place = self.place
        return np.ndarray(
            place.shape, np.dtype(place.dtype), self.file.content, offset=place.offset
        )

    def header(self) -> ImageHeader:
        """What is known of it before a pixel is read."""
        return self.place.header


def samples_of(registry: Registry, data: DataReference) -> Sequence[Sample]:
    """The images of a split: from its store where that is whole, else as the dataset reads them.

    Where the split is of some scenes alone, those of the others are left out.

    Args:
        registry: has the dataset's plugin.
        data: the split, with its fingerprint.

    Raises:
        DataError: files are missing or misnamed.
    """
    folder = store_folder(data.dataset, data.split)
    if _in_use.get() and (folder / INDEX).exists():
        try:
            whole = data.of_split or data.fingerprint
            key = store_key(registry, data.dataset, data.split, whole)
            index = read_index(folder)
            if index and index.key == key:
                return of_scenes(stored_samples(folder, index), data.scenes)
        except PluginError:
            pass  # nobody knows what it is made of: the job that needs the images reports it
        except DamagedFileError as error:
            _log.warning("%s; the images are read from their files", error)
    found: Sequence[Sample] = registry.build(data.dataset).samples(data.split)
    return of_scenes(found, data.scenes)


@contextmanager
def without_stores() -> Iterator[None]:
    """Let every dataset read its images itself for a while."""
    token = _in_use.set(False)
    try:
        yield
    finally:
        _in_use.reset(token)


def store_folder(dataset: Reference, split: str) -> Path:
    """Where the store of a split is looked for; it may be a link to where it lies.

    Args:
        dataset: with all parameters; its folder does not count.
        split: of the dataset.
    """
    own = {name: value for name, value in dataset.arguments().items() if name != "root"}
    digest = hashlib.sha256(dump_json(own).encode()).hexdigest()[:8]
    return cache_folder() / "prepared" / f"{dataset.name}-{split}-{digest}"


def store_key(registry: Registry, dataset: Reference, split: str, fingerprint: str) -> str:
    """A digest of all that the pixels in a store depend on.

    Args:
        registry: knows the sources of the dataset.
        dataset: with all parameters.
        split: of the dataset.
        fingerprint: of the split.

    Raises:
        PluginError: the sources of the dataset cannot be found.
    """
    sources = Sources()
    parts = (
        str(FORMAT),
        split,
        fingerprint,
        registry.plugin_sources(dataset, sources),
        sources.room_digest("data"),
        *(f"{library} {_version(library)}" for library in _DECODERS),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_index(folder: Path) -> Index | None:
    """What a store holds; None where it is not whole, or of another version.

    Raises:
        DamagedFileError: the index cannot be understood, or a file is shorter than it says.
    """
    try:
        data = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            return None
        index = from_plain(Index, data)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError, HarnessError) as error:
        raise _damaged(folder, f"its {INDEX} cannot be read: {first_line(error)}") from error
    for name in (NOISY, CLEAN):
        path, size = folder / name, index.size(name)
        found = path.stat().st_size if path.is_file() else 0
        if found != size:
            raise _damaged(folder, f"its {name} has {found} of {size} bytes")
    return index


def stored_samples(folder: Path, index: Index) -> list[Sample]:
    """The samples of a store; nothing is read yet."""
    noisy, clean = MappedFile(folder / NOISY), MappedFile(folder / CLEAN)
    return [
        Sample(
            sample.name,
            sample.scene,
            StoredImage(noisy, sample.noisy),
            StoredImage(clean, sample.clean) if sample.clean else None,
            sample.groups,
            tuple(StoredImage(noisy, shot) for shot in sample.shots),
        )
        for sample in index.samples
    ]


def state_of(folder: Path, key: str) -> StoreState:
    """What there is of a store; its pixels are not read."""
    try:
        index = read_index(folder)
    except DamagedFileError:
        return "damaged"
    if index is not None:
        return "whole" if index.key == key else "other"
    if (folder / INDEX).exists():
        return "other"
    return "partial" if (folder / NOISY).exists() else "none"


def check_pixels(folder: Path, index: Index) -> Iterator[str]:
    """Read a whole store; yields for every sample nothing, or what is damaged, in one line."""
    with ExitStack() as stack:  # pages of a map would count as memory of this process
        files = {name: stack.enter_context((folder / name).open("rb")) for name in (NOISY, CLEAN)}
        for sample in index.samples:
            damaged = ""
            for name, place in sample.places:
                files[name].seek(place.offset)
                if zlib.crc32(files[name].read(place.header.nbytes)) != place.crc32:
                    damaged = f"image {sample.name!r} in {folder / name} is damaged"
            yield damaged


def _damaged(folder: Path, what: str) -> DamagedFileError:
    return DamagedFileError(f"the store {folder} is damaged: {what}; prepare the dataset again")


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""
