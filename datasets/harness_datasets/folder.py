"""Any folder of noisy images, or of noisy and clean pairs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from harness import (
    DataError,
    FileDataset,
    FilePair,
    by_stem,
    image_files,
    images_below,
    matched,
    read_channels,
    some,
    subfolder,
)

_ENDINGS = {  # of the noisy and the clean stem; the second of a layout is as PolyU's originals
    "real-mean": (("_real", "_mean"), ("_Real", "_mean")),
    "n-cl": (("_N", "_CL"),),
}


_CLEAN = "clean"
"""Stem of the clean image among the shots of a burst."""

Layout = Literal["auto", "noisy", "clean", "folders", "real-mean", "n-cl", "bursts"]


class Folder(FileDataset):
    """A user's own images.

    ``root`` holds them, in one of these ways::

        x.png                       noisy, or with layout=clean, clean
        x_real.png, x_mean.png      noisy, clean
        x_N.png, x_CL.png           noisy, clean
        noisy/x.png, clean/x.png    noisy, clean
        x/1.png, x/2.png, …         with layout=bursts, shots of one scene; x/clean.png: clean

    Every image is a scene of its own, called by the stem of its file (without the ending that
    marks its half of a pair) or, of a burst, by its folder. Hidden files and deeper folders are
    left out.

    Layouts: ``real-mean``: ``*_real`` is noisy and ``*_mean`` clean; ``n-cl``: ``*_N`` and
    ``*_CL``; ``folders``: equal stems in the sub-folders ``noisy`` and ``clean``; ``noisy``: every
    image is noisy, without ground truth; ``clean``: every image is clean, and its own noisy half,
    for methods that train on clean images; ``bursts``: a sub-folder for each scene with shots of
    the very same content, of which the first by name is the noisy image, and the others are given
    to metrics without ground truth and to nothing else; ``auto``: the one of these, but ``clean``
    and ``bursts``, that the names show.

    Args:
        root: the folder.
        layout: how pairs are named; ``auto`` looks; ``noisy``, ``clean``: every image is;
            ``bursts``: a sub-folder for each scene holds its shots.
    """

    def __init__(self, root: str | Path, layout: Layout = "auto") -> None:
        super().__init__(root)
        self.layout = layout

    def files(self, split: str) -> Sequence[FilePair]:
        """The images, sorted by stem.

        Raises:
            DataError: there is no such folder or no image in it, half a pair is missing, a file
                belongs to no pair, a burst has no noisy image, or grey and colour images are mixed.
        """
        pairs = list(_bursts(self.root)) if self.layout == "bursts" else self._pairs()
        _check_one_kind([path for pair in pairs for path in pair.paths])
        return pairs

    def _pairs(self) -> list[FilePair]:
        noisy_folder, clean_folder = (subfolder(self.root, half) for half in ("noisy", "clean"))
        both = self.root not in (noisy_folder, clean_folder)
        if self.layout == "folders" or (self.layout == "auto" and both):
            if not both:
                raise DataError(f"{self.root} needs the sub-folders noisy and clean")
            noisy, clean = by_stem(image_files(noisy_folder)), by_stem(image_files(clean_folder))
            return _as_pairs(matched(noisy, clean, self.root))
        found = image_files(self.root)
        if self.layout == "noisy":
            return _unpaired(found)
        if self.layout == "clean":
            return [
                FilePair(pair.name, pair.scene, pair.noisy, pair.noisy) for pair in _unpaired(found)
            ]
        if self.layout != "auto":
            return _by_ending(found, self.layout, self.root)
        layouts = [layout for layout in _ENDINGS if _part_of(found, layout)]
        if not layouts:
            return _unpaired(found)
        rest = [path.name for path in found if path not in _part_of(found, layouts[0])]
        if rest:
            raise DataError(
                f"{self.root} holds {layouts[0]} pairs and files of no such pair: {some(rest)}; "
                f"say folder[layout={layouts[0]}] to leave them out, "
                "or folder[layout=noisy] if all images are noisy"
            )
        return _by_ending(found, layouts[0], self.root)


def _bursts(root: Path) -> Iterator[FilePair]:
    """The bursts in the sub-folders, by name; images beside these are left out."""
    scenes: dict[str, list[Path]] = {}
    for path in images_below(root):
        if path.parent != root:
            scenes.setdefault(path.parent.name, []).append(path)
    if not scenes:
        raise DataError(f"no bursts in {root}: it needs a folder for each scene, with its shots")
    for scene, found in sorted(scenes.items()):
        stems = by_stem(found)
        clean = stems.pop(_CLEAN, None)
        if not stems:
            raise DataError(f"{root / scene} holds no noisy image beside {clean}")
        first, *others = (stems[stem] for stem in sorted(stems))
        yield FilePair(scene, scene, first, clean, shots=tuple(others))


def _by_ending(found: Sequence[Path], layout: str, where: Path) -> list[FilePair]:
    if not _part_of(found, layout):
        endings = " and ".join(f"*{ending}" for ending in _ENDINGS[layout][0])
        raise DataError(f"no images named {endings} in {where}")
    noisy: dict[str, Path] = {}
    clean: dict[str, Path] = {}
    for noisy_ending, clean_ending in _ENDINGS[layout]:
        noisy |= by_stem(found, noisy_ending)
        clean |= by_stem(found, clean_ending)
    return _as_pairs(matched(noisy, clean, where))


def _part_of(found: Sequence[Path], layout: str) -> list[Path]:
    endings = tuple(ending for halves in _ENDINGS[layout] for ending in halves)
    return [path for path in found if path.stem.endswith(endings)]


def _unpaired(found: Sequence[Path]) -> list[FilePair]:
    return [FilePair(stem, stem, path) for stem, path in sorted(by_stem(found).items())]


def _as_pairs(pairs: Sequence[tuple[str, Path, Path]]) -> list[FilePair]:
    return [FilePair(stem, stem, noisy, clean) for stem, noisy, clean in pairs]


def _check_one_kind(paths: Sequence[Path]) -> None:
    kinds: dict[int, list[str]] = {1: [], 3: []}
    for path in paths:
        kinds[read_channels(path)].append(path.name)
    if kinds[1] and kinds[3]:
        raise DataError(
            f"{paths[0].parent} mixes grey images ({some(kinds[1], 3)}) and colour images "
            f"({some(kinds[3], 3)}); put them into two folders"
        )
