"""A photograph as its file has it: pixels, and beside them depth, alpha, profile and EXIF."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "TIFF": ".tif", "BMP": ".bmp"}
"""Endings of the kinds of files that are written."""

_ORIENTATION = 274
"""Of EXIF and of TIFF: the tag that says how pixels are turned."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph.

    Attributes:
        pixels: H x W x C, C = 1 or 3, uint8 or uint16, as they are stored: an orientation that is
            noted beside them is not applied.
        alpha: H x W x 1 of the same type; None where the file has none.
        kind: ``PNG``, ``JPEG``, ``TIFF`` or ``BMP``.
        icc: the colour profile; empty for none.
        exif: as a JPEG file holds it, from ``Exif`` on; empty for none.
        saving: what the file was saved with, as the writer of its kind takes it.
    """

    pixels: Pixels
    alpha: Pixels | None
    kind: str
    icc: bytes = b""
    exif: bytes = b""
    saving: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_file(cls, whole: NDArray[Any], kind: str, **beside: Any) -> "Photo":
        """A photograph of what a decoder returns.

        Args:
            whole: H x W, or H x W x C with alpha, if any, as the last channel.
            kind: of the file.
            beside: the other attributes.
        """
        whole = whole[..., np.newaxis] if whole.ndim == 2 else whole
        colours = 1 if whole.shape[2] < 3 else 3
        alpha = whole[..., colours:] if whole.shape[2] > colours else None
        return cls(np.ascontiguousarray(whole[..., :colours]), alpha, kind, **beside)

    @property
    def whole(self) -> Pixels:
        """H x W x C with alpha as the last channel, as encoders take it; H x W for grey alone."""
        whole: NDArray[Any] = self.pixels
        if self.alpha is not None:
            whole = np.concatenate([self.pixels, self.alpha], axis=2)
        joined: Pixels = np.ascontiguousarray(whole[..., 0] if whole.shape[2] == 1 else whole)
        return joined

    @property
    def orientation(self) -> int:
        """How its pixels are turned, as EXIF numbers it: from 1, upright, to 8."""
        from PIL import Image

        exif = Image.Exif()
        with suppress(Exception):  # what is damaged is kept as it is, and read in many ways
            exif.load(self.exif)
            return int(exif.get(_ORIENTATION, 1))
        return 1

    def with_pixels(self, pixels: Pixels) -> "Photo":
        """The same photograph with other pixels, of the same shape and type."""
        return replace(self, pixels=pixels)

    def as_png(self) -> "Photo":
        """The same as a PNG, with its profile and EXIF."""
        return self if self.kind == "PNG" else replace(self, kind="PNG", saving={})
