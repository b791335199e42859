"""CC15: 15 crops of real noisy photographs from three cameras (Nam et al., CVPR 2016)."""

from collections.abc import Sequence
from typing import ClassVar

from harness import DataError, FileDataset, FilePair, by_stem, image_files, matched, subfolder


class CC15(FileDataset):
    """The 15 crops that papers call CC or Nam.

    ``root`` is the folder of the crops or the one that holds ``Real_ccnoise_denoised_part/``.
    There, ``<stem>_real.png`` is noisy and ``<stem>_mean.png`` clean, with the stem
    ``<camera>_iso<ISO>_<index>``. Crops of one camera and ISO share a scene. ``*_ours`` is the
    result of a method and never read. A copy in use has the crops of the 5D Mark III twice, as
    ``5dmark3_*`` and ``5dma_*``: the second name is left out where the first is there.
    """

    expected: ClassVar[int | None] = 15

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, sorted by stem.

        Raises:
            DataError: there is no such folder or no crop in it, or half a pair is missing.
        """
        folder = subfolder(self.root, "Real_ccnoise_denoised_part")
        found = image_files(folder)
        if any(path.name.startswith("5dmark3_") for path in found):
            found = [path for path in found if not path.name.startswith("5dma_")]
        noisy, clean = by_stem(found, "_real"), by_stem(found, "_mean")
        if not noisy:
            raise DataError(f"no images named *_real in {folder}, as CC15's are")
        return [
            FilePair(stem, stem.rpartition("_")[0], noisy_path, clean_path)
            for stem, noisy_path, clean_path in matched(noisy, clean, folder)
        ]
