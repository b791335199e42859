"""What is sent to those who score a dataset: how it is written, and how it is read back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from harness.data.dataset import Sample


@dataclass(frozen=True)
class Denoised:
    """A denoised image that is to be handed in.

    Attributes:
        sample: the test image that it is of.
        read: reads it, H x W x C: uint8, or uint16 where the spec says 16 bits.
    """

    sample: Sample
    read: Callable[[], NDArray[np.uint8] | NDArray[np.uint16]]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a submission may say of how it was made.

    Attributes:
        method: selector of the method.
        paper: that the method is of; empty where it is of none.
        machine: that denoised, in words.
        seconds_per_megapixel: time of denoising there; None where it was not measured.
    """

    method: str
    paper: str = ""
    machine: str = ""
    seconds_per_megapixel: float | None = None


@dataclass(frozen=True)
class Form:
    """A form in which a submission was found.

    Attributes:
        name: such as ``CSV``.
        path: of its file, or of the folder that holds its files.
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Submitted:
    """One image as a submission holds it.

    Attributes:
        place: where it stands there, such as ``row 3``.
        pixels: as they stand there, whatever their shape and type.
        index: of its test image, from 0, in the order of the dataset.
    """

    place: str
    pixels: NDArray[Any]
    index: int


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a submission beside its pixels.

    Attributes:
        text: what is there, and what should be, in a line.
        place: where; empty where it is of the whole.
    """

    text: str
    place: str = ""


class Submission(ABC):
    """The files of a submission; the parameters of its spec are arguments of the class.

    Attributes:
        noun: what an image of it is called in messages.
        dtype: type of its pixels: ``uint8`` over 0 to 255, ``float32`` over 0 to 1.
        expected: how many images it has.
    """

    noun: ClassVar[str] = "image"
    dtype: ClassVar[Literal["uint8", "float32"]] = "uint8"
    expected: ClassVar[int | None] = None

    @abstractmethod
    def files(self) -> Sequence[str]:
        """The names of the files that :meth:`write` makes of a whole dataset."""

    @abstractmethod
    def write(self, denoised: Sequence[Denoised], folder: Path, about: About) -> Sequence[Path]:
        """Write the files, each whole or not at all, with few images in memory at a time.

        Args:
            denoised: in the order of the dataset; to be read one after the other.
            folder: gets the files.
            about: how they were made.

        Returns:
            The files.

        Raises:
            DataError: these are not the images of such a submission.
        """

    @abstractmethod
    def forms(self, path: Path) -> Sequence[Form]:
        """The forms of this submission that a file, or a folder, is or holds; by names alone."""

    @abstractmethod
    def read(self, form: Form) -> Iterator[Submitted | Mistake]:
        """Read all of a submission, image by image as they stand there.

        Raises:
            DataError: it cannot be read any further; says why, in a line.
        """
