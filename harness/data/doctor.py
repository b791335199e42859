"""What is wrong with a dataset as it lies, found by reading every image once.

What only one dataset can know, such as the names of its files, it tells itself, see
:meth:`harness.Dataset.problems`.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from harness.data.content import ImageDigests, image_digest
from harness.data.dataset import Dataset, Image, ImageFile, Reader, Sample
from harness.data.fingerprint import file_digests
from harness.data.images import ImageHeader
from harness.data.manifest import ImageFacts, Manifest, SampleFacts, differences, pixel_digest
from harness.data.prepared import check_pixels, read_index, store_folder, store_key
from harness.data.presence import counted_split
from harness.errors import DamagedFileError, HarnessError
from harness.plugin.blame import one_line_with_place
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.util.text import counted, some

CROP = 128
"""Pixels; a side on which most methods train."""

OnImage = Callable[[int, int], None]
"""Hears how many images of how many are read."""

Severity = Literal["problem", "note"]
"""``problem``: the data are not what they should be; ``note``: they are, and it is to be known."""


@dataclass(frozen=True)
class Finding:
    """What was found, in one line.

    Attributes:
        text: what it is, and what follows from it.
        severity: of it.
    """

    text: str
    severity: Severity = "problem"


@dataclass(frozen=True)
class SeenImage:
    """What is kept of an image that was read.

    Attributes:
        header: its shape, type and, where it has one of its own, kind of file.
        file: its own; None: it has none.
        digest: of what it shows, see :func:`harness.data.content.image_digest`.
        pixels: see :func:`harness.data.manifest.pixel_digest`.
        grey: it has three channels, and all are equal.
    """

    header: ImageHeader
    file: Path | None
    digest: str
    pixels: str
    grey: bool


@dataclass(frozen=True)
class SeenSample:
    """What is kept of a sample that was read; an image that is None could not be, or is not there.

    Attributes:
        name: of the sample.
        noisy: its noisy image.
        clean: its clean image.
        error: why an image cannot be read; empty where all can.
        shots: its further shots.
    """

    name: str
    noisy: SeenImage | None = None
    clean: SeenImage | None = None
    error: str = ""
    shots: tuple[SeenImage, ...] = ()

    @property
    def images(self) -> list[SeenImage]:
        """All its images that were read."""
        return [image for image in (self.noisy, self.clean, *self.shots) if image]


@dataclass(frozen=True)
class Examination:
    """What was found of a dataset.

    Attributes:
        seen: the samples of each split that is here.
        findings: what is wrong, or to be known.
    """

    seen: Mapping[str, tuple[SeenSample, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def problems(self) -> list[str]:
        """What is wrong."""
        return [each.text for each in self.findings if each.severity == "problem"]

    @property
    def notes(self) -> list[str]:
        """What is to be known."""
        return [each.text for each in self.findings if each.severity == "note"]


def examine(
    dataset: Dataset,
    splits: Sequence[str],
    crop: int = CROP,
    on_image: OnImage = lambda done, total: None,
) -> Examination:
    """Read every image of a dataset and say what is wrong.

    Args:
        dataset: with its folder.
        splits: of its spec.
        crop: side of the crops that are trained on, in pixels.
        on_image: hears of progress.
    """
    findings = [Finding(text) for text in _own_problems(dataset)]
    samples: dict[str, Sequence[Sample]] = {}
    for split in splits:
        try:
            samples[split] = dataset.samples(split)
        except (Exception, SystemExit) as error:
            findings.append(Finding(f"{split}: {_told(error)}"))
    total, done = sum(map(len, samples.values())), 0
    seen: dict[str, tuple[SeenSample, ...]] = {}
    for split, of_split in samples.items():
        read = []
        for sample in of_split:
            on_image(done, total)
            read.append(_seen(sample))
            done += 1
        seen[split] = tuple(read)
    on_image(done, total)
    findings += _number(dataset, splits, seen)
    for split, images in seen.items():
        findings += _of_split(split, images, crop)
    findings += _in_two_splits(seen)
    return Examination(seen, tuple(findings))


def compared(examination: Examination, manifest: Manifest) -> Examination:
    """An examination with what is not as a manifest says."""
    found = manifest_of(examination, "", with_files=manifest.has_files)
    wrong = (Finding(text) for text in differences(manifest, found))
    return replace(examination, findings=(*examination.findings, *wrong))


def against(examination: Examination, label: str, others: Iterable[ImageDigests]) -> Examination:
    """An examination with the images that another dataset holds, too, by their pixels.

    Args:
        examination: of one dataset.
        label: of the other.
        others: what its images hold.
    """
    known = {digest for each in others for digest in (each.noisy, each.clean)}
    shared = (_shared(split, images, label, known) for split, images in examination.seen.items())
    return replace(
        examination, findings=(*examination.findings, *(each for each in shared if each))
    )


def with_stores(
    examination: Examination,
    registry: Registry,
    dataset: Reference,
    on_image: OnImage = lambda done, total: None,
) -> Examination:
    """An examination with what is wrong with the stores of the splits that are here."""
    findings = []
    for split in examination.seen:
        folder = store_folder(dataset, split)
        try:
            index = read_index(folder)
            for done, damage in enumerate(check_pixels(folder, index) if index else (), 1):
                on_image(done, len(index.samples) if index else 0)
                if damage:
                    findings.append(Finding(f"{split}: {damage}; prepare the dataset again"))
            if index and index.key != _key(registry, dataset, split):
                findings.append(
                    Finding(
                        f"{split}: the store {folder} is of other images or another version, and "
                        "is not used; prepare the dataset again",
                        "note",
                    )
                )
        except DamagedFileError as error:
            findings.append(Finding(f"{split}: {error}"))
    return replace(examination, findings=(*examination.findings, *findings))


def _key(registry: Registry, dataset: Reference, split: str) -> str:
    return store_key(registry, dataset, split, registry.build(dataset).fingerprint(split))


def manifest_of(examination: Examination, dataset: str, with_files: bool = True) -> Manifest:
    """What a manifest of the images that were read says.

    Args:
        examination: whose images could all be read; others are left out.
        dataset: its name.
        with_files: read the files, too, and say what they are.

    Raises:
        DataError: a file cannot be read.
    """
    samples = [sample for samples in examination.seen.values() for sample in samples]
    images = [image for sample in samples for image in sample.images]
    paths = [image.file for image in images if image.file]
    digests = file_digests(paths) if with_files else {}
    return Manifest(
        dataset=dataset,
        splits={
            split: tuple(
                SampleFacts(
                    name=each.name,
                    noisy=_facts(each.noisy, digests),
                    clean=_facts(each.clean, digests) if each.clean else None,
                    shots=tuple(_facts(shot, digests) for shot in each.shots),
                )
                for each in of_split
                if each.noisy
            )
            for split, of_split in examination.seen.items()
        },
    )


def _facts(image: SeenImage, digests: Mapping[Path, str]) -> ImageFacts:
    height, width, channels = image.header.shape
    file = image.file
    return ImageFacts(
        file=file.name if file else None,
        bytes=file.stat().st_size if file and file in digests else None,
        sha256=digests.get(file) if file else None,
        width=width,
        height=height,
        channels=channels,
        type=image.header.dtype,
        pixels=image.pixels,
    )


def _own_problems(dataset: Dataset) -> list[str]:
    """What the dataset itself finds; its own failure is one problem more."""
    try:
        return [str(problem) for problem in dataset.problems()]
    except (Exception, SystemExit) as error:
        return [_told(error)]


def _seen(sample: Sample) -> SeenSample:
    """Read a sample."""
    try:
        return SeenSample(
            sample.name,
            _seen_image(sample.noisy),
            _seen_image(sample.clean) if sample.clean else None,
            shots=tuple(map(_seen_image, sample.shots)),
        )
    except (Exception, SystemExit) as error:
        return SeenSample(sample.name, error=_told(error))


def _told(error: BaseException) -> str:
    """An error in one line; of one that is a plugin's mistake, also where."""
    return str(error) if isinstance(error, HarnessError) else one_line_with_place(error)


def _seen_image(read: Reader) -> SeenImage:
    image = read()
    header = ImageHeader(image.shape, image.dtype.name)
    path = None
    if isinstance(read, ImageFile):
        path, header = read.path, read.header()
    return SeenImage(header, path, image_digest(image), pixel_digest(image), _is_grey(image))


def _is_grey(image: Image) -> bool:
    first = image[..., :1]
    return image.shape[2] == 3 and bool(np.array_equal(image, np.broadcast_to(first, image.shape)))


def _number(
    dataset: Dataset, splits: Sequence[str], seen: Mapping[str, Sequence[SeenSample]]
) -> Iterator[Finding]:
    """Whether the dataset is whole."""
    split = counted_split(splits)
    expected, found = dataset.expected, len(seen.get(split, ()))
    if expected is not None and split in seen and found != expected:
        yield Finding(
            f"{split}: {found} of the {counted(expected, 'image')} of this dataset are here; no "
            "published score stands beside what is measured on them"
        )


def _of_split(split: str, images: Sequence[SeenSample], crop: int) -> Iterator[Finding]:
    """What is to be said of the images of one split."""
    for what, names in _wrong(images):
        if names:
            yield Finding(f"{split}: {what} ({len(names)} of {len(images)}): {some(names, 3)}")
    for what, names in _noteworthy(images, crop):
        if names:
            text = f"{split}: {what} ({len(names)} of {len(images)}): {some(names)}"
            yield Finding(text, "note")


def _wrong(images: Sequence[SeenSample]) -> Iterator[tuple[str, list[str]]]:
    """What images may not be, and those that are."""
    yield "images that cannot be read", [each.error for each in images if each.error]
    yield (
        "pairs whose halves differ in size or type",
        [
            f"{name} ({noisy.header} and {clean.header})"
            for name, noisy, clean in _pairs(images)
            if noisy.header.shape != clean.header.shape or noisy.header.dtype != clean.header.dtype
        ],
    )
    yield (
        "bursts whose shots differ in size or type",
        [
            each.name
            for each in images
            if len({(s.header.shape, s.header.dtype) for s in (each.noisy, *each.shots) if s}) > 1
        ],
    )


def _noteworthy(images: Sequence[SeenSample], crop: int) -> Iterator[tuple[str, list[str]]]:
    """What is to be known of images, and those of which it holds."""
    pairs = _pairs(images)
    yield (
        "clean images that are JPEG files, so part of what is measured is compression",
        [name for name, _, clean in pairs if clean.header.kind == "JPEG"],
    )
    yield (
        "noisy images that are equal to their clean ones",
        [name for name, noisy, clean in pairs if noisy.pixels == clean.pixels],
    )
    yield (
        "grey images stored as colour, all channels equal, which count as colour",
        [each.name for each in images if any(image.grey for image in each.images)],
    )
    yield (
        f"images smaller than a crop of {crop} pixels, which are reflected up to it",
        [each.name for each in images if each.noisy and min(each.noisy.header.shape[:2]) < crop],
    )
    yield "images that are there more than once, by their pixels", _repeated(images)


def _pairs(images: Sequence[SeenSample]) -> list[tuple[str, SeenImage, SeenImage]]:
    return [(each.name, each.noisy, each.clean) for each in images if each.noisy and each.clean]


def _repeated(images: Sequence[SeenSample]) -> list[str]:
    """The names of samples whose noisy image another sample has, too."""
    count = Counter(each.noisy.digest for each in images if each.noisy)
    return [each.name for each in images if each.noisy and count[each.noisy.digest] > 1]


def _in_two_splits(seen: Mapping[str, Sequence[SeenSample]]) -> Iterator[Finding]:
    """Images of a split that another holds, too, whatever their names."""
    splits = list(seen)
    for index, first in enumerate(splits):
        known = {image.digest for each in seen[first] for image in each.images}
        for second in splits[index + 1 :]:
            if finding := _shared(second, seen[second], first, known):
                yield finding


def _shared(
    split: str, images: Sequence[SeenSample], other: str, known: Container[str]
) -> Finding | None:
    """The images of a split whose pixels are known from elsewhere."""
    names = [each.name for each in images if any(i.digest in known for i in each.images)]
    if not names:
        return None
    return Finding(
        f"images of {split!r} that are in {other!r}, too, by their pixels ({len(names)} of "
        f"{len(images)}): {some(names)}"
    )
