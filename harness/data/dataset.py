"""What a dataset is: named splits of noisy images, most of them with their clean image."""

import hashlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.images import ImageHeader, check_image, read_header, read_image
from harness.errors import DataError

_log = logging.getLogger(__name__)

Image = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
"""H x W x C, C = 1 (grey) or 3 (RGB): integers over the full range of their type, or float32 in
[0, 1], beyond which noise that was added and not clipped may reach."""

Reader = Callable[[], Image]
"""Reads an image; one that knows its size before has a method ``header``, see :func:`header_of`."""


@dataclass(frozen=True)
class Sample:
    """One image of a split; nothing is read before it is asked for.

    Whoever reads an image through a sample, gets one: anything else that a dataset returns is
    refused with a :class:`harness.DataError`.

    Attributes:
        name: unique within the split; scores and pictures are filed under it.
        scene: images of the same scene share it; statistics and unpaired training need it.
        noisy: reads the noisy image.
        clean: reads the clean image, of the same shape and type; None where there is no ground
            truth.
        groups: what else it belongs to, such as ``{"phone": "S6", "iso": "3200"}``.
        shots: each reads another noisy image of the very same content, of the same shape and type,
            such as the other shots of a burst. Metrics without ground truth are given them, and
            nothing else is: no method and no training stage sees one.
    """

    name: str
    scene: str
    noisy: Reader
    clean: Reader | None = None
    groups: Mapping[str, str] = field(default_factory=dict, hash=False)
    shots: tuple[Reader, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "noisy", _checked(self.noisy, self.name, "noisy"))
        if self.clean is not None:
            object.__setattr__(self, "clean", _checked(self.clean, self.name, "clean"))
        shots = tuple(_checked(read, self.name, "repeated") for read in self.shots)
        object.__setattr__(self, "shots", shots)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """Of all its images: the noisy one, the clean one if there is one, and further shots."""
        return (self.noisy, *([self.clean] if self.clean else []), *self.shots)


class Dataset(ABC):
    """Noisy images in one or two splits.

    A subclass takes the parameters of its :class:`harness.DatasetSpec` as keyword arguments, and
    ``root``, the folder with its files, if its spec says ``needs_root``. Making one is cheap:
    images are read through its samples only.

    Attributes:
        expected: how many images the whole test set has, or the training set where there is no
            other; None where any number is as good. Another number is no error, for part of a set
            can be worth a run, but tables mark it, and no published score stands beside it.
    """

    expected: int | None = None

    @abstractmethod
    def samples(self, split: str) -> Sequence[Sample]:
        """The images of a split, in a fixed order.

        Args:
            split: ``train`` or ``test``; one of those in the spec.

        Raises:
            DataError: files are missing or misnamed; says which and what to do.
        """

    def fingerprint(self, split: str) -> str:
        """A digest of everything that the split contains; it names results that depend on it.

        This one reads every image. A dataset that knows a cheaper digest, just as certain to
        change with its pixels, overrides it.
        """
        digest = hashlib.sha256()
        for sample in self.samples(split):
            digest.update(f"{sample.name}\0{sample.scene}\0".encode())
            for read in (sample.noisy, sample.clean, *sample.shots):
                digest.update(b"none" if read is None else _bytes_of(read()))
        return digest.hexdigest()

    def prepare(self) -> None:  # noqa: B027 (most datasets have nothing to prepare)
        """Make or fetch what is needed; called before a run, and cheap when all is there."""

    def problems(self) -> Iterable[str]:
        """What is wrong with the files as they lie, as far as only this dataset can tell.

        ``harness data verify`` asks, also where :meth:`samples` raises, and checks by itself what
        holds for every dataset: numbers, sizes, pairs, images that are there twice. Headers may be
        read, pixels should not be.

        Returns:
            One line for each: what is there, what should be, and what to do.
        """
        return ()

    def say_if_part(self, found: int, where: Path) -> None:
        """Warn where other than the expected number of images was found in a folder."""
        if self.expected is not None and found != self.expected:
            _log.warning(
                "%s holds %d of the %d images of this dataset: "
                "its scores cannot be compared with published ones",
                where,
                found,
                self.expected,
            )


class SoundReader(ABC):
    """Base of readers that return images and nothing else, so that nobody looks again."""

    @abstractmethod
    def __call__(self) -> Image:
        """Read the image."""


@dataclass(frozen=True)
class ImageFile(SoundReader):
    """A file to be read as an image; what datasets of files put into their samples."""

    path: Path

    def __call__(self) -> Image:
        """Read the image.

        Raises:
            DataError: the file cannot be read as an image.
        """
        return read_image(self.path)

    def header(self) -> ImageHeader:
        """What the file says of its image before a pixel is read.

        Raises:
            DataError: the file cannot be read as an image.
        """
        return read_header(self.path)


@dataclass(frozen=True)
class _CheckedReader(SoundReader):
    """Reads one half of a sample and refuses what is no image."""

    read: Reader
    name: str
    half: str

    def __call__(self) -> Image:
        image = self.read()
        check_image(image, f"the {self.half} image of {self.name!r}")
        return image

    def header(self) -> ImageHeader | None:
        """What the reader says of its image, if it can."""
        return header_of(self.read)


def header_of(read: Reader) -> ImageHeader | None:
    """What a reader says of its image before it reads it; None where it says nothing.

    A reader says it by a method ``header``, which returns an :class:`ImageHeader`. Whoever must
    know the size of many images, such as to see whether there is room for them, is spared their
    pixels.

    Raises:
        DataError: the image cannot be read, as far as the header tells.
    """
    header = getattr(read, "header", None)
    found: ImageHeader | None = header() if callable(header) else None
    return found


def _checked(read: Reader, name: str, half: str) -> Reader:
    """A reader that returns images only."""
    if isinstance(read, SoundReader):
        return read
    return _CheckedReader(read, name, half)


def read_pair(sample: Sample) -> tuple[Image, Image | None]:
    """Read a sample's noisy and clean image.

    Raises:
        DataError: an image cannot be read, or the two differ in shape or type.
    """
    noisy = sample.noisy()
    clean = sample.clean() if sample.clean else None
    if clean is not None and (noisy.shape != clean.shape or noisy.dtype != clean.dtype):
        raise DataError(
            f"image {sample.name!r}: noisy is {_describe(noisy)} but clean is {_describe(clean)}; "
            "a pair must have one size and depth"
        )
    return noisy, clean


def read_shots(sample: Sample, noisy: Image) -> list[Image]:
    """Read a sample's further shots.

    Args:
        sample: whose.
        noisy: its noisy image, the first of the shots.

    Raises:
        DataError: an image cannot be read, or differs from the noisy one in shape or type.
    """
    header = _describe(noisy)
    shots = []
    for number, read in enumerate(sample.shots, 2):
        shot = read()
        if _describe(shot) != header:
            raise DataError(
                f"image {sample.name!r}: its first shot is {header} but shot {number} is "
                f"{_describe(shot)}; the shots of a burst must have one size and depth"
            )
        shots.append(shot)
    return shots


def _describe(image: Image) -> str:
    height, width, channels = image.shape
    return f"{width}x{height}x{channels} {image.dtype}"


def _bytes_of(image: Image) -> bytes:
    return f"{image.shape}{image.dtype}".encode() + np.ascontiguousarray(image).tobytes()
