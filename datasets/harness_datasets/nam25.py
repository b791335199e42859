"""Nam25: the 25 crops of Nam et al.'s real noisy photographs that come with CBDNet."""

from collections.abc import Sequence

from harness import DataError, FileDataset, FilePair, by_stem, image_files, matched, subfolder
from harness_datasets.checks import found_pairs, headers_of, other_sizes


class Nam25(FileDataset):
    """The 25 crops that papers call Nam, and which are not those of CC15.

    ``root`` holds these folders, or all the files::

        Nam_patches/01_noise.png        noisy, 512x512
        Nam_patch_GT/01_gt.png          clean

    The names are numbers, which tell neither camera nor photograph: every crop counts as a scene of
    its own, though some may be of one photograph.
    """

    expected = 25

    def files(self, split: str) -> Sequence[FilePair]:
        """The pairs, sorted by stem.

        Raises:
            DataError: there is no such folder or no crop in it, or half a pair is missing.
        """
        noisy_folder = subfolder(self.root, "Nam_patches")
        noisy = by_stem(image_files(noisy_folder), "_noise")
        clean = by_stem(image_files(subfolder(self.root, "Nam_patch_GT")), "_gt")
        if not noisy:
            raise DataError(f"no images named *_noise in {noisy_folder}, as Nam25's are")
        return [
            FilePair(stem, stem, noisy_path, clean_path)
            for stem, noisy_path, clean_path in matched(noisy, clean, self.root)
        ]

    def problems(self) -> Sequence[str]:
        """Crops of another size."""
        pairs = found_pairs(self)
        headers = headers_of(path for pair in pairs for path in (pair.noisy, pair.clean) if path)
        return list(other_sizes(headers, [(512, 512)], "Nam25"))
