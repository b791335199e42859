"""Clean test sets with noise added: BSD68, CBSD68, Set12, Kodak24, McMaster."""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from harness import (
    DataError,
    Dataset,
    Image,
    Minimum,
    NonNegative,
    NonNegativeFloat,
    ParameterError,
    Sample,
    by_stem,
    dataset_root,
    file_digests,
    image_files,
    read_channels,
    read_image,
    read_size,
    some,
    white,
)
from harness_datasets import noise as noise_models
from harness_datasets.checks import headers_of, of_other_kind, other_sizes, size_of
from harness_datasets.noise import Noise, noise_model, random_of_image

_log = logging.getLogger(__name__)

_BSDS_NUMBERS = (  # of the test images in the Berkeley segmentation data set
    "101085 101087 102061 103070 105025 106024 108005 108070 108082 109053 119082 12084 "
    "123074 126007 130026 134035 14037 143090 145086 147091 148026 148089 157055 159008 "
    "160068 16077 163085 167062 167083 170057 175032 175043 182053 189080 19021 196073 "
    "197017 208001 210088 21077 216081 219090 220075 223061 227092 229036 236037 24077 "
    "241004 241048 253027 253055 260058 271035 285079 291000 295087 296007 296059 "
    "299086 300091 302008 304034 304074 306005 3096 33039 351093"
)

Size = tuple[int, int]
"""Width and height in pixels."""

NoiseName = Literal["awgn", "hg-release", "hg-paper", "poisson-gaussian", "mg"]
"""Names of models, see :func:`harness_datasets.noise.noise_model`."""

Photons = Annotated[float, Minimum(1)]

Version = Literal["auto", "crops-500", "original", "crops-256"]
"""Versions of Kodak24."""


class SyntheticSet(Dataset):
    """A folder of clean images, noise being added when they are read.

    The noise of an image is drawn from the seed and the image's name, so it is the same whenever
    and wherever the image is read: no method can average draws.

    Args:
        root: the folder with the images.
        noise: model of the noise; ``mg`` is for colour images; see the notes.
        sigma: grey levels of 255: of ``awgn``, and of the Gaussian part of ``poisson-gaussian``.
        alpha: grey levels of 255: the part of ``hg-*`` that grows with the signal.
        delta: grey levels of 255: the part of ``hg-*`` that does not.
        peak: photons at white, of ``poisson-gaussian``.
        seed: number from which the one noise draw follows.
        clip: clip and round noisy images to 8 bit, as a file would; else they are float32.

    Attributes:
        title: what papers call the set.
        namings: stems of the files; one tuple for each way in which copies name them.
        channels: of every image, 1 or 3.
        sizes: those that an image may have.

    Raises:
        ParameterError: there is no such noise, or the images are grey and it is of colour.
    """

    title: ClassVar[str]
    namings: ClassVar[tuple[tuple[str, ...], ...]]
    channels: ClassVar[int]
    sizes: ClassVar[tuple[Size, ...]]

    def __init__(
        self,
        root: str | Path,
        noise: NoiseName = "awgn",
        sigma: NonNegativeFloat = 25.0,
        alpha: NonNegativeFloat = 40.0,
        delta: NonNegativeFloat = 10.0,
        peak: Photons = 100.0,
        seed: NonNegative = 0,
        clip: bool = False,
    ) -> None:
        if noise == "mg" and self.channels == 1:
            raise ParameterError(
                f"noise 'mg' is correlated between channels, and {self.title} is grey; "
                "choose another"
            )
        self.root = dataset_root(root)
        self.noise = noise_model(noise, sigma=sigma, alpha=alpha, delta=delta, peak=peak)
        self.seed = seed
        self.clip = clip

    def samples(self, split: str) -> Sequence[Sample]:
        """The images in the order of their names, each a scene of its own.

        Raises:
            DataError: images are missing, or there are others.
        """
        return [
            Sample(
                name,
                name,
                _NoisyImage(path, self.noise, self.seed, name, self.clip),
                _CleanImage(path, self.clip),
            )
            for name, path in self._files(split).items()
        ]

    def fingerprint(self, split: str) -> str:
        """A digest of the files, the noise and its seed, so that no noise need be drawn."""
        files = self._files(split)
        digests = file_digests(files.values())
        made_from = {
            "files": [(name, digests[path]) for name, path in files.items()],
            "noise": repr(self.noise),
            "version": noise_models.VERSION,
            "seed": self.seed,
            "clip": self.clip,
        }
        return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()

    def prepare(self) -> None:
        """Check the names of the files, and in their headers that they are this set's images.

        Raises:
            DataError: images are missing, there are others, or one has another size or colour.
        """
        self._checked_sizes()

    def problems(self) -> Iterable[str]:
        """Grey images that are stored as colour, or colour ones as grey, and other sizes."""
        headers = headers_of(self._found())
        yield from of_other_kind(headers, self.channels, self.title)
        yield from other_sizes(headers, self.sizes, self.title)

    def _found(self) -> Iterable[Path]:
        """The files; none where some are missing, which :meth:`samples` tells."""
        with suppress(DataError):
            return self._files("test").values()
        return ()

    def _checked_sizes(self) -> list[Size]:
        """The sizes of the images, in their order; raises as :meth:`prepare`."""
        sizes = []
        for path in self._files("test").values():
            if (channels := read_channels(path)) != self.channels:
                kinds = {1: "grey", 3: "colour"}
                raise DataError(
                    f"{path} is {kinds[channels]}, but {self.title} is {kinds[self.channels]}"
                )
            if (size := read_size(path)) not in self.sizes:
                raise DataError(
                    f"{path} is {_text(size)}, but images of {self.title} are "
                    f"{' or '.join(map(_text, self.sizes))}"
                )
            sizes.append(size)
        return sizes

    def _files(self, split: str) -> dict[str, Path]:
        """The files by stem, all of the set and no others."""
        if split != "test":
            raise DataError(f"this dataset has no split {split!r}; it has test")
        found = by_stem(image_files(self.root))
        naming = max(self.namings, key=lambda stems: len(found.keys() & set(stems)))
        missing = [stem for stem in naming if stem not in found]
        surplus = [path.name for stem, path in found.items() if stem not in naming]
        if len(missing) == len(naming):
            usual = " or ".join(f"{stems[0]} to {stems[-1]}" for stems in self.namings)
            raise DataError(f"no images of {self.title} in {self.root}: they are named {usual}")
        if missing:
            raise DataError(
                f"{self.root} lacks {len(missing)} of the {len(naming)} images of {self.title}: "
                f"{some(missing)}"
            )
        if surplus:
            raise DataError(
                f"{self.root} holds images that are none of {self.title}'s: {some(surplus)}; "
                "remove them"
            )
        return {stem: found[stem] for stem in naming}


class BSD68(SyntheticSet):
    """68 grey images of the Berkeley segmentation data set.

    ``root`` holds them, as PNG, TIFF or BMP::

        test001.png to test068.png
    """

    title = "BSD68"
    namings = (tuple(f"test{number:03d}" for number in range(1, 69)),)
    channels = 1
    sizes = ((481, 321), (321, 481))


class Set12(SyntheticSet):
    """The 12 grey images that DnCNN is tested on.

    ``root`` holds them, as PNG, TIFF or BMP::

        01.png to 12.png
    """

    title = "Set12"
    namings = (tuple(f"{number:02d}" for number in range(1, 13)),)
    channels = 1
    sizes = ((256, 256), (512, 512))


class CBSD68(SyntheticSet):
    """The images of BSD68 in colour; copies name them by their number in BSDS, or count them.

    ``root`` holds them, as PNG, TIFF or BMP, in one of these ways::

        101085.png, 101087.png, and so on to 351093.png
        0000.png to 0067.png
        00001.png to 00068.png
    """

    title = "CBSD68"
    namings = (
        tuple(_BSDS_NUMBERS.split()),
        tuple(f"{number:04d}" for number in range(68)),
        tuple(f"{number:05d}" for number in range(1, 69)),
    )
    channels = 3
    sizes = ((481, 321), (321, 481))


class McMaster(SyntheticSet):
    """18 colour images, first used for demosaicking (Zhang et al., 2011).

    ``root`` holds them, as TIFF, PNG or BMP::

        1.tif to 18.tif
    """

    title = "McMaster"
    namings = (tuple(str(number) for number in range(1, 19)),)
    channels = 3
    sizes = ((500, 500),)


class Kodak24(SyntheticSet):
    """The 24 photographs of Kodak's photo CD, in one of the versions in use.

    ``root`` holds them, as PNG, TIFF or BMP::

        kodim01.png to kodim24.png

    The arguments that are not described here are those of :class:`SyntheticSet`.

    Args:
        root: the folder with the images.
        version: the one that must be there, see the notes.
    """

    versions: ClassVar[Mapping[str, tuple[Size, ...]]] = {
        "crops-500": ((500, 500),),
        "original": ((768, 512), (512, 768)),
        "crops-256": ((256, 256),),
    }
    title = "Kodak24"
    namings = (tuple(f"kodim{number:02d}" for number in range(1, 25)),)
    channels = 3
    sizes = tuple(size for sizes in versions.values() for size in sizes)

    def __init__(
        self,
        root: str | Path,
        version: Version = "auto",
        noise: NoiseName = "awgn",
        sigma: NonNegativeFloat = 25.0,
        alpha: NonNegativeFloat = 40.0,
        delta: NonNegativeFloat = 10.0,
        peak: Photons = 100.0,
        seed: NonNegative = 0,
        clip: bool = False,
    ) -> None:
        super().__init__(root, noise, sigma, alpha, delta, peak, seed, clip)
        self.version = version

    def prepare(self) -> None:
        """Check the images, and that all are of the version asked for.

        Raises:
            DataError: images are missing, there are others, or one is of another version.
        """
        found = [self._version_of(size) for size in self._checked_sizes()]
        if wrong := self._wrong_version(found):
            raise DataError(wrong)
        if self.version == "auto":
            _log.warning(
                "%s holds the version %s of Kodak24: scores on other versions cannot be compared",
                self.root,
                found[0],
            )

    def problems(self) -> Iterable[str]:
        """Another version than the one asked for, or several, and what is wrong in every set."""
        yield from super().problems()
        sizes = map(size_of, headers_of(self._found()).values())
        if wrong := self._wrong_version([self._version_of(s) for s in sizes if s in self.sizes]):
            yield wrong

    def _wrong_version(self, found: Sequence[str]) -> str:
        """That images are of several versions, or of another one than asked for; else empty."""
        if len(set(found)) > 1:
            counts = ", ".join(
                f"{found.count(version)} of {version}" for version in sorted(set(found))
            )
            return f"{self.root} mixes versions of Kodak24: {counts}; keep one"
        if self.version == "auto" or self.version in found or not found:
            return ""
        return (
            f"{self.root} holds the version {found[0]} of Kodak24, not {self.version}; "
            f"say kodak24[version={found[0]}], or give the folder of the other"
        )

    def _version_of(self, size: Size) -> str:
        return next(version for version, sizes in self.versions.items() if size in sizes)


@dataclass(frozen=True)
class _NoisyImage:
    """Reads a clean image and adds noise."""

    path: Path
    noise: Noise
    seed: int
    name: str
    clip: bool

    def __call__(self) -> Image:
        noisy = self.noise.add(_clean(self.path), random_of_image(self.seed, self.name))
        return _as_8bit(noisy) if self.clip else noisy


@dataclass(frozen=True)
class _CleanImage:
    """Reads a clean image, as the type that its noisy image has."""

    path: Path
    clip: bool

    def __call__(self) -> Image:
        clean = _clean(self.path)
        return _as_8bit(clean) if self.clip else clean


def _clean(path: Path) -> NDArray[np.float32]:
    """Read an image, H x W x C in [0, 1]."""
    image = read_image(path)
    return image.astype(np.float32) / np.float32(white(image.dtype))


def _as_8bit(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.rint(image.clip(0, 1) * 255).astype(np.uint8)
    return levels


def _text(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
