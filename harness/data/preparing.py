"""Makes prepared splits: one pass over the images, which goes on where it was interrupted."""

import fcntl
import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from harness.data.dataset import ImageFile, Reader, Sample, header_of
from harness.data.prepared import (
    CLEAN,
    FORMAT,
    INDEX,
    NOISY,
    Index,
    StoredPixels,
    StoredSample,
    check_pixels,
    read_index,
    store_folder,
    store_key,
)
from harness.errors import DamagedFileError, DataError, DiskFullError, HarnessError, UsageError
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.results.serial import from_plain, to_text
from harness.util.files import room_for, write_text
from harness.util.text import size_text

JOURNAL = "journal.jsonl"
"""What is in the files of a store that is not whole yet: its key, then a line per sample."""

ALIGNMENT = 64
"""Bytes; every image begins at a multiple, as fast copies like it."""

BATCH = 64 * 2**20
"""Bytes of pixels after which they are on the disk, and the journal says so: no more is lost."""

OnImage = Callable[[int, int], None]
"""Hears how many images of how many are done."""


@dataclass(frozen=True)
class Prepared:
    """A store that is whole.

    Attributes:
        folder: of it.
        images: how many samples it holds.
        size: bytes of pixels.
        made: how many of the samples were read; the others were there.
    """

    folder: Path
    images: int
    size: int
    made: int


def prepare_split(
    registry: Registry,
    dataset: Reference,
    split: str,
    place: Path | None = None,
    on_image: OnImage = lambda done, total: None,
) -> Prepared:
    """Decode every image of a split once, into a store; nothing is done where there is one.

    A store of other images of the same split is replaced, and a damaged one made anew. What was
    done of an interrupted one is kept, and the result is the same byte for byte.

    Args:
        registry: where the dataset was chosen.
        dataset: with its folder.
        split: one of its splits.
        place: folder that gets the folder of the store; None: where there is one already, else the
            user's cache folder.
        on_image: hears of progress.

    Raises:
        DataError: an image cannot be read, or images changed meanwhile.
        DiskFullError: there is no room; says how much it needs.
        UsageError: another process prepares the split now.
        OSError: the folder cannot be written to.
    """
    made = registry.build(dataset)
    made.prepare()
    samples = made.samples(split)
    fingerprint = made.fingerprint(split)
    key = store_key(registry, dataset, split, fingerprint)
    folder = _folder(store_folder(dataset, split), place)
    with _locked(folder):
        if index := _whole(folder, key, on_image):
            (folder / JOURNAL).unlink(missing_ok=True)
            return _prepared(folder, index, 0)
        (folder / INDEX).unlink(missing_ok=True)
        with room_for(folder), _Writer(folder, key, samples) as writer:
            before = len(writer.done)
            _check_room(folder, dataset.label, samples, writer)
            for sample in samples[before:]:
                on_image(len(writer.done), len(samples))
                writer.add(sample)
            on_image(len(samples), len(samples))
        if registry.build(dataset).fingerprint(split) != fingerprint:
            (folder / JOURNAL).unlink()
            raise DataError(f"images of {dataset.label!r} changed while they were read; try again")
        index = Index(
            format=FORMAT, key=key, dataset=dataset.name, split=split, samples=tuple(writer.done)
        )
        write_text(folder / INDEX, index.text())
        (folder / JOURNAL).unlink()
    return _prepared(folder, index, len(samples) - before)


def _prepared(folder: Path, index: Index, made: int) -> Prepared:
    size = index.size(NOISY) + index.size(CLEAN)
    return Prepared(folder.resolve(), len(index.samples), size, made)


def _whole(folder: Path, key: str, on_image: OnImage) -> Index | None:
    """What a store of a key holds, if it is whole and every pixel is as it was written."""
    try:
        index = read_index(folder)
    except DamagedFileError:
        return None
    if index is None or index.key != key:
        return None
    for done, damage in enumerate(check_pixels(folder, index), 1):
        if damage:
            return None
        on_image(done, len(index.samples))
    return index


def _folder(home: Path, place: Path | None) -> Path:
    """The folder of a store, made if need be; elsewhere it lies behind a link in the cache."""
    if place is not None:
        wanted = place.absolute() / home.name
        wanted.mkdir(parents=True, exist_ok=True)
        if home.resolve() != wanted.resolve():
            home.parent.mkdir(parents=True, exist_ok=True)
            if home.is_symlink():
                home.unlink()
            elif home.exists():
                shutil.rmtree(home)
            home.symlink_to(wanted)
    elif home.is_symlink() and not home.exists():
        home.unlink()  # where it pointed to is gone
    home.mkdir(parents=True, exist_ok=True)
    return home


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to a store."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"another process prepares {folder} now; wait for it") from error
        yield
    finally:
        os.close(descriptor)


def _check_room(folder: Path, label: str, samples: Sequence[Sample], writer: "_Writer") -> None:
    """See that what is left to do fits the disk.

    Raises:
        DiskFullError: it does not; says how much is needed, and how much there is.
    """
    needed = size_of(samples) - sum(writer.ends.values())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFullError(
            f"there is no room for the images of {label!r} in {folder.resolve()}: they take "
            f"{size_text(needed)} more, and {size_text(free)} are free; make room, or say "
            "--store DIR"
        )


def size_of(samples: Sequence[Sample]) -> int:
    """Bytes of the images of samples in memory, from their headers.

    Readers that say nothing of their image count as the first of them does, which is read.
    """
    total, unknown, one = 0, 0, 0
    counted: set[ImageFile] = set()
    for sample in samples:
        for read in sample.readers:
            if isinstance(read, ImageFile):  # others need not have a hash
                if read in counted:
                    continue
                counted.add(read)
            header = header_of(read)
            if header is None:
                one = one or read().nbytes
                unknown += 1
            total += header.nbytes if header else 0
    return total + unknown * one


class _Writer:
    """Writes the pixels of samples, and goes on where another was interrupted.

    Args:
        folder: of the store.
        key: of what it is made of.
        samples: of the split; what a journal says of others does not count.

    Attributes:
        done: the samples whose pixels are in the files.
        ends: how many bytes of each file are in use.
    """

    def __init__(self, folder: Path, key: str, samples: Sequence[Sample]) -> None:
        self.folder = folder
        self.done: list[StoredSample] = []
        self.ends = {NOISY: 0, CLEAN: 0}
        self._head = to_text({"format": FORMAT, "key": key}) + "\n"
        self._known: dict[tuple[str, ImageFile], StoredPixels] = {}
        self._pending: list[StoredSample] = []
        self._pending_bytes = 0
        self._stack = ExitStack()
        for sample, stored in zip(samples, self._journalled(samples), strict=False):
            self._note(sample, stored)

    def __enter__(self) -> "_Writer":
        self._files = {name: self._open(name) for name in (NOISY, CLEAN)}
        lines = [self._head, *(to_text(stored) + "\n" for stored in self.done)]
        write_text(self.folder / JOURNAL, "".join(lines))
        self._journal = self._stack.enter_context((self.folder / JOURNAL).open("ab"))
        return self

    def __exit__(self, *error: object) -> None:
        with self._stack:
            if error[0] is None:
                self._flush()

    def add(self, sample: Sample) -> None:
        """Write the images of a sample."""
        noisy = self._write(NOISY, sample.noisy)
        clean = self._write(CLEAN, sample.clean) if sample.clean else None
        stored = StoredSample(
            name=sample.name,
            scene=sample.scene,
            noisy=noisy,
            clean=clean,
            groups=dict(sample.groups),
            shots=tuple(self._write(NOISY, shot) for shot in sample.shots),
        )
        self._note(sample, stored)
        self._pending.append(stored)
        if self._pending_bytes >= BATCH:
            self._flush()

    def _write(self, name: str, read: Reader) -> StoredPixels:
        """Write an image behind those that are there, unless it is the same file as one."""
        if isinstance(read, ImageFile) and (known := self._known.get((name, read))):
            return known
        image = read()
        file, offset = self._files[name], -(-self.ends[name] // ALIGNMENT) * ALIGNMENT
        pixels = np.ascontiguousarray(image).reshape(-1).view(np.uint8).data
        file.write(bytes(offset - self.ends[name]))
        file.write(pixels)
        height, width, channels = image.shape
        place = StoredPixels(
            offset=offset,
            shape=(height, width, channels),
            dtype=image.dtype.name,
            crc32=zlib.crc32(pixels),
        )
        self.ends[name] = place.end
        self._pending_bytes += image.nbytes
        return place

    def _note(self, sample: Sample, stored: StoredSample) -> None:
        """Count a sample as done."""
        self.done.append(stored)
        for (name, place), read in zip(stored.places, sample.readers, strict=True):
            self.ends[name] = max(self.ends[name], place.end)
            if isinstance(read, ImageFile):
                self._known[name, read] = place

    def _flush(self) -> None:
        """Put on the disk what was written, the pixels first."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        lines = "".join(to_text(stored) + "\n" for stored in self._pending)
        self._journal.write(lines.encode())
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self._pending, self._pending_bytes = [], 0

    def _open(self, name: str) -> BinaryIO:
        """A file of pixels, cut after those that count; a new one where none does."""
        path = self.folder / name
        if not self.ends[name]:  # a run may have the old one mapped, and be cut off its end
            path.unlink(missing_ok=True)
        path.touch()
        file = self._stack.enter_context(path.open("r+b"))
        file.truncate(self.ends[name])
        file.seek(self.ends[name])
        return file

    def _journalled(self, samples: Sequence[Sample]) -> list[StoredSample]:
        """The samples that a journal says are done, as far as it and the files can be trusted."""
        try:
            head, *lines = (self.folder / JOURNAL).read_text("utf-8").splitlines(keepends=True)
        except (OSError, ValueError):
            return []
        if head != self._head:
            return []
        found: list[StoredSample] = []
        sizes = {name: _size(self.folder / name) for name in (NOISY, CLEAN)}
        for line, sample in zip(lines, samples, strict=False):
            try:
                stored = from_plain(StoredSample, json.loads(line))
            except (ValueError, TypeError, KeyError, HarnessError):
                break  # the last line may have been cut
            ends = [(name, place.end) for name, place in stored.places]
            if (
                stored.name != sample.name
                or len(ends) != len(sample.readers)
                or any(end > sizes[name] for name, end in ends)
            ):
                break
            found.append(stored)
        return found


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
