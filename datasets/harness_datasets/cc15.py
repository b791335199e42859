"""CC15: 15 crops of real noisy photographs from three cameras (Nam et al., CVPR 2016)."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from harness import (
    DataError,
    FileDataset,
    FilePair,
    by_stem,
    image_files,
    matched,
    some,
    subfolder,
)
from harness_datasets.checks import (
    found_pairs,
    headers_of,
    other_sizes,
    unknown_names,
)

_STEM = re.compile(r"(?P<camera>[^_]+)_iso(?P<iso>\d+)_\d+")


class CC15(FileDataset):
    """The 15 crops that papers call CC or Nam.

    ``root`` holds this folder, or is it::

        Real_ccnoise_denoised_part/d800_iso1600_1_real.png      noisy, 512x512
        Real_ccnoise_denoised_part/d800_iso1600_1_mean.png      clean
        Real_ccnoise_denoised_part/d800_iso1600_1_ours.png      a method's result: never read

    Stems are ``<camera>_iso<ISO>_<index>``. Crops of one camera and ISO share a scene, and have the
    groups ``camera`` and ``iso``. A copy in use has the crops of the 5D Mark III twice, as
    ``5dmark3_*`` and ``5dma_*``: the second name is left out where the first is there.
    """

    expected = 15

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, sorted by stem.

        Raises:
            DataError: there is no such folder or no crop in it, or half a pair is missing.
        """
        folder = self._folder()
        found, _ = _without_copies(image_files(folder))
        noisy, clean = by_stem(found, "_real"), by_stem(found, "_mean")
        if not noisy:
            raise DataError(f"no images named *_real in {folder}, as CC15's are")
        return [
            FilePair(stem, stem.rpartition("_")[0], noisy_path, clean_path, _groups(stem))
            for stem, noisy_path, clean_path in matched(noisy, clean, folder)
        ]

    def problems(self) -> Sequence[str]:
        """Second copies, crops of another size, and names that tell nothing."""
        pairs = found_pairs(self)
        copies: list[Path] = []
        with suppress(DataError):
            _, copies = _without_copies(image_files(self._folder()))
        headers = headers_of(path for pair in pairs for path in (pair.noisy, pair.clean) if path)
        odd = [pair.noisy.name for pair in pairs if not pair.groups]
        names = [path.name for path in copies]
        return [
            *([f"second copies of 5dmark3_*, which are left out: {some(names)}"] if names else ()),
            *other_sizes(headers, [(512, 512)], "CC15"),
            *unknown_names(odd, "CC15", "camera and ISO"),
        ]

    def _folder(self) -> Path:
        return subfolder(self.root, "Real_ccnoise_denoised_part")


def _without_copies(found: list[Path]) -> tuple[list[Path], list[Path]]:
    """Divide the files of a folder into those that count and second copies of them."""
    if not any(path.name.startswith("5dmark3_") for path in found):
        return found, []
    copies = [path for path in found if path.name.startswith("5dma_")]
    return [path for path in found if path not in copies], copies


def _groups(stem: str) -> dict[str, str]:
    """Camera and ISO; nothing for a name that is none of CC15's."""
    parts = _STEM.fullmatch(stem)
    return {"camera": parts["camera"], "iso": parts["iso"]} if parts else {}
