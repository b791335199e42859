"""Photographs that come with scikit-image, and which part of each is for which split."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from harness import DataError, Dataset, file_digests, read_image

ENLARGEMENT: Final = 3
"""How much larger the photographs are made. They are small versions of large ones, with more detail
per pixel than a camera gives: the share of the spectrum (amplitude of luma) above 1/8 cycle per
pixel is 0.20 at twice their size and 0.11 at three times, but 0.12 in PolyU's clean images and 0.14
in CC15's."""

BLOCK: Final = 256
"""Side of a test image, in pixels."""

_WINDOW: Final = -(-BLOCK // ENLARGEMENT)  # what a block covers of a photograph, rounded up


@dataclass(frozen=True)
class Scene:
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


SCENES = (
    Scene(
        "astronaut",
        "astronaut.png",
        train=(360, 512),
        test=((374, 60), (374, 190), (426, 340)),
        tune=((374, 426),),
    ),
    Scene("chelsea", "chelsea.png", train=(250, 300), test=((290, 85), (262, 205), (360, 171))),
    Scene(
        "coffee",
        "coffee.png",
        train=(400, 400),
        test=((420, 60), (420, 200), (500, 300)),
        tune=((512, 60), (412, 300)),
    ),
    Scene(
        "rocket",
        "rocket.jpg",
        train=(418, 427),
        test=((430, 180), (430, 340), (550, 100)),
        tune=((550, 10), (550, 260)),
    ),
    Scene(
        "motorcycle",
        "motorcycle_left.png",
        train=(508, 500),
        test=((530, 30), (520, 250), (620, 340)),
        tune=((640, 30), (630, 150)),
    ),
    Scene("ihc", "ihc.png", tune=((100, 100), (300, 250))),
    Scene("retina", "retina.jpg", tune=((500, 640),)),
    Scene("hubble", "hubble_deep_field.jpg", tune=((300, 300),)),
)


@dataclass(frozen=True)
class Cut:
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

    @property
    def path(self) -> Path:
        """The file of the photograph."""
        return _folder() / self.file

    def photograph(self) -> NDArray[np.uint8]:
        """The part of the photograph, H x W x 3, not enlarged."""
        left, top, right, bottom = self.box
        image = read_image(self.path)
        assert image.dtype == np.uint8
        return image[top:bottom, left:right].astype(np.uint8, copy=False)


class OfPhotographs(Dataset):
    """A dataset that is made from these photographs."""

    def prepare(self) -> None:
        """Check that scikit-image has them.

        Raises:
            DataError: it has not.
        """
        _check_photographs()


def enlarge(photograph: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Enlarge H x W x 3 to height x width x 3."""
    large = Pillow.fromarray(photograph).resize((width, height), Pillow.Resampling.BICUBIC)
    return np.asarray(large)


def cuts_of(split: str) -> list[Cut]:
    """The cuts that a split is made of, in a fixed order.

    Args:
        split: train, test or tune.

    Raises:
        DataError: there is no such split, or scikit-image lacks its photographs.
    """
    _check_photographs()
    if split == "train":
        return [
            Cut(f"{scene.name}-train", scene.name, scene.file, (0, 0, *scene.train))
            for scene in SCENES
            if scene.train
        ]
    if split not in ("test", "tune"):
        raise DataError(f"no split {split!r} of these photographs: it is train, test, or tune")
    suffix = "" if split == "test" else "tune-"
    return [
        Cut(
            f"{scene.name}-{suffix}{number}",
            scene.name,
            scene.file,
            (left, top, left + _WINDOW, top + _WINDOW),
            BLOCK,
        )
        for scene in SCENES
        for number, (left, top) in enumerate(getattr(scene, split), start=1)
    ]


def fingerprint(split: str, parameters: Mapping[str, object], *code: str) -> str:
    """A digest of all that pixels are made from, so that nothing need be developed.

    That is the parameters, the photographs, the code, and the libraries that enlarge, filter and
    draw numbers.

    Args:
        split: of the dataset.
        parameters: those of the dataset.
        code: source files that make pixels, beside this one.
    """
    photographs = dict.fromkeys(cut.path for cut in cuts_of(split))
    sources = [Path(file) for file in (__file__, *code)]
    made_from = {
        "split": split,
        **parameters,
        "files": list(file_digests([*photographs, *sources]).values()),
        "libraries": [version(name) for name in ("numpy", "pillow", "scipy")],
    }
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def _folder() -> Path:
    """The data folder of scikit-image, found without importing it."""
    package = find_spec("skimage")
    if package is None or package.origin is None:
        raise DataError("its photographs come with scikit-image: pip install scikit-image")
    return Path(package.origin).parent / "data"


def _check_photographs() -> None:
    missing = [scene.file for scene in SCENES if not (_folder() / scene.file).is_file()]
    if missing:
        raise DataError(
            f"photographs lack in {_folder()}: {', '.join(missing)}; "
            "pip install --force-reinstall scikit-image brings them"
        )
