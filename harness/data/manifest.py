"""Manifests: what the files of a dataset are, down to the pixel, to hold another copy to."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from harness.data.dataset import Image
from harness.errors import UsageError
from harness.results.serial import dump_json, from_plain
from harness.util.files import write_text
from harness.util.text import first_line, some

SCHEMA = 1
"""Version of the file; raised when an older harness could not read it."""

_DIGESTS = ("sha256", "pixels")
"""Facts that nobody reads."""


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """What a manifest says of an image; None where it says nothing, and nothing is checked.

    Attributes:
        file: name of its file, where it has one of its own.
        bytes: of that file.
        sha256: of that file, in hexadecimal.
        width: in pixels.
        height: in pixels.
        channels: 1 or 3.
        type: ``uint8``, ``uint16`` or ``float32``.
        pixels: SHA-256 of shape, type and decoded pixels, see :func:`pixel_digest`.
    """

    file: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    channels: int | None = None
    type: str | None = None
    pixels: str | None = None


@dataclass(frozen=True, kw_only=True)
class SampleFacts:
    """What a manifest says of a sample; see :class:`harness.Sample`.

    Attributes:
        name: unique within the split.
        noisy: the noisy image.
        clean: the clean image; None: not stated.
        shots: further shots; none: not stated.
    """

    name: str
    noisy: ImageFacts = ImageFacts()
    clean: ImageFacts | None = None
    shots: tuple[ImageFacts, ...] = ()

    @property
    def images(self) -> dict[str, ImageFacts]:
        """What is said of each image, by what it is called."""
        clean = {"clean": self.clean} if self.clean else {}
        shots = {f"shot {number}": shot for number, shot in enumerate(self.shots, 2)}
        return {"noisy": self.noisy, **clean, **shots}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a dataset holds.

    Attributes:
        splits: the samples of each, in any order.
        dataset: its name; empty: not stated.
        schema: version of the file.
    """

    splits: Mapping[str, tuple[SampleFacts, ...]] = field(default_factory=dict)
    dataset: str = ""
    schema: int = SCHEMA

    @property
    def has_files(self) -> bool:
        """Whether it says what the bytes of files are."""
        samples = (sample for samples in self.splits.values() for sample in samples)
        images = (facts for sample in samples for facts in sample.images.values())
        return any(facts.sha256 is not None for facts in images)


def pixel_digest(image: Image) -> str:
    """SHA-256 of an image's shape, type and pixels, in hexadecimal."""
    height, width, channels = image.shape
    digest = hashlib.sha256(f"{height}x{width}x{channels} {image.dtype.name}\0".encode())
    digest.update(np.ascontiguousarray(image).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def read_manifest(source: Path | Mapping[str, Any]) -> Manifest:
    """Read a manifest.

    Args:
        source: a JSON file, or what one holds.

    Raises:
        UsageError: it cannot be read; says why.
    """
    where = f"the manifest {source}" if isinstance(source, Path) else "the dataset's own manifest"
    try:
        data = json.loads(source.read_text("utf-8")) if isinstance(source, Path) else source
        schema = data.get("schema", SCHEMA)
        if schema != SCHEMA:
            raise UsageError(
                f"cannot read {where}: its schema is {schema}, and this harness reads {SCHEMA}"
            )
        return from_plain(Manifest, data)
    except OSError as error:
        raise UsageError(f"cannot read {where}: {error.strerror}") from error
    except (ValueError, AttributeError, RecursionError) as error:
        what = first_line(error) if isinstance(error, json.JSONDecodeError) else "it is none"
        raise UsageError(f"cannot read {where}: {what}") from error


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write a manifest as JSON, atomically; what it does not state is left out.

    Raises:
        OSError: the file cannot be written, or the disk is full.
    """
    splits = {
        split: [
            {
                "name": sample.name,
                "noisy": _stated(sample.noisy),
                **({"clean": _stated(sample.clean)} if sample.clean else {}),
                **({"shots": [_stated(shot) for shot in sample.shots]} if sample.shots else {}),
            }
            for sample in samples
        ]
        for split, samples in manifest.splits.items()
    }
    data = {"kind": "manifest", "schema": SCHEMA, "dataset": manifest.dataset, "splits": splits}
    write_text(path, dump_json(data, indent=1) + "\n")


def differences(manifest: Manifest, found: Manifest) -> Iterator[str]:
    """What of the images that were found is not as a manifest says, in lines."""
    for split, samples in manifest.splits.items():
        there = {sample.name: sample for sample in found.splits.get(split, ())}
        stated = {sample.name: sample for sample in samples}
        if missing := sorted(stated.keys() - there.keys()):
            yield (
                f"{split}: images of the manifest that are not here ({len(missing)} of "
                f"{len(stated)}): {some(missing)}"
            )
        if further := sorted(there.keys() - stated.keys()):
            what = f"images that the manifest does not know ({len(further)})"
            yield f"{split}: {what}: {some(further)}"
        yield from _changed(split, stated, there)


def _changed(
    split: str, stated: Mapping[str, SampleFacts], there: Mapping[str, SampleFacts]
) -> Iterator[str]:
    """What differs of the images that are in both, a line for each fact that does."""
    both = sorted(stated.keys() & there.keys())
    if lacking := [name for name in both if stated[name].clean and not there[name].clean]:
        yield f"{split}: images without their clean one ({len(lacking)}): {some(lacking)}"
    if lacking := [n for n in both if len(stated[n].shots) > len(there[n].shots)]:
        yield f"{split}: bursts with fewer shots ({len(lacking)}): {some(lacking)}"
    pairs = [
        (f"{name} ({what}", said, there[name].images[what])
        for name in both
        for what, said in stated[name].images.items()
        if what in there[name].images
    ]
    for fact in (each.name for each in fields(ImageFacts)):
        values = (
            (image, getattr(said, fact), getattr(found, fact)) for image, said, found in pairs
        )
        wrong = [
            f"{image})" if fact in _DIGESTS else f"{image}: {found}, not {said})"
            for image, said, found in values
            if said is not None and said != found
        ]
        if wrong:
            yield f"{split}: {fact} differs ({len(wrong)}): {some(wrong, 3)}"


def _stated(facts: ImageFacts) -> dict[str, Any]:
    """The facts that are stated."""
    values = {each.name: getattr(facts, each.name) for each in fields(ImageFacts)}
    return {name: value for name, value in values.items() if value is not None}
