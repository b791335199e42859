"""PolyU: real noisy photographs from five cameras, with the mean of many shots as ground truth."""

import re
from collections.abc import Sequence
from pathlib import Path

from harness import DataError, FileDataset, FilePair, by_stem, image_files, matched, subfolder
from harness_datasets.checks import (
    found_pairs,
    headers_of,
    other_sizes,
    unknown_names,
)

_STEM = re.compile(
    r"(?P<camera>[A-Za-z]+(?:_?[A-Za-z]*\d+[A-Za-z0-9]*)?)"
    r"_(?P<aperture>\d+(?:-\d+)?)_(?P<shutter>\d+(?:-\d+)?)_(?P<iso>\d+)"
    r"_(?P<object>[^_]+(?:_+[^_\d][^_]*)*)(?:_+(?P<index>\d+))?"
)
"""How both kinds of files are named; decimals are written with a hyphen."""

_CAMERAS = {"nikon800": "NikonD800", "sonya7ii": "Sony"}
"""The crops' names for cameras that the originals call otherwise, in lower case and joined."""


class PolyU(FileDataset):
    """The PolyU set: its 100 crops, which are the benchmark, or the 40 photographs they are from.

    ``root`` holds one or both of these folders, or is the one that is read::

        CroppedImages/Canon5D2_5_160_3200_chair_11_real.JPG     noisy, 512x512
        CroppedImages/Canon5D2_5_160_3200_chair_11_mean.JPG     clean
        OriginalImages/SonyA7II_4_200_3200_door_Real.JPG        noisy, whole
        OriginalImages/SonyA7II_4_200_3200_door_mean.JPG        clean

    Stems are ``<camera>_<aperture>_<shutter>_<ISO>_<object>``, and ``_<index>`` for a crop, two of
    whose underscores may stand together. What they show is the scene, so that crops of one object
    are never divided; originals and crops of it share that name. The two kinds call some cameras
    differently (``NikonD800``, ``Nikon800``, ``Nikon_800``; ``Sony``, ``SonyA7II``); the group
    ``camera`` has the crops' name for both. ``iso`` is as the name says.

    Args:
        root: the folder.
        crops: the 100 crops; else the full-size originals, ``*_Real`` with a capital R.
    """

    def __init__(self, root: str | Path, crops: bool = True) -> None:
        super().__init__(root)
        self.crops = crops
        self.expected = 100 if crops else 40

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, sorted by stem.

        Raises:
            DataError: there is no such folder or no such image in it, or half a pair is missing.
        """
        folder = subfolder(self.root, "CroppedImages" if self.crops else "OriginalImages")
        found = image_files(folder)
        crops, originals = by_stem(found, "_real"), by_stem(found, "_Real")
        noisy, others = (crops, originals) if self.crops else (originals, crops)
        if not noisy:
            raise self._missing(folder, bool(others))
        clean = {stem: path for stem, path in by_stem(found, "_mean").items() if stem not in others}
        return [
            FilePair(stem, _scene(stem), noisy_path, clean_path, _groups(stem))
            for stem, noisy_path, clean_path in matched(noisy, clean, folder)
        ]

    def problems(self) -> Sequence[str]:
        """Crops of another size, and names that tell nothing."""
        pairs = found_pairs(self)
        noisy = headers_of(pair.noisy for pair in pairs)
        odd = [pair.noisy.name for pair in pairs if not pair.groups]
        return [
            *(other_sizes(noisy, [(512, 512)], "PolyU's crops") if self.crops else ()),
            *unknown_names(odd, "PolyU", "scene and camera"),
        ]

    def _missing(self, folder: Path, has_others: bool) -> DataError:
        if self.crops and has_others:
            return DataError(
                f"{folder} holds PolyU's full-size originals (*_Real); the benchmark is the crops "
                "(*_real) in CroppedImages; for the originals say polyu[crops=false]"
            )
        if has_others:
            return DataError(
                f"{folder} holds PolyU's crops (*_real); polyu[crops=false] reads the originals "
                "(*_Real) in OriginalImages"
            )
        ending, what = ("_real", "crops") if self.crops else ("_Real", "originals")
        return DataError(f"no images named *{ending} in {folder}, as PolyU's {what} are")


def _scene(stem: str) -> str:
    """What an image shows; for a name that is none of PolyU's, all but its index."""
    parts = _STEM.fullmatch(stem)
    return parts["object"] if parts else stem.rpartition("_")[0].rstrip("_") or stem


def _groups(stem: str) -> dict[str, str]:
    """Camera and ISO; nothing for a name that is none of PolyU's."""
    parts = _STEM.fullmatch(stem)
    if parts is None:
        return {}
    spelled = parts["camera"].replace("_", "")
    return {"camera": _CAMERAS.get(spelled.lower(), spelled), "iso": parts["iso"]}
