"""Photographs through a simulated camera: realistic noise without a download."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from harness import DataError, Dataset, Minimum, NonNegative, Sample, file_digests, read_image
from harness_datasets import isp

ENLARGEMENT = 3
"""How much larger the photographs are made. They are small versions of large ones, with more detail
per pixel than a camera gives: the share of the spectrum (amplitude of luma) above 1/8 cycle per
pixel is 0.20 at twice their size and 0.11 at three times, but 0.12 in PolyU's clean images and 0.14
in CC15's."""

BLOCK = 256
"""Side of a test image, in pixels."""

_WINDOW = -(-BLOCK // ENLARGEMENT)  # what a block covers of a photograph, rounded up


@dataclass(frozen=True)
class _Scene:
    """A photograph and how it is divided, in its own pixels.

    It is cut before it is enlarged, so no pixel has a part in images of two splits; a gap of at
    least ten columns keeps training apart from the rest.

    Attributes:
        name: of the scene.
        file: in the data folder of scikit-image.
        train: width and height of the part for training, which begins top left; None: no part.
        test: left and top of the windows for testing; by eye: texture, edges, flat parts.
        tune: left and top of the windows for tuning methods.
    """

    name: str
    file: str
    train: tuple[int, int] | None = None
    test: tuple[tuple[int, int], ...] = ()
    tune: tuple[tuple[int, int], ...] = ()


_SCENES = (
    _Scene(
        "astronaut",
        "astronaut.png",
        train=(360, 512),
        test=((374, 60), (374, 190), (426, 340)),
        tune=((374, 426),),
    ),
    _Scene("chelsea", "chelsea.png", train=(250, 300), test=((290, 85), (262, 205), (360, 171))),
    _Scene(
        "coffee",
        "coffee.png",
        train=(400, 400),
        test=((420, 60), (420, 200), (500, 300)),
        tune=((512, 60), (412, 300)),
    ),
    _Scene(
        "rocket",
        "rocket.jpg",
        train=(418, 427),
        test=((430, 180), (430, 340), (550, 100)),
        tune=((550, 10), (550, 260)),
    ),
    _Scene(
        "motorcycle",
        "motorcycle_left.png",
        train=(508, 500),
        test=((530, 30), (520, 250), (620, 340)),
        tune=((640, 30), (630, 150)),
    ),
    _Scene("ihc", "ihc.png", tune=((100, 100), (300, 250))),
    _Scene("retina", "retina.jpg", tune=((500, 640),)),
    _Scene("hubble", "hubble_deep_field.jpg", tune=((300, 300),)),
)


@dataclass(frozen=True)
class _Cut:
    """A part of a photograph, which becomes one image.

    Attributes:
        name: of the image.
        scene: name of the scene.
        file: in the data folder of scikit-image.
        box: left, top, right, bottom in the photograph's pixels.
        largest: the developed image is cropped to this side.
    """

    name: str
    scene: str
    file: str
    box: tuple[int, int, int, int]
    largest: int | None = None


class Camera(Dataset):
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
        _check_photographs()
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
            for cut in _cuts(split)
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of all that the pixels are made from, so that nothing need be developed.

        That is the parameters, the photographs, this code, and the libraries that enlarge, filter
        and draw numbers.
        """
        _check_photographs()
        photographs = dict.fromkeys(_folder() / cut.file for cut in _cuts(split))
        code = [Path(__file__), Path(isp.__file__)]
        made_from = {
            "split": split,
            "iso": self.iso,
            "seed": self.seed,
            "shots": self.shots,
            "files": list(file_digests([*photographs, *code]).values()),
            "libraries": [version(name) for name in ("numpy", "pillow", "scipy")],
        }
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()

    def prepare(self) -> None:
        """Check that scikit-image has its photographs.

        Raises:
            DataError: it has not.
        """
        _check_photographs()


@dataclass(frozen=True)
class _NoisyImage:
    """Develops the noisy image of a cut; its array belongs to the caller."""

    cut: _Cut
    iso: int
    seed: tuple[int, ...]

    def __call__(self) -> NDArray[np.uint8]:
        return _noisy(self.cut, self.iso, self.seed).copy()


@dataclass(frozen=True)
class _CleanImage:
    """Develops the clean image of a cut; its array belongs to the caller."""

    cut: _Cut

    def __call__(self) -> NDArray[np.uint8]:
        return _clean(self.cut).copy()


@lru_cache(maxsize=64)
def _noisy(cut: _Cut, iso: int, seed: tuple[int, ...]) -> NDArray[np.uint8]:
    generator = np.random.default_rng([*seed, *cut.name.encode()])
    noisy = isp.develop(isp.add_noise(_mosaic(cut), iso, generator))
    return noisy[: cut.largest, : cut.largest]


@lru_cache(maxsize=64)
def _clean(cut: _Cut) -> NDArray[np.uint8]:
    return isp.develop(_mosaic(cut))[: cut.largest, : cut.largest]


def _mosaic(cut: _Cut) -> isp.Plane:
    part = Pillow.fromarray(read_image(_folder() / cut.file)).crop(cut.box)
    size = (part.width * ENLARGEMENT, part.height * ENLARGEMENT)
    return isp.expose(np.asarray(part.resize(size, Pillow.Resampling.BICUBIC)))


def _cuts(split: str) -> list[_Cut]:
    if split == "train":
        return [
            _Cut(f"{scene.name}-train", scene.name, scene.file, (0, 0, *scene.train))
            for scene in _SCENES
            if scene.train
        ]
    if split not in ("test", "tune"):
        raise DataError(f"dataset 'camera' has no split {split!r}; it has train, test, tune")
    suffix = "" if split == "test" else "tune-"
    return [
        _Cut(
            f"{scene.name}-{suffix}{number}",
            scene.name,
            scene.file,
            (left, top, left + _WINDOW, top + _WINDOW),
            BLOCK,
        )
        for scene in _SCENES
        for number, (left, top) in enumerate(getattr(scene, split), start=1)
    ]


def _folder() -> Path:
    """The data folder of scikit-image, found without importing it."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise DataError("dataset 'camera' needs scikit-image: pip install scikit-image")
    return Path(package.origin).parent / "data"


def _check_photographs() -> None:
    missing = [scene.file for scene in _SCENES if not (_folder() / scene.file).is_file()]
    if missing:
        raise DataError(
            f"dataset 'camera' needs photographs that lack in {_folder()}: {', '.join(missing)}; "
            "pip install --force-reinstall scikit-image brings them"
        )
