"""Where training images stay while a fit runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from mmap import mmap
from pathlib import Path

import numpy as np
import psutil

from harness.data.dataset import Image, Sample
from harness.data.views import own_copy, shown_samples
from harness.specs import View
from harness.util.files import write_with
from harness.util.memory import memory_share

SHARE_OF_MEMORY = 0.5
"""Images are held in memory up to this share of what is available when a fit starts; the processes
of the fit divide it, and so do jobs side by side."""


def held_samples(
    samples: Sequence[Sample],
    view: View,
    clean_samples: Sequence[Sample] | None,
    cache: "ImageCache",
) -> tuple[list[Sample], list[Sample]]:
    """Read what training of a view sees, and let go of what could read more.

    Done before the method exists, it leaves a self-supervised one no reader of a clean image.

    Args:
        samples: the training split.
        view: the most that any stage sees.
        clean_samples: images of other scenes, of whose clean halves ``unpaired`` takes; None: those
            of every other scene of ``samples``.
        cache: holds the images.

    Returns:
        As :func:`harness.data.views.shown_samples`; all noisy images of the first are read.

    Raises:
        DataError: an image cannot be read, or all show one scene and unpaired training needs two.
    """
    shown, others = shown_samples(samples, view, clean_samples)
    held = [cache.cached(sample) for sample in shown]
    for sample in held:
        sample.noisy()
    return held, [cache.cached(sample) for sample in others]


@dataclass
class ImageCache:
    """Holds decoded images: in memory, and past a limit in memory-mapped files.

    So no file is decoded twice, and a training set larger than memory still trains. Images of a
    store, see :mod:`harness.data.prepared`, stay where they are.

    Args:
        folder: where the memory-mapped files go; made when the first is written.
        limit: bytes to hold in memory; by default this process's part of half of what is
            available.
        processes: how many processes of the fit run on this machine, each with a cache.
    """

    folder: Path
    limit: int | None = None
    processes: int = 1

    def __post_init__(self) -> None:
        if self.limit is None:
            available = psutil.virtual_memory().available
            own = memory_share() / self.processes
            self.limit = int(available * SHARE_OF_MEMORY * own)
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
        readers = [read]
        held: list[Image] = []

        def read_once() -> Image:
            if not held:
                held.append(self._hold(own_copy(readers[0]())))
                readers.clear()  # it may know more than this image
            return held[0]

        return read_once

    def _hold(self, image: Image) -> Image:
        assert self.limit is not None
        owner: object = image.base
        if isinstance(owner, mmap):  # it lies in a file already
            return image
        if self._held + image.nbytes <= self.limit:
            self._held += image.nbytes
            return image if image.flags.writeable else image.copy()  # torch wants writable pages
        file = self.folder / f"{self._files}.raw"
        self._files += 1
        write_with(file, lambda temporary: temporary.write_bytes(np.ascontiguousarray(image).data))
        return np.memmap(file, image.dtype, "c", shape=image.shape)
