"""What a correlation map means for methods that need independent noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.05
"""Noise that correlates by less counts as independent here: a pixel then tells by less than
0.05^2 = 0.25 % of its variance what the noise of another is."""


@dataclass(frozen=True)
class Remaining:
    """The strongest correlation that a choice leaves.

    Attributes:
        choice: a stride, or the side of a blind neighbourhood.
        correlation: the largest absolute value; NaN where the map ends before.
        down: its place in the map, in pixels below the middle.
        right: its place in the map, in pixels to the right of the middle.
    """

    choice: int
    correlation: float
    down: int
    right: int


@dataclass(frozen=True)
class Suggestion:
    """Sizes that make the noise independent, and why.

    Attributes:
        threshold: absolute correlations up to this count as none.
        stride: the smallest stride of pixel-shuffle downsampling that leaves none; None: none of
            the map's does.
        blind: side of the smallest blind neighbourhood that leaves none outside; None: none does.
        strides: what remains with strides of 1, 2, 3, …
        blinds: what remains outside blind neighbourhoods of side 1, 3, 5, …
    """

    threshold: float
    stride: int | None
    blind: int | None
    strides: tuple[Remaining, ...]
    blinds: tuple[Remaining, ...]

    def reasons(self) -> tuple[str, str]:
        """A sentence on the stride and one on the blind neighbourhood."""
        return (
            _reason("pixel-shuffle stride", "{}", self.stride, self.strides, self.threshold),
            _reason("blind neighbourhood", "{0}x{0}", self.blind, self.blinds, self.threshold),
        )


def suggest(correlation: NDArray[np.float64], threshold: float = THRESHOLD) -> Suggestion:
    """Read sizes off a correlation map.

    A stride of s leaves together the pixels at distances that are multiples of s in both
    directions; a blind neighbourhood of side n hides those within (n - 1) / 2.

    Args:
        correlation: (2 radius + 1) squared, the distance 0 in the middle.
        threshold: absolute correlations up to this count as none.
    """
    radius = len(correlation) // 2
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    away = np.maximum(np.abs(rows), np.abs(columns))
    strides = tuple(
        _remaining(correlation, (away > 0) & (rows % s == 0) & (columns % s == 0), s)
        for s in range(1, radius + 1)
    )
    blinds = tuple(_remaining(correlation, away > half, 2 * half + 1) for half in range(radius))
    return Suggestion(
        threshold=threshold,
        stride=_first(strides, threshold),
        blind=_first(blinds, threshold),
        strides=strides,
        blinds=blinds,
    )


def _remaining(correlation: NDArray[np.float64], left: NDArray[np.bool_], choice: int) -> Remaining:
    """The strongest correlation among those left."""
    strength = np.where(left & ~np.isnan(correlation), np.abs(correlation), -1.0)
    radius = len(correlation) // 2
    # the map is symmetric; one half of it is looked at, so that rounding does not choose the side
    strength[:radius] = strength[radius, :radius] = -1.0
    row, column = np.unravel_index(np.argmax(strength), strength.shape)
    value = float(correlation[row, column]) if strength[row, column] >= 0 else float("nan")
    return Remaining(choice, value, int(row) - radius, int(column) - radius)


def _first(remaining: tuple[Remaining, ...], threshold: float) -> int | None:
    return next((each.choice for each in remaining if abs(each.correlation) <= threshold), None)


def _reason(
    what: str,
    form: str,
    chosen: int | None,
    remaining: tuple[Remaining, ...],
    threshold: float,
) -> str:
    """Say what the choice leaves, and what the one before it would."""
    if chosen is None:
        last = remaining[-1]
        return (
            f"{what}: none in the map will do; {form.format(last.choice)}, the largest, leaves a "
            f"correlation of {_at(last)}, above the threshold {threshold:g}"
        )
    index = [each.choice for each in remaining].index(chosen)
    text = (
        f"{what} {form.format(chosen)}: the strongest correlation left is "
        f"{_at(remaining[index])}, within the threshold {threshold:g}"
    )
    if index:
        before = remaining[index - 1]
        text += f"; {form.format(before.choice)} would leave {_at(before)}"
    return text


def _at(remaining: Remaining) -> str:
    side = "left" if remaining.right < 0 else "right"
    return f"{remaining.correlation:.3f} ({remaining.down} down, {abs(remaining.right)} {side})"
