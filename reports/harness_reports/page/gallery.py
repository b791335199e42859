"""The pictures of a dataset: noisy, clean and what each method made of it, at the same place."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from harness import (
    CellRecord,
    Column,
    DatasetTable,
    ImageScore,
    Pictures,
    Run,
    RunTables,
    pictures_of,
    read_image,
)
from harness_reports.page import pixels
from harness_reports.page.choice import Chosen, Pixels, choose, window
from harness_reports.values import labels_of

RADIUS = 5
"""Of correlation maps, in pixels."""

_BRIGHT, _ROOM = 99.5, 0.02
"""Percentile of the errors that is shown brightest, and the least that is."""

MEASURED = 3
"""Images by which these scales are set: the first, which are the worst, the best and the like."""

THUMBNAIL = 96
"""Largest side of a picture to choose an image by."""

_MOST, _MIDDLE = 16, 512
"""Images that a correlation map is measured on, and the side of the part of each."""

Address = Callable[[str, Pixels], str]
"""Puts a picture where a page finds it, under a name; returns its address."""


@dataclass(frozen=True)
class Correlation:
    """The correlation map of what a method takes away."""

    method: str
    picture: str
    largest: float


@dataclass
class Gallery:
    """What a page shows of a dataset.

    Attributes:
        images: name, reason and size of each, with its pictures and scores by source.
        sources: ``noisy``, the methods, ``clean``.
        best: index of the source that is compared with the noisy image at first.
        brightest: the error that is shown brightest.
        strongest: the residual that is shown white.
        correlations: of the residuals of all sources.
        kept: images of which pictures were kept.
        total: images that were scored.
        is_cut: a part of each image is shown.
    """

    images: list[dict[str, Any]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    best: int = 0
    brightest: float = 1.0
    strongest: float = 1.0
    correlations: list[Correlation] = field(default_factory=list)
    kept: int = 0
    total: int = 0
    is_cut: bool = False
    radius: int = RADIUS
    scale: str = ""

    @property
    def measured(self) -> int:
        """Images that correlation maps are measured on."""
        return min(self.kept, _MOST)

    @property
    def told(self) -> str:
        """How many images of how many are shown, and how."""
        shown = f"{len(self.images)} of the {self.kept} images of which pictures were kept"
        all_kept = len(self.images) == self.kept
        text = f"All {self.kept} images of which pictures were kept" if all_kept else shown
        text += f", of {self.total} that were tested." if self.total > self.kept else "."
        if self.is_cut:
            text += (
                " Of each the part in which methods differ most, slightly compressed; "
                "harness report --assets shows whole images, exactly."
            )
        return text

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script is given."""
        return {"images": self.images, "sources": self.sources, "best": self.best}


def make_gallery(
    run: Run, table: DatasetTable, made: RunTables, limit: int, side: int | None, address: Address
) -> Gallery:
    """Gather the pictures of a dataset; an empty gallery where none is there.

    Args:
        run: with all its records.
        table: of the dataset.
        made: the tables of the run, with the scores of images.
        limit: how many images to show.
        side: of the part of each image that is shown; None: all of it.
        address: puts a picture where the page finds it.
    """
    methods = list(_methods(run, table, made))
    if not methods:
        return Gallery()
    column = next((each for each in table.columns if each.is_quality), None)
    names = list(dict.fromkeys(name for method in methods for name in method.kept))
    ranked = {m.label: _values(m.scores, column) for m in methods if not m.cell.oracle}
    better = column is None or column.higher_is_better
    chosen = choose(names, list(ranked.values()), limit, higher_is_better=better)
    first = [_Shown(each, methods, side) for each in chosen[:MEASURED]]
    gallery = Gallery(kept=len(names), total=max(len(_images(m.scores)) for m in methods))
    gallery.sources = ["noisy", *(method.label for method in methods), "clean"]
    means = {label: fmean(values.values()) for label, values in ranked.items() if values}
    if means:
        best = (max if better else min)(means, key=lambda label: means[label])
        gallery.best = gallery.sources.index(best)
    gallery.is_cut = side is not None
    gallery.brightest = scale_of(each.errors for each in first)
    gallery.strongest = scale_of(each.residuals for each in first)
    gallery.scale = pixels.inline(pixels.colour_scale(), exact=True)
    others = (_Shown(each, methods, side) for each in chosen[MEASURED:])  # one at a time
    gallery.images = [e.described(gallery, column, address) for e in chain(first, others)]
    gallery.correlations = list(_correlations(gallery.sources, methods, names))
    return gallery


@dataclass(frozen=True)
class _Method:
    """A row of the table, with the pictures of its first seed that has some."""

    label: str
    cell: CellRecord
    scores: Sequence[ImageScore]
    kept: dict[str, Pictures]


def _methods(run: Run, table: DatasetTable, made: RunTables) -> Iterator[_Method]:
    labels = labels_of(table)
    for entry in table.entries:
        for cell in entry.row.cells:
            scores = made.scores.get(cell.key, ())
            found = {name: pictures_of(run, cell, name) for name in _images(scores)}
            kept = {name: each for name, each in found.items() if each.denoised}
            if kept:
                yield _Method(labels[entry.row.cell.key], cell, scores, kept)
                break


def _images(scores: Sequence[ImageScore]) -> list[str]:
    return list(dict.fromkeys(score.image for score in scores))


def _values(scores: Sequence[ImageScore], column: Column | None) -> dict[str, float]:
    """The scores of images by one metric, those that are finite numbers."""
    return {
        each.image: each.value
        for each in scores
        if column and each.metric == column.metric
        and each.value is not None and np.isfinite(each.value)
    }  # fmt: skip


class _Shown:
    """One image, read: what there is of it by every source, cut to the part that is shown."""

    def __init__(self, chosen: Chosen, methods: Sequence[_Method], side: int | None) -> None:
        self.chosen, self.methods = chosen, methods
        files = [method.kept.get(chosen.name) for method in methods]
        first = next(each for each in files if each)
        made = [each.denoised if each else None for each in files]
        images = [_read(path) for path in (first.noisy, *made, first.clean)]
        there = [image for image in images if image is not None]
        alike = all(image.shape == there[0].shape for image in there)
        if side is not None and alike:
            rows, columns = window([image for image in images[1:-1] if image is not None], side)
            images = [None if image is None else image[rows, columns] for image in images]
        self.images = images
        self.noisy, self.clean = images[0], images[-1]

    @property
    def errors(self) -> Iterator[pixels.Array]:
        """What each method leaves, where there is a clean image."""
        return (self._minus(image, self.clean) for image in self.images[1:-1] if image is not None)

    @property
    def residuals(self) -> Iterator[pixels.Array]:
        """What each method takes away."""
        return (self._minus(self.noisy, image) for image in self.images[1:-1] if image is not None)

    def described(
        self, gallery: Gallery, column: Column | None, address: Address
    ) -> dict[str, Any]:
        """What the page's script is given of this image."""
        height, width, _ = next(image.shape for image in self.images if image is not None)
        name = self.chosen.name
        example = next(image for image in self.images if image is not None)
        return {
            "name": name,
            "why": self.chosen.why,
            "width": width,
            "height": height,
            "thumbnail": pixels.inline(pixels.thumbnail(example, THUMBNAIL)),
            "pictures": [
                self._pictures(f"{name}-{source}", image, gallery, address)
                for source, image in zip(gallery.sources, self.images, strict=True)
            ],
            "scores": ["", *(_score(method, name, column) for method in self.methods), ""],
        }

    def _pictures(
        self, name: str, image: Pixels | None, gallery: Gallery, address: Address
    ) -> dict[str, str] | None:
        if image is None:
            return None
        found = {"image": address(name, image)}
        if self.clean is not None and image is not self.clean:
            error = pixels.error_map(self._minus(image, self.clean), gallery.brightest)
            found["error"] = address(f"{name}-error", error)
        if self.noisy is not None and image is not self.noisy:
            residual = pixels.residual_map(self._minus(self.noisy, image), gallery.strongest)
            found["residual"] = address(f"{name}-residual", residual)
        return found

    @staticmethod
    def _minus(first: Pixels | None, second: Pixels | None) -> pixels.Array:
        if first is None or second is None or first.shape != second.shape:
            return np.zeros((1, 1, 1), dtype=np.float32)
        return pixels.difference(first, second)


def _score(method: _Method, image: str, column: Column | None) -> str:
    """What is said below a picture."""
    if column is None:
        return ""
    value = next(
        (s.value for s in method.scores if s.image == image and s.metric == column.metric), None
    )
    return "" if value is None else f"{column.label} {column.format(value)} {column.unit}".strip()


def scale_of(groups: Iterable[Iterable[pixels.Array]]) -> float:
    """The value that all but a few are below, in all images together; of use as a scale."""
    values = [np.abs(each).mean(axis=2).ravel() for group in groups for each in group]
    found = float(np.percentile(np.concatenate(values), _BRIGHT)) if values else 0.0
    return max(found, _ROOM)


def _correlations(
    sources: Sequence[str], methods: Sequence[_Method], names: Sequence[str]
) -> Iterator[Correlation]:
    """The correlation maps of the residuals, over all images kept; that of the noise comes last."""
    for label, method in [*zip(sources[1:-1], methods, strict=True), ("the noise", None)]:
        residuals = []
        for name in names[:_MOST]:
            files = (method or methods[0]).kept.get(name)
            noisy = _read(files.noisy) if files else None
            made = _read(files.denoised if method else files.clean) if files else None
            if noisy is None or made is None:
                continue
            residual = pixels.difference(_middle(noisy), _middle(made))
            if min(residual.shape[:2]) > RADIUS:
                residuals.append(residual)
        if residuals and any(np.any(each) for each in residuals):
            values = pixels.correlation_map(residuals, RADIUS)
            beside = values.copy()
            beside[RADIUS, RADIUS] = 0
            largest = float(beside.flat[int(np.nanargmax(np.abs(beside)))])
            picture = pixels.inline(pixels.correlation_picture(values), exact=True)
            yield Correlation(label, picture, largest)


def _read(path: Path | None) -> Pixels | None:
    """A picture that a run keeps, rounded to 8 bit; None where it keeps none."""
    if path is None:
        return None
    image = read_image(path)
    if image.dtype == np.uint16:  # the run keeps them for a submission
        return np.rint(image / 257).astype(np.uint8)
    return image.astype(np.uint8, copy=False)


def _middle(image: Pixels) -> Pixels:
    """The middle of an image that is large."""
    height, width, _ = image.shape
    top, left = (max(0, size - _MIDDLE) // 2 for size in (height, width))
    return image[top : top + _MIDDLE, left : left + _MIDDLE]
