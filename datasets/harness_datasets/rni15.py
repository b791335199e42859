"""RNI15: 15 real noisy images without ground truth, to be looked at."""

from collections.abc import Sequence

from harness import FileDataset, FilePair, by_stem, image_files, some
from harness_datasets.checks import found_pairs

_NAMES = (
    "Audrey_Hepburn Bears Boy Dog Flowers Frog Glass Movie Pattern1 Pattern2 Pattern3 Postcards "
    "Singer Stars Window"
)


class RNI15(FileDataset):
    """The 15 images of RNI15, of which nobody has clean ones: there are pictures and no scores.

    ``root`` holds the images, each a scene of its own::

        Audrey_Hepburn.jpg      noisy
        Bears.png               noisy; and so on to Window.png
    """

    expected = 15

    def files(self, split: str) -> Sequence[FilePair]:
        """The images, sorted by name.

        Raises:
            DataError: there is no such folder, no image in it, or two of one name.
        """
        found = by_stem(image_files(self.root))
        return [FilePair(stem, stem, path) for stem, path in sorted(found.items())]

    def problems(self) -> Sequence[str]:
        """Images that are none of the set's."""
        found = found_pairs(self)
        others = [pair.noisy.name for pair in found if pair.name not in _NAMES.split()]
        return [f"images that are none of RNI15's: {some(others)}; remove them"] if others else []
