"""Photographs through a simulated camera: realistic noise without a download."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from harness import Minimum, NonNegative, Sample
from harness_datasets import isp
from harness_datasets.scenes import (
    ENLARGEMENT,
    Cut,
    OfPhotographs,
    cuts_of,
    enlarge,
    fingerprint,
)


class Camera(OfPhotographs):
    """Scenes as a small sensor sees them at high sensitivity.

    Photographs are brought back to what a sensor measures, noise is added there, and the noisy and
    the noiseless mosaic are developed alike (:mod:`harness_datasets.isp`). So the clean image
    has the errors of demosaicking too, and the two differ by noise alone.

    The noise of an image is drawn from the seed and the image's name, so it is the same whenever
    the image is read: no method can average draws.

    Args:
        iso: sensitivity; full scale holds ``1e6 / iso`` electrons.
        seed: number from which the one noise draw follows.
        shots: further shots of every image, with noise of their own, for metrics without ground
            truth alone.
    """

    def __init__(
        self,
        iso: Annotated[int, Minimum(50)] = 8000,
        seed: NonNegative = 0,
        shots: NonNegative = 0,
    ) -> None:
        self.iso = iso
        self.seed = seed
        self.shots = shots

    def samples(self, split: str) -> Sequence[Sample]:
        """Five images to train on, 15 to test on, and 11 to tune methods on.

        ``train`` is a large part of each of five photographs, ``test`` three 256x256 blocks of the
        rest of each, and ``tune`` such blocks of what is left of them, and of three photographs
        that nothing else comes from.

        Raises:
            DataError: there is no such split, or scikit-image lacks its photographs.
        """
        return [
            Sample(
                cut.name,
                cut.scene,
                _NoisyImage(cut, self.iso, (self.seed,)),
                _CleanImage(cut),
                shots=tuple(
                    _NoisyImage(cut, self.iso, (self.seed, shot))
                    for shot in range(1, self.shots + 1)
                ),
            )
            for cut in cuts_of(split)
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of all that the pixels are made from; nothing is developed for it."""
        parameters = {"iso": self.iso, "seed": self.seed, "shots": self.shots}
        return fingerprint(split, parameters, __file__, isp.__file__)


@dataclass(frozen=True)
class _NoisyImage:
    """Develops the noisy image of a cut; its array belongs to the caller."""

    cut: Cut
    iso: int
    seed: tuple[int, ...]

    def __call__(self) -> NDArray[np.uint8]:
        return _noisy(self.cut, self.iso, self.seed).copy()


@dataclass(frozen=True)
class _CleanImage:
    """Develops the clean image of a cut; its array belongs to the caller."""

    cut: Cut

    def __call__(self) -> NDArray[np.uint8]:
        return _clean(self.cut).copy()


@lru_cache(maxsize=64)
def _noisy(cut: Cut, iso: int, seed: tuple[int, ...]) -> NDArray[np.uint8]:
    generator = np.random.default_rng([*seed, *cut.name.encode()])
    noisy = isp.develop(isp.add_noise(_mosaic(cut), iso, generator))
    return noisy[: cut.largest, : cut.largest]


@lru_cache(maxsize=64)
def _clean(cut: Cut) -> NDArray[np.uint8]:
    return isp.develop(_mosaic(cut))[: cut.largest, : cut.largest]


def _mosaic(cut: Cut) -> isp.Plane:
    part = cut.photograph()
    height, width = part.shape[:2]
    return isp.expose(enlarge(part, ENLARGEMENT * height, ENLARGEMENT * width))
