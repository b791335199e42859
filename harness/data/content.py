"""What images hold, whatever file or dataset they come from: a digest of every image's pixels.

By these digests a test image is recognised among training images, under whatever name.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.dataset import Image, Reader, Sample
from harness.data.fingerprint import cache_folder
from harness.data.images import white
from harness.util.files import write_text

_LENGTH = 16
"""Hexadecimal digits of an image's digest: 64 bits."""

_AT_ONCE = 2**20
"""Values of an image that are digested at once: as numbers of 64 bit they take up more memory."""

_VERSION = 1
"""Raised when digests are computed otherwise, so that remembered ones are not taken."""


@dataclass(frozen=True)
class ImageDigests:
    """What one sample holds.

    Attributes:
        scene: of the sample.
        noisy: digest of the noisy image; empty where it cannot be read.
        clean: digest of the clean image; empty where there is none.
    """

    scene: str
    noisy: str
    clean: str


def split_digests(
    samples: Iterable[Sample], split: str, fingerprint: str
) -> tuple[ImageDigests, ...]:
    """The digests of the images of a split, in its order.

    Every image is read once; the digests are then remembered under the user's cache folder, by the
    fingerprint of the split. That memory may be deleted at any time.

    Args:
        samples: of the split.
        split: its name.
        fingerprint: of the split.
    """
    name = hashlib.sha256(f"{_VERSION}\0{split}\0{fingerprint}".encode()).hexdigest()
    if (remembered := _load(name)) is not None:
        return remembered
    digests = sample_digests(samples)
    if all(each.noisy for each in digests):
        _save(name, digests)
    return digests


def sample_digests(samples: Iterable[Sample]) -> tuple[ImageDigests, ...]:
    """The digests of samples; reads every image."""
    return tuple(
        ImageDigests(sample.scene, _digest_of(sample.noisy), _digest_of(sample.clean))
        for sample in samples
    )


def image_digest(image: Image) -> str:
    """A digest of the pixels on a scale of 16 bit, equal for an image of 8 bit and its copies.

    Args:
        image: H x W x C; what lies beyond [0, 1] is clipped.
    """
    digest = hashlib.sha256(f"{image.shape}".encode())
    rows = max(1, _AT_ONCE // image[0].size)
    for top in range(0, len(image), rows):
        digest.update(_levels(image[top : top + rows]).tobytes())
    return digest.hexdigest()[:_LENGTH]


def _levels(image: Image) -> NDArray[np.uint16]:
    """The pixels on a scale of 16 bit, row after row."""
    top = white(image.dtype)
    levels = np.rint(image.astype(np.float64).clip(0, top) * (65535 / top))
    return np.ascontiguousarray(levels.astype(np.uint16))


def _digest_of(read: Reader | None) -> str:
    """The digest of what is read; empty where that fails, which the job that needs it reports."""
    with suppress(Exception, SystemExit):
        return "" if read is None else image_digest(read())
    return ""


def _load(name: str) -> tuple[ImageDigests, ...] | None:
    """What is remembered; None where nothing is, or what is there cannot be understood."""
    with suppress(OSError, ValueError, TypeError, RuntimeError):
        entries = json.loads(_memory(name).read_text(encoding="utf-8"))
        return tuple(ImageDigests(*map(str, entry)) for entry in entries)
    return None


def _save(name: str, digests: Iterable[ImageDigests]) -> None:
    with suppress(OSError, RuntimeError):  # the next plan reads the images again
        _memory(name).parent.mkdir(parents=True, exist_ok=True)
        write_text(_memory(name), json.dumps([astuple(each) for each in digests]))


def _memory(name: str) -> Path:
    return cache_folder() / "images" / f"{name}.json"
