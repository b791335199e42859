"""The same photographs through many simulated cameras, for models that are to work with any.

Cameras are drawn at random, as in Brooks et al., "Unprocessing Images for Learned Raw Denoising"
(CVPR 2019, Sec. 3), but from wider ranges, and so are the ways in which photographs reach a user.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from harness import NonNegative, Positive, Sample
from harness_datasets import isp
from harness_datasets.scenes import Cut, OfPhotographs, cuts_of, enlarge, fingerprint

ISO: Final = (100, 12_800)
"""Least and largest sensitivity."""

EXPOSURE: Final = (0.1, 1.0)
"""Least and largest share of the light of the photograph."""

READ_NOISE: Final = (1.5, 8.0)
"""Least and largest, in electrons."""

RESIZED: Final = 0.25
"""Share of the images that are made smaller or larger after they were developed."""

COMPRESSED: Final = 0.25
"""Share of the images whose noisy one was a JPEG."""

_Picture = NDArray[np.uint8]


class Cameras(OfPhotographs):
    """Scenes as many cameras see them, in bright light and in dim, at low and high sensitivity.

    Every image is of a camera of its own: sensitivity, read noise, colour matrix, white balance and
    demosaicking are drawn, and so are exposure and the colours of the scene. Some are resized, some
    compressed. The clean image went the same way without noise, and without compression.

    Args:
        images: number of training images.
        side: height and width of the training images, in pixels; those that are resized differ.
        seed: number from which all draws follow.
    """

    def __init__(self, images: Positive = 400, side: Positive = 320, seed: NonNegative = 0) -> None:
        self.images = images
        self.side = side
        self.seed = seed

    def samples(self, split: str) -> Sequence[Sample]:
        """Parts of the photographs that ``camera`` has, divided as there.

        ``train`` is drawn from the parts for training, ``test`` and ``tune`` are the blocks of
        ``camera``, each by a camera of its own.

        Raises:
            DataError: there is no such split, or scikit-image lacks its photographs.
        """
        cuts = cuts_of(split)
        if split == "train":
            cuts = [cuts[number % len(cuts)] for number in range(self.images)]
        return [
            Sample(
                f"{cut.name}-{number}",
                cut.scene,
                _Reader(shot, _noisy),
                _Reader(shot, _clean),
                {"iso": f"{shot.iso:.0f}"},
            )
            for number, cut in enumerate(cuts)
            for shot in [_shot(cut, self.side, (self.seed, number))]
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of all that the pixels are made from; nothing is developed for it."""
        parameters = {"images": self.images, "side": self.side, "seed": self.seed}
        return fingerprint(split, parameters, __file__, isp.__file__)


@dataclass(frozen=True)
class _Shot:
    """All that was drawn for one image.

    Attributes:
        cut: the part of a photograph that is seen.
        side: height and width of the image when it is developed.
        seed: of the noise.
        colours: order in which the photograph's channels are taken for red, green and blue.
        saturation: 0 makes the scene grey, 1 leaves it.
        light: share of the light of the photograph in red, green and blue.
        phone: which takes it.
        iso: sensitivity.
        resized: height and width over those when it was developed.
        quality: of the JPEG that the noisy image was; None: it was none.
    """

    cut: Cut
    side: int
    seed: tuple[int, ...]
    colours: tuple[int, ...]
    saturation: float
    light: isp.Gains
    phone: isp.Phone
    iso: float
    resized: float
    quality: int | None


@dataclass(frozen=True)
class _Reader:
    """Makes one of the two images of a shot; the array belongs to the caller."""

    shot: _Shot
    make: Callable[[_Shot], _Picture]

    def __call__(self) -> _Picture:
        return self.make(self.shot).copy()


def _shot(cut: Cut, side: int, seed: tuple[int, ...]) -> _Shot:
    """Draw a camera and a scene: a block as it is, or a window of a part for training."""
    draw = np.random.default_rng(seed)
    if cut.largest is None:
        cut = _window(cut, side, draw)
    else:
        side = cut.largest
    return _Shot(
        cut=cut,
        side=side,
        seed=seed,
        colours=tuple(draw.permutation(3).tolist()),
        saturation=draw.uniform(0.3, 1.5),
        light=_gains(_log_uniform(draw, *EXPOSURE) * draw.uniform(0.6, 1, 3)),
        phone=_phone(draw),
        iso=_log_uniform(draw, *ISO),
        resized=draw.uniform(0.6, 2.0) if draw.random() < RESIZED else 1.0,
        quality=int(draw.integers(80, 99)) if draw.random() < COMPRESSED else None,
    )


def _window(cut: Cut, side: int, draw: np.random.Generator) -> Cut:
    """A window of a cut that is enlarged twice to four times, or more where the cut is small."""
    left, top, right, bottom = cut.box
    needed = min(round(side / draw.uniform(2, 4)), right - left, bottom - top)
    left = int(draw.integers(left, right - needed + 1))
    top = int(draw.integers(top, bottom - needed + 1))
    return replace(cut, box=(left, top, left + needed, top + needed))


def _phone(draw: np.random.Generator) -> isp.Phone:
    """Draw a camera.

    Its colour matrix takes part of each channel from the others, most of it from green, as those of
    cameras do; nearly half of them correct all that demosaicking can correct.
    """
    most = np.array([[0, 1.0, 0.4], [0.5, 0, 0.5], [0.3, 1.0, 0]])
    matrix = draw.uniform(-0.9, 0.1, (3, 3)) * most
    np.fill_diagonal(matrix, 1 - matrix.sum(axis=1))
    return isp.Phone(
        colour_matrix=(_gains(matrix[0]), _gains(matrix[1]), _gains(matrix[2])),
        white_balance=(draw.uniform(1.2, 2.6), 1.0, draw.uniform(1.2, 2.6)),
        read_noise=_log_uniform(draw, *READ_NOISE),
        black_level=isp.PHONE.black_level if draw.random() < 0.8 else 0.0,
        correction=draw.uniform(0, 1) if draw.random() < 0.6 else 1.0,
    )


def _log_uniform(draw: np.random.Generator, least: float, most: float) -> float:
    return float(np.exp(draw.uniform(np.log(least), np.log(most))))


def _gains(values: NDArray[np.floating]) -> isp.Gains:
    red, green, blue = map(float, values)
    return red, green, blue


@lru_cache(maxsize=64)
def _noisy(shot: _Shot) -> _Picture:
    draw = np.random.default_rng([*shot.seed, 1])
    mosaic = isp.add_noise(_mosaic(shot), shot.iso, draw, shot.phone)
    noisy = _resized(isp.develop(mosaic, shot.phone), shot)
    if shot.quality is None:
        return noisy
    file = io.BytesIO()
    Pillow.fromarray(noisy).save(file, "JPEG", quality=shot.quality)
    return np.asarray(Pillow.open(file))


@lru_cache(maxsize=64)
def _clean(shot: _Shot) -> _Picture:
    return _resized(isp.develop(_mosaic(shot), shot.phone), shot)


def _mosaic(shot: _Shot) -> isp.Plane:
    photograph = enlarge(shot.cut.photograph()[:, :, shot.colours], shot.side, shot.side)
    grey = photograph.mean(axis=2, keepdims=True)
    coloured = grey + shot.saturation * (photograph - grey)
    scene = np.rint(coloured.clip(0, 255)).astype(np.uint8)
    return isp.expose(scene, shot.phone, shot.light)


def _resized(image: _Picture, shot: _Shot) -> _Picture:
    side = round(shot.resized * shot.side)
    return enlarge(image, side, side)
