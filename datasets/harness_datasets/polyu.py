"""PolyU: real noisy photographs from five cameras, with the mean of many shots as ground truth."""

from collections.abc import Sequence
from typing import ClassVar

from harness import DataError, FileDataset, FilePair, by_stem, image_files, matched, subfolder


class PolyU(FileDataset):
    """The 100 crops of the PolyU set.

    ``root`` is the folder of the crops or the one that holds ``CroppedImages/``. There,
    ``<stem>_real.JPG`` is noisy and ``<stem>_mean.JPG`` clean, with the stem
    ``<camera>_<aperture>_<shutter>_<ISO>_<object>_<index>``; one stem has two underscores before
    its index. Crops of one object and camera setting share a scene. The full-size originals are
    ``*_Real.JPG`` with a capital R, and are left out.
    """

    expected: ClassVar[int | None] = 100

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, sorted by stem.

        Raises:
            DataError: there is no such folder or no crop in it, or half a pair is missing.
        """
        folder = subfolder(self.root, "CroppedImages")
        found = image_files(folder)
        originals = by_stem(found, "_Real")
        clean = by_stem(found, "_mean")
        crops_clean = {stem: path for stem, path in clean.items() if stem not in originals}
        noisy = by_stem(found, "_real")
        if originals and not noisy:
            raise DataError(
                f"{folder} holds PolyU's full-size originals (*_Real); "
                "the benchmark is the crops (*_real) in CroppedImages"
            )
        if not noisy:
            raise DataError(f"no images named *_real in {folder}, as PolyU's crops are")
        return [
            FilePair(stem, stem.rpartition("_")[0].rstrip("_"), noisy_path, clean_path)
            for stem, noisy_path, clean_path in matched(noisy, crops_clean, folder)
        ]
