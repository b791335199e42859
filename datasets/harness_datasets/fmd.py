"""FMD: fluorescence microscopy, each view captured 50 times, with their mean as ground truth."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from harness import (
    DataError,
    FileDataset,
    FilePair,
    Maximum,
    Minimum,
    by_stem,
    image_files,
    some,
    subfolder,
)
from harness_datasets.checks import found_pairs, headers_of, of_other_kind, other_sizes

VIEWS = 20
CAPTURES = 50

Type = Literal[
    "all",
    "Confocal_BPAE_B",
    "Confocal_BPAE_G",
    "Confocal_BPAE_R",
    "Confocal_FISH",
    "Confocal_MICE",
    "TwoPhoton_BPAE_B",
    "TwoPhoton_BPAE_G",
    "TwoPhoton_BPAE_R",
    "TwoPhoton_MICE",
    "WideField_BPAE_B",
    "WideField_BPAE_G",
    "WideField_BPAE_R",
]
"""Microscope, sample and, where there are several, stain."""

_TYPES: tuple[str, ...] = get_args(Type)[1:]

Level = Literal["raw", "avg2", "avg4", "avg8", "avg16"]
"""Single captures, or means of so many."""


class FMD(FileDataset):
    """The Fluorescence Microscopy Denoising dataset; grey images of 512x512.

    ``root`` holds a folder per type, those that are there::

        Confocal_FISH/raw/1/*.png           noisy: 50 captures of view 1
        Confocal_FISH/avg2/1/*.png          noisy: means of 2; also avg4, avg8, avg16
        Confocal_FISH/gt/1/avg50.png        clean: the mean of all 50
        Confocal_FISH/raw/2/*.png           and so on to view 20

    A scene is a view of a type, and all its captures share their ground truth. View 19 of every
    type is tested on, the others are trained on. The name of a type gives the groups ``type`` and
    ``microscope``.

    Args:
        root: the folder.
        type: which type; ``all``: those that are there.
        level: captures, or means of 2, 4, 8 or 16.
        test_view: the view that is tested on.
    """

    splits: ClassVar[tuple[str, ...]] = ("train", "test")

    def __init__(
        self,
        root: str | Path,
        type: Type = "all",  # noqa: A002 (what the set calls it)
        level: Level = "raw",
        test_view: Annotated[int, Minimum(1), Maximum(VIEWS)] = 19,
    ) -> None:
        super().__init__(root)
        self.type = type
        self.level = level
        self.test_view = test_view
        self.expected = CAPTURES * (len(_TYPES) if type == "all" else 1)

    def files(self, split: str) -> Sequence[FilePair]:
        """The captures, by type, view and name.

        Raises:
            DataError: there is no such type or view, or the ground truth of a view is missing.
        """
        views = [
            view for view in range(1, VIEWS + 1) if (view == self.test_view) == (split == "test")
        ]
        pairs = [
            pair
            for name, folder in self._folders().items()
            for view in views
            for pair in self._captures(name, folder, view)
        ]
        if not pairs:
            numbers = some([str(view) for view in views], VIEWS)
            raise DataError(
                f"no captures in {self.root}: the split {split} is view {numbers} of each type, "
                f"such as {_TYPES[0]}/{self.level}/{views[0]}"
            )
        return pairs

    def problems(self) -> Iterator[str]:
        """Types and captures that are missing, and images that are not grey or not 512x512."""
        pairs = [pair for split in self.splits for pair in found_pairs(self, split)]
        with suppress(DataError):
            folders = self._folders()
            if missing := [each for each in self._wanted if each not in folders]:
                yield f"lacks the types {some(missing, len(missing))}"
        counts: dict[str, int] = {}
        for pair in pairs:
            counts[pair.scene] = counts.get(pair.scene, 0) + 1
        if few := [f"{scene} ({count})" for scene, count in counts.items() if count != CAPTURES]:
            yield f"not {CAPTURES} captures of a view: {some(few)}"
        headers = headers_of(path for pair in pairs for path in (pair.clean, pair.noisy) if path)
        yield from other_sizes(headers, [(512, 512)], "FMD")
        yield from of_other_kind(headers, 1, "FMD")

    @property
    def _wanted(self) -> tuple[str, ...]:
        return _TYPES if self.type == "all" else (self.type,)

    def _folders(self) -> dict[str, Path]:
        """The folders of the types that are there; a single type may lie in the root itself.

        Raises:
            DataError: there is none.
        """
        folders = {name: subfolder(self.root, name) for name in self._wanted}
        if self.type != "all":
            return folders
        there = {name: folder for name, folder in folders.items() if folder != self.root}
        if not there:
            raise DataError(
                f"no types of FMD in {self.root}: its folders are {_TYPES[0]} to {_TYPES[-1]}; for "
                "the folder of a type say fmd[type=NAME]"
            )
        return there

    def _captures(self, name: str, folder: Path, view: int) -> Iterator[FilePair]:
        """The captures of a view; none where it is not there."""
        noisy_folder = folder / self.level / str(view)
        if not noisy_folder.is_dir():
            return
        scene = f"{name}_{view}"
        clean = image_files(folder / "gt" / str(view))
        if len(clean) > 1:
            raise DataError(f"several images of ground truth in {clean[0].parent}; keep one")
        groups = {"type": name, "microscope": name.partition("_")[0]}
        for stem, path in sorted(by_stem(image_files(noisy_folder)).items()):
            yield FilePair(f"{scene}_{stem}", scene, path, clean[0], groups)
