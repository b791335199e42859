"""NIND: photographs of static scenes at rising ISO, the lowest of which is the ground truth."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from harness import DataError, FileDataset, FilePair, by_stem, images_below, read_header, some
from harness_datasets.checks import found_pairs, unknown_names

_NAME = re.compile(r"NIND_(?P<scene>.+)_ISO(?P<iso>[Hh]?\d+)(?:-(?P<repeat>\d+))?")

_SAME = 1.1
"""Values nearer than this ratio are one ISO: cameras step by a third of a stop, a ratio of 1.26,
and the scene ``colorscreen`` has repeats that are called ISO 201 and 202."""

_WHOLE = {8: ("JPEG", 91, 515), 16: ("PNG", 23, 234)}
"""By bits: kind of files, number of scenes, number of images; as listed on 2021-05-21."""


@dataclass(frozen=True)
class _Shot:
    """One photograph of a scene.

    Attributes:
        path: its file.
        scene: its name, in which hyphens are common.
        iso: as in the name, such as ``200``, or ``H1`` beyond the camera's numbers.
        repeat: counts the photographs of one ISO, from 1.
    """

    path: Path
    scene: str
    iso: str
    repeat: int

    @property
    def place(self) -> tuple[bool, int, int]:
        """Sorts by ISO, those beyond the camera's numbers last, then by repeat."""
        return self.iso.startswith("H"), int(self.iso.lstrip("H")), self.repeat


class NIND(FileDataset):
    """The Natural Image Noise Dataset: every photograph but those of the lowest ISO is noisy.

    ``root`` holds a folder per scene, or all the files::

        MuseeL-bunso/NIND_MuseeL-bunso_ISO200.jpg       clean: the scene's lowest ISO
        MuseeL-bunso/NIND_MuseeL-bunso_ISO200-2.jpg     a repeat of it: left out
        MuseeL-bunso/NIND_MuseeL-bunso_ISO6400.jpg      noisy
        MuseeL-bunso/NIND_MuseeL-bunso_ISOH1.jpg        noisy, beyond the camera's numbers

    The clean image of a scene is the first photograph of its lowest ISO, 200, 100 or 50. Repeats of
    that are as clean and never count as noisy, also where they are called 201 and 202. All others,
    repeats included, are noisy images, with their ISO as the group ``iso``.

    Args:
        root: the folder.
        bits: depth of the images: 8, JPEG files of 91 scenes; or 16, PNG files of 23 scenes.
        iso: which ISO are noisy, such as ``[3200,6400,H1]``; none given: all above the lowest.
    """

    def __init__(
        self, root: str | Path, bits: Literal[8, 16] = 8, iso: tuple[str, ...] = ()
    ) -> None:
        super().__init__(root)
        self.bits = bits
        self.iso = tuple(value.upper() for value in iso)

    @property
    def expected(self) -> int | None:  # type: ignore[override] # it follows from the files
        """The noisy images there are, and one more for every file that is missing."""
        return len(found_pairs(self)) + self._missing()

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, by scene, then by ISO and repeat.

        Raises:
            DataError: there is no such folder, no photograph of the set and depth in it, or none of
                an ISO asked for.
        """
        noisy = [pair for shots in self._scenes.values() for pair in _noisy(shots)]
        if not noisy:
            others = 24 - self.bits
            raise DataError(
                f"no photographs of {self.bits} bit named NIND_<scene>_ISO<value>, of two ISO or "
                f"more, in {self.root}; for those of {others} bit say nind[bits={others}]"
            )
        there = dict.fromkeys(shot.iso for shot in sorted((n for n, _ in noisy), key=_place))
        if absent := [value for value in self.iso if value not in there]:
            raise DataError(
                f"no noisy photographs of ISO {some(absent)} in {self.root}; there are those of "
                f"{some(list(there), 20)}"
            )
        return [
            FilePair(shot.path.stem, shot.scene, shot.path, clean.path, {"iso": shot.iso})
            for shot, clean in noisy
            if not self.iso or shot.iso in self.iso
        ]

    def problems(self) -> Iterator[str]:
        """Missing images, scenes of one ISO alone, and names that tell nothing."""
        with suppress(DataError):  # reading the images tells
            kind, scenes, images = _WHOLE[self.bits]
            if missing := self._missing():
                yield (
                    f"holds {images - missing} of the {images} images and {len(self._scenes)} of "
                    f"the {scenes} scenes of {self.bits} bit ({kind})"
                )
            if single := [name for name, shots in self._scenes.items() if not _noisy(shots)]:
                yield f"scenes of one ISO alone, which give no noisy image: {some(single)}"
            odd = [path.name for path in self._files.values() if not _NAME.fullmatch(path.stem)]
            yield from unknown_names(odd, "NIND", "scene and ISO")

    @cached_property
    def _files(self) -> dict[str, Path]:
        """All images of the depth, by stem."""
        dtype = f"uint{self.bits}"
        found = images_below(self.root)
        return by_stem(path for path in found if read_header(path).dtype == dtype)

    @cached_property
    def _scenes(self) -> dict[str, list[_Shot]]:
        """The photographs of each scene, by ISO and repeat; the scenes by name."""
        scenes: dict[str, list[_Shot]] = {}
        for stem, path in self._files.items():
            if parts := _NAME.fullmatch(stem):
                iso = parts["iso"].upper()
                shot = _Shot(path, parts["scene"], iso, int(parts["repeat"] or 1))
                scenes.setdefault(shot.scene, []).append(shot)
        return {name: sorted(shots, key=_place) for name, shots in sorted(scenes.items())}

    def _missing(self) -> int:
        """How many images of the depth are missing, clean ones included."""
        with suppress(DataError):
            return max(0, _WHOLE[self.bits][2] - sum(map(len, self._scenes.values())))
        return 0


def _place(shot: _Shot) -> tuple[bool, int, int]:
    return shot.place


def _noisy(shots: Sequence[_Shot]) -> list[tuple[_Shot, _Shot]]:
    """The noisy photographs of a scene, each with the clean one; ``shots`` is in order."""
    clean = shots[0]
    return [(shot, clean) for shot in shots if not _of_one_iso(shot, clean)]


def _of_one_iso(shot: _Shot, lowest: _Shot) -> bool:
    beyond, value, _ = shot.place
    return beyond == lowest.place[0] and value < _SAME * lowest.place[1]
