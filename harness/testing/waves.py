"""A plugin for tests: a tiny dataset whose noise is known, white and of one strength."""

from collections.abc import Sequence

from harness.data.dataset import Dataset, Sample
from harness.plugin.hooks import hookimpl
from harness.specs import DatasetSpec, NonNegativeFloat, Positive
from harness.testing.contracts.images import NOISE, clean_image, noisy_image

NAME = "testing-waves"
"""Of the dataset."""

SPLITS = ("train", "test")


@hookimpl
def harness_register_datasets() -> DatasetSpec:
    """Announce the dataset."""
    return DatasetSpec(
        name=NAME,
        target=f"{__name__}:Waves",
        summary="Waves and edges with white noise, for a test.",
        splits=SPLITS,
        trains_on=f"{NAME}[sigma={{sigma}},side={{side}},channels={{channels}}]",
    )


class Waves(Dataset):
    """Slanted waves and an edge, each image a scene of its own, with white noise.

    Noisy pixels are clipped and rounded; of grey levels between 38 and 218 few are near the ends.

    Args:
        sigma: standard deviation of the noise, in grey levels of 255.
        count: number of images in a split.
        side: height and width of an image, in pixels.
        channels: number of channels.
    """

    def __init__(
        self,
        sigma: NonNegativeFloat = NOISE,
        count: Positive = 3,
        side: Positive = 48,
        channels: Positive = 3,
    ) -> None:
        self.sigma = sigma
        self.count = count
        self.side = side
        self.channels = channels

    def samples(self, split: str) -> Sequence[Sample]:
        """The images of a split; no two splits share one."""
        first = 1000 * SPLITS.index(split)
        return [self._sample(first + index) for index in range(self.count)]

    def _sample(self, index: int) -> Sample:
        clean = clean_image(self.side, self.side, self.channels, index)
        noisy = noisy_image(clean, index, self.sigma)
        name = f"wave-{index}"
        return Sample(name, name, noisy.copy, clean.copy)
