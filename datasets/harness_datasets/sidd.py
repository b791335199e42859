"""SIDD's training images: photographs of smartphones, with ground truth made from many shots."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from harness import DataError, FileDataset, FilePair, some, subfolder

_log = logging.getLogger(__name__)

_INSTANCE = re.compile(
    r"(?P<instance>\d{4})_(?P<scene>\d{3})_(?P<camera>GP|IP|S6|N6|G4)_(?P<iso>\d{5})"
    r"_(?P<shutter>\d{5})_(?P<temperature>\d{4})_(?P<brightness>[LNH])",
    re.IGNORECASE,
)
_SHOT = re.compile(r"(?:(?P<instance>\d{4})_)?(?P<half>NOISY|GT)_SRGB_(?P<shot>\d{3})\.PNG", re.I)


class SIDDMedium(FileDataset):
    """The training images of SIDD: two pairs of each of 160 instances.

    An instance is a scene under one setting of one phone, and a folder of seven fields: instance,
    scene, phone, ISO, shutter (one over the seconds), colour temperature, brightness. ``root`` is
    the folder of the instances, or one above::

        SIDD_Medium_Srgb/
            Data/
                0001_001_S6_00100_00060_3200_L/
                    0001_NOISY_SRGB_010.PNG         noisy
                    0001_GT_SRGB_010.PNG            clean
                    0001_NOISY_SRGB_011.PNG
                    0001_GT_SRGB_011.PNG

    SIDD Small, one pair of each instance, is read too, and its copies without the instance in a
    file's name (``NOISY_SRGB_010.PNG``). Case does not matter. Images are named by folder and shot,
    ``0001_001_S6_00100_00060_3200_L_010``; the scene is the second field, for what the camera looks
    at is the same in all its instances.
    """

    expected = 320
    splits: ClassVar[tuple[str, ...]] = ("train",)

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, sorted by name.

        Raises:
            DataError: a folder is not named as an instance, or half a pair is missing.
        """
        return [pair for folder in self._instances() for pair in _pairs(folder)]

    def prepare(self) -> None:
        """Check that the files are there, and say if the set is not whole or is SIDD Small."""
        instances = len(self._instances())
        if len(self._checked_files("train")) == instances:
            _log.warning(
                "%s holds SIDD Small, one pair of each of %d instances: what is trained on it "
                "cannot be compared with what is published",
                self.root,
                instances,
            )
        else:
            super().prepare()

    def problems(self) -> Iterable[str]:
        """Instances of which a pair is missing, and SIDD Small in the place of SIDD Medium."""
        counts = Counter(pair.name.rpartition("_")[0] for pair in self.files("train"))
        if set(counts.values()) == {1}:
            yield (
                f"{self.root} holds SIDD Small, one pair of an instance; SIDD Medium, which papers "
                "train on, has two"
            )
        elif alone := sorted(name for name, count in counts.items() if count != 2):
            yield f"{self.root}: another number than two pairs of {some(alone)}"

    def _instances(self) -> list[Path]:
        """The folders of the instances, sorted by name."""
        root = self.root
        for name in ("SIDD_Medium_Srgb", "SIDD_Small_sRGB_Only", "Data"):
            root = subfolder(root, name)
        if not root.is_dir():
            raise DataError(f"cannot read images: {root} is no folder")
        folders = sorted(
            path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._"
        )
        if strange := [path.name for path in folders if not _INSTANCE.fullmatch(path.name)]:
            raise DataError(
                f"{root} holds folders that are no instances of SIDD, named as "
                f"0001_001_S6_00100_00060_3200_L: {some(strange)}"
            )
        if not folders:
            raise DataError(f"no folders of SIDD's instances in {root}")
        return folders


def _pairs(folder: Path) -> list[FilePair]:
    """The pairs of an instance, by shot."""
    fields = _INSTANCE.fullmatch(folder.name)
    assert fields is not None
    halves: dict[str, dict[str, Path]] = {"NOISY": {}, "GT": {}}
    for path in sorted(folder.iterdir()):
        named = _SHOT.fullmatch(path.name)
        if named is None:
            continue
        if named["instance"] not in (None, fields["instance"]):
            raise DataError(f"{path} is of another instance than its folder")
        half = halves[named["half"].upper()]
        if named["shot"] in half:
            raise DataError(f"two files for one image: {half[named['shot']]} and {path.name}")
        half[named["shot"]] = path
    noisy, clean = halves["NOISY"], halves["GT"]
    if alone := [(noisy | clean)[shot].name for shot in sorted(noisy.keys() ^ clean.keys())]:
        raise DataError(f"{folder}: the other half is missing for {some(alone)}")
    if not noisy:
        raise DataError(f"no images named *_NOISY_SRGB_* in {folder}")
    groups = {
        "camera": fields["camera"].upper(),
        "iso": str(int(fields["iso"])),
        "brightness": fields["brightness"].upper(),
    }
    return [
        FilePair(f"{folder.name}_{shot}", fields["scene"], noisy[shot], clean[shot], groups)
        for shot in sorted(noisy)
    ]
