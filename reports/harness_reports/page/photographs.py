"""Photographs before and after they were denoised, as one page, which opens from disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from harness import DataError, PhotoPair, Positive
from harness_reports.page import pixels
from harness_reports.page.choice import Pixels, window
from harness_reports.page.gallery import MEASURED, THUMBNAIL, Gallery, scale_of
from harness_reports.page.rendering import render


@dataclass(frozen=True)
class _Shown:
    """A photograph, cut to the part that is shown.

    Attributes:
        name: of its result.
        size: width and height of all of it, in words.
        noisy: the part, H x W x C.
        denoised: the same part.
        is_cut: it is not all of the photograph.
    """

    name: str
    size: str
    noisy: Pixels
    denoised: Pixels
    is_cut: bool

    @property
    def residual(self) -> pixels.Array:
        """What was taken away."""
        return pixels.difference(self.noisy, self.denoised)

    def described(self, strongest: float) -> dict[str, Any]:
        """What the page's script is given of it."""
        height, width, _ = self.noisy.shape
        residual = pixels.residual_map(self.residual, strongest)
        return {
            "name": self.name,
            "why": self.size + (", a part" if self.is_cut else ""),
            "width": width,
            "height": height,
            "thumbnail": pixels.inline(pixels.thumbnail(self.noisy, THUMBNAIL)),
            "pictures": [
                {"image": pixels.inline(self.noisy)},
                {"image": pixels.inline(self.denoised), "residual": pixels.inline(residual)},
            ],
            "scores": ["", ""],
        }


def photographs(pairs: Sequence[PhotoPair], pictures: Positive = 32, side: Positive = 1024) -> str:
    """A page with noisy and denoised photographs side by side.

    Args:
        pairs: the photographs, in the order of the page.
        pictures: photographs shown at most: the first ones.
        side: largest side of what is shown of a photograph, in pixels; of a larger one, it is the
            part from which most was taken.

    Returns:
        The page.
    """
    shown = islice(_shown(pairs, side), pictures)
    first = list(islice(shown, MEASURED))
    gallery = Gallery(sources=["noisy", "denoised"], best=1, total=len(pairs))
    gallery.strongest = scale_of([each.residual] for each in first)
    for each in chain(first, shown):  # one at a time
        gallery.images.append(each.described(gallery.strongest))
        gallery.is_cut |= each.is_cut
    return render("photographs.html", ["gallery.js"], gallery=gallery, told=_told(gallery, side))


def _shown(pairs: Sequence[PhotoPair], side: int) -> Iterator[_Shown]:
    """What can be shown, read when its turn comes."""
    for pair in pairs:
        try:
            noisy, denoised = pair.images()
        except DataError:  # it was changed or removed since
            continue
        height, width, _ = noisy.shape
        rows, columns = window([noisy, denoised], side)
        is_cut = height > side or width > side
        size = f"{width}×{height}"
        yield _Shown(pair.name, size, noisy[rows, columns], denoised[rows, columns], is_cut)


def _told(gallery: Gallery, side: int) -> str:
    """How many photographs are shown, and how."""
    text = f"{len(gallery.images)} of {gallery.total} photographs"
    if gallery.is_cut:
        text += (
            f"; of those larger than {side} pixels, the part of that size from which most was taken"
        )
    return f"{text}. Pictures are slightly compressed here, and exact in their files."
