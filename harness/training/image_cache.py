"""Where training images stay while a fit runs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil

from harness.data.dataset import Image, Sample

SHARE_OF_MEMORY = 0.5
"""Images are held in memory up to this share of what is available when a fit starts."""


@dataclass
class ImageCache:
    """Holds decoded images: in memory, and past a limit in memory-mapped files.

    So no file is decoded twice, and a training set larger than memory still trains.

    Args:
        folder: where the memory-mapped files go; made when the first is written.
        limit: bytes to hold in memory; by default half of what is available.
    """

    folder: Path
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.limit is None:
            self.limit = int(psutil.virtual_memory().available * SHARE_OF_MEMORY)
        self._held = 0
        self._files = 0

    def cached(self, sample: Sample) -> Sample:
        """The same sample, whose images are held here once they are read."""
        return replace(
            sample,
            noisy=self._holding(sample.noisy),
            clean=self._holding(sample.clean) if sample.clean else None,
        )

    def _holding(self, read: Callable[[], Image]) -> Callable[[], Image]:
        held: list[Image] = []

        def read_once() -> Image:
            if not held:
                held.append(self._hold(read()))
            return held[0]

        return read_once

    def _hold(self, image: Image) -> Image:
        assert self.limit is not None
        if self._held + image.nbytes <= self.limit:
            self._held += image.nbytes
            return image if image.flags.writeable else image.copy()  # torch wants writable pages
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{self._files}.npy"
        self._files += 1
        np.save(file, image)
        mapped: Image = np.load(file, mmap_mode="c")
        return mapped
