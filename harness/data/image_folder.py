"""Datasets that are files in a folder: finding images, pairing them by name, and their digest."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from harness.data.dataset import Dataset, ImageFile, Sample
from harness.data.fingerprint import file_digests
from harness.data.folders import check_name, dataset_root, reading
from harness.data.images import SUFFIXES
from harness.errors import DataError
from harness.util.text import some


@dataclass(frozen=True)
class FilePair:
    """A noisy file and, where there is ground truth, its clean file.

    Attributes:
        name: unique within the split.
        scene: shared by images of the same scene.
        noisy: the noisy image.
        clean: the clean image; None where there is no ground truth.
        groups: what else it belongs to, as in :class:`harness.Sample`.
        shots: further noisy images of the same content, which metrics alone are given.
    """

    name: str
    scene: str
    noisy: Path
    clean: Path | None = None
    groups: Mapping[str, str] = field(default_factory=dict, hash=False)
    shots: tuple[Path, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """All its files: the noisy one, the clean one if there is one, and further shots."""
        return (self.noisy, *([self.clean] if self.clean else []), *self.shots)


class FileDataset(Dataset):
    """A dataset of image files; a subclass says which files pair up, in :meth:`files`.

    Args:
        root: the folder that holds the dataset.
    """

    splits: ClassVar[tuple[str, ...]] = ("test",)

    def __init__(self, root: str | Path) -> None:
        self.root = dataset_root(root)

    @abstractmethod
    def files(self, split: str) -> Sequence[FilePair]:
        """The files of a split, in a fixed order.

        Raises:
            DataError: files are missing or misnamed; says which and what to do.
        """

    def samples(self, split: str) -> Sequence[Sample]:
        """The images of a split, in the order of :meth:`files`; nothing is read yet."""
        return [
            Sample(
                pair.name,
                pair.scene,
                ImageFile(pair.noisy),
                ImageFile(pair.clean) if pair.clean else None,
                pair.groups,
                tuple(map(ImageFile, pair.shots)),
            )
            for pair in self._checked_files(split)
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of the names, scenes and file contents; it does not depend on the place."""
        pairs = self._checked_files(split)
        digests = file_digests(path for pair in pairs for path in pair.paths)
        digest = hashlib.sha256()
        for pair in pairs:
            clean = digests[pair.clean] if pair.clean else "none"
            digest.update(f"{pair.name}\0{pair.scene}\0{digests[pair.noisy]}\0{clean}\0".encode())
            for shot in pair.shots:
                digest.update(f"shot {digests[shot]}\0".encode())
        return digest.hexdigest()

    def prepare(self) -> None:
        """Check that the files are there, and say so if the set is not whole."""
        split = "test" if "test" in self.splits else self.splits[0]
        self.say_if_part(len(self._checked_files(split)), self.root)

    def _checked_files(self, split: str) -> Sequence[FilePair]:
        if split not in self.splits:
            raise DataError(f"this dataset has no split {split!r}; it has {', '.join(self.splits)}")
        pairs = self.files(split)
        if not pairs:
            raise DataError(f"no images found in {self.root}")
        return pairs


def image_files(folder: Path) -> list[Path]:
    """The images that lie in a folder, sorted by name; hidden files and sub-folders are left out.

    Raises:
        DataError: there is no such folder, no image in it, or one whose name is not UTF-8.
    """
    found = _listed(folder)
    if not found:
        raise DataError(
            f"no images in {folder}: it needs files ending in {', '.join(SUFFIXES)} "
            "(sub-folders are not searched)"
        )
    return found


def images_below(folder: Path) -> list[Path]:
    """The images that lie in a folder and in its sub-folders, but no deeper, a folder at a time.

    Raises:
        DataError: there is no such folder, no image in it, or one whose name is not UTF-8.
    """
    found = _listed(folder)
    with reading(folder):
        below = sorted(path for path in folder.iterdir() if path.is_dir())
    for path in below:
        if not path.name.startswith("."):
            found += _listed(path)
    if not found:
        raise DataError(
            f"no images in {folder} and its sub-folders: files end in {', '.join(SUFFIXES)}"
        )
    return found


def _listed(folder: Path) -> list[Path]:
    """The images in a folder, sorted by name; there may be none."""
    with reading(folder):
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            raise DataError(f"cannot read images: {folder} {what}")
        found = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
        )
    for path in found:
        check_name(path)
    return found


def by_stem(files: Iterable[Path], ending: str = "") -> dict[str, Path]:
    """Index files by their stem without ``ending``; those with another ending are left out.

    Args:
        files: what to index.
        ending: of the stem, such as ``_real``; compared with regard to case.

    Raises:
        DataError: two files have the same stem, such as ``a.png`` and ``a.jpg``.
    """
    index: dict[str, Path] = {}
    for path in files:
        if not path.stem.endswith(ending):
            continue
        stem = path.stem.removesuffix(ending)
        if stem in index:
            raise DataError(
                f"two files for one image in {path.parent}: {index[stem].name} and {path.name}; "
                "remove one"
            )
        index[stem] = path
    return index


def matched(
    noisy: dict[str, Path], clean: dict[str, Path], where: Path
) -> list[tuple[str, Path, Path]]:
    """Pair two indices of :func:`by_stem`.

    Returns:
        Stem, noisy file and clean file, sorted by stem.

    Raises:
        DataError: a file's other half is missing; names the files.
    """
    for present, absent, missing in ((noisy, clean, "clean"), (clean, noisy, "noisy")):
        if alone := [present[stem].name for stem in sorted(present.keys() - absent.keys())]:
            raise DataError(f"{where}: no {missing} image for {some(alone)}")
    return [(stem, noisy[stem], clean[stem]) for stem in sorted(noisy)]
