"""Whether a submission is fit to be uploaded: number, order, shape, type, range, orientation.

Nobody says which image of a submission stands where, so its images are recognised: the thumbnail of
a denoised image resembles that of its noisy one most, unless it is turned or misplaced.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.dataset import Sample
from harness.data.images import white
from harness.data.submission import Form, Mistake, Submission, Submitted
from harness.errors import DataError
from harness.util.text import counted, some

THUMBNAIL = 8
"""Side of a thumbnail in pixels: each is the mean of many, so that noise is small in it."""

TURNED = 0.5
"""Share of the error below which a turned image explains the noisy one better than as it is."""

MISPLACED = 0.25
"""Share of the error below which the noisy image of another place explains an image better."""

_Turn = Callable[[NDArray[np.float64]], NDArray[np.float64]]

TURNS: Mapping[str, _Turn] = {  # of thumbnails, N x side x side x channels
    "transposed (height and width exchanged)": lambda images: images.swapaxes(1, 2),
    "flipped upside down": lambda images: images[:, ::-1],
    "flipped left to right": lambda images: images[:, :, ::-1],
    "turned by 180 degrees": lambda images: images[:, ::-1, ::-1],
    "turned by 90 degrees to the left": lambda images: np.rot90(images, 1, (1, 2)),
    "turned by 90 degrees to the right": lambda images: np.rot90(images, -1, (1, 2)),
    "BGR instead of RGB": lambda images: images[..., ::-1],
    "transposed, and BGR instead of RGB": lambda images: images.swapaxes(1, 2)[..., ::-1],
}
"""What may have happened to all images alike."""


def check_submission(submission: Submission, form: Form, noisy: Sequence[Sample]) -> list[str]:
    """What is wrong with a submission, a line for each kind of mistake.

    Args:
        submission: reads it.
        form: in which it lies there.
        noisy: the test images; none: what only they tell is left out.

    Returns:
        The lines; none where nothing is wrong.
    """
    seen = _Seen(submission, [sample.noisy for sample in noisy])
    try:
        for item in submission.read(form):
            if isinstance(item, Mistake):
                seen.mistakes.setdefault(item.text, []).append(item.place)
            else:
                seen.add(item)
    except DataError as error:
        return [*seen.lines(), str(error)]
    return [*seen.lines(), *seen.compared()]


@dataclass
class _Seen:
    """What was seen of a submission so far."""

    submission: Submission
    noisy: Sequence[Callable[[], Any]]
    mistakes: dict[str, list[str]] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)
    highest: float = 0.0
    shape: tuple[int, ...] | None = None
    thumbnails: list[tuple[str, NDArray[np.float64], NDArray[np.float64]]] = field(
        default_factory=list
    )

    def add(self, item: Submitted) -> None:
        """Look at one image."""
        self.places.append(item.place)
        noisy = self.noisy[item.index]() if item.index < len(self.noisy) else None
        for mistake in self._mistakes(item.pixels, noisy):
            self.wrong.setdefault(mistake, []).append(item.place)
        if noisy is not None and item.pixels.shape == noisy.shape:
            self.thumbnails.append((item.place, _thumbnail(item.pixels), _thumbnail(noisy)))

    def _mistakes(self, pixels: NDArray[Any], noisy: NDArray[Any] | None) -> Iterator[str]:
        """What is wrong with one image by itself."""
        if self.shape is None or noisy is not None:
            self.shape = pixels.shape if noisy is None else noisy.shape
        if pixels.shape != self.shape:
            yield f"shape: {_size(pixels.shape)} instead of {_size(self.shape)}"
        wanted = self.submission.dtype
        if pixels.dtype != wanted:
            yield f"type: {pixels.dtype} instead of {wanted}"
        if pixels.dtype.kind not in "uif" or not pixels.size:
            return
        if not np.isfinite(pixels).all():
            yield "range: pixels that are infinite or not a number"
            return
        lowest, highest = float(pixels.min()), float(pixels.max())
        self.highest = max(self.highest, highest)
        top = white(np.dtype(wanted))
        if highest > 2 * top:
            yield f"range: far above white, which is {top:g}; divide by 255"
        elif lowest < 0 or highest > top:
            yield f"range: beyond 0 to {top:g}; clip it"

    def lines(self) -> list[str]:
        """What is wrong by itself, a line for each kind."""
        noun = self.submission.noun
        lines = [
            f"{mistake}: {some(places, 3)}" if any(places) else mistake
            for mistake, places in self.mistakes.items()
        ]
        for mistake, places in self.wrong.items():
            lines.append(f"{mistake} in {counted(len(places), noun)}: {some(places, 3)}")
        if self.submission.dtype == "uint8" and self.places and self.highest <= 1:
            lines.append("range: no pixel above 1, where white is 255; multiply by 255 and round")
        return lines

    def compared(self) -> list[str]:
        """What is wrong with the whole: number, order and orientation."""
        noun, found = self.submission.noun, len(self.places)
        expected = len(self.noisy) or self.submission.expected
        lines = []
        if expected is not None and found != expected:
            lines.append(f"count: {counted(found, noun)} instead of {expected}")
        if len(self.thumbnails) > 1:
            lines += self._recognised()
        return lines

    def _recognised(self) -> Iterator[str]:
        """Orientation, colours and order, as the noisy images tell them."""
        own = np.stack([each for _, each, _ in self.thumbnails])
        noisy = np.stack([each for _, _, each in self.thumbnails])
        errors = {
            name: float(np.square(turn(own) - noisy).mean())
            for name, turn in TURNS.items()
            if own.shape[3] == 3 or "BGR" not in name
        }
        likely = min(errors, key=lambda name: errors[name])
        if errors[likely] < TURNED * np.square(own - noisy).mean():
            yield f"orientation: {self.submission.noun}s are {likely}, as the noisy images tell"
            own = TURNS[likely](own)
        yield from self._misplaced(own, noisy)

    def _misplaced(self, own: NDArray[np.float64], noisy: NDArray[np.float64]) -> Iterator[str]:
        """Order: images that resemble the noisy image of another place."""
        flat, other = own.reshape(len(own), -1), noisy.reshape(len(noisy), -1)
        errors = (
            np.square(flat).sum(1)[:, None] + np.square(other).sum(1) - 2 * flat @ other.T
        ).clip(0)
        nearest = errors.argmin(1)
        rows = np.arange(len(own))
        wrong = rows[errors[rows, nearest] < MISPLACED * errors[rows, rows] - 1e-9]
        if len(wrong):
            place = [each for each, _, _ in self.thumbnails]
            pairs = [f"{place[row]} resembles that of {place[nearest[row]]}" for row in wrong]
            yield (
                f"order: {counted(len(wrong), self.submission.noun)} of {len(self.places)} "
                f"resemble the noisy image of another place: {some(pairs, 2)}"
            )


def _thumbnail(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Means over the cells of a grid, side x side x channels, in [0, 1] whatever the type."""
    image = pixels.astype(np.float64)
    if pixels.dtype.kind in "ui":
        image /= np.iinfo(pixels.dtype).max
    elif image.max(initial=0) > 2:
        image /= 255
    image = np.nan_to_num(image).clip(0, 1)
    for axis in (0, 1):
        side = min(THUMBNAIL, image.shape[axis])
        cells = np.linspace(0, image.shape[axis], side + 1).round().astype(int)
        sums = np.add.reduceat(image, cells[:-1], axis)
        image = sums / np.diff(cells).reshape([-1 if axis == each else 1 for each in range(3)])
    return image


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "a single number"
