"""What a receptive field shows though it is claimed to be hidden, and by what if that shows."""

import torch
from torch import Tensor

from harness.plugin.blind import Claim
from harness.testing.receptive_field import EXACT, SMALL, ReceptiveField, offsets_within
from harness.util.text import some

EVEN = 10.0
"""Leaks that differ by less than this factor all over the image come from a statistic of it."""


def objection(claim: Claim, field: ReceptiveField) -> str:
    """Say what a field shows of the pixels that a claim hides.

    Returns:
        The end of a sentence about a method: what it claims, what it sees, by what; empty where it
        keeps the claim.
    """
    floor = max(EXACT, claim.leak)
    if field.others > floor:
        return (
            f"claims to be blind to {claim.text} and sees other images of the batch, by "
            f"{field.others:.1e} of the most that it sees of a pixel: through a statistic of the "
            "batch, such as batch normalisation in training mode"
        )
    hidden = hidden_by(claim, field.radius)
    shown = hidden & (field.seen > floor)
    if not shown.any():
        return ""
    share = float(field.seen[shown].max())
    return (
        f"claims to be blind to {claim.text} and sees {_where(shown, field)}, by {share:.1e} of "
        f"the most that it sees of a pixel{_cause(claim, field, hidden, shown)}"
    )


def hidden_by(claim: Claim, radius: int) -> Tensor:
    """The offsets that a claim hides, (2R + 1) x (2R + 1)."""
    side = 2 * radius + 1
    hidden = [claim.hides(rows, columns) for rows, columns in offsets_within(radius)]
    return torch.tensor(hidden).view(side, side)


def _where(shown: Tensor, field: ReceptiveField) -> str:
    """The offsets that are seen, the nearest first, and at which phases if not at all."""
    middle = torch.tensor([field.radius, field.radius])
    offsets = (shown.nonzero() - middle).tolist()
    offsets.sort(key=lambda offset: (abs(offset[0]) + abs(offset[1]), offset))
    return some([_offset(rows, columns) for rows, columns in offsets], 3)


def _offset(rows: int, columns: int) -> str:
    """Rows and columns in words."""
    if not rows and not columns:
        return "the pixel itself"
    words = []
    if rows:
        words.append(f"{abs(rows)} {'down' if rows > 0 else 'up'}")
    if columns:
        words.append(f"{abs(columns)} {'right' if columns > 0 else 'left'}")
    return f"the pixel {' and '.join(words)}"


def _cause(claim: Claim, field: ReceptiveField, hidden: Tensor, shown: Tensor) -> str:
    """By what, as far as the places, phases and sizes tell it."""
    if _is_statistic(field, shown):
        return (
            ": as much as of pixels far away, through a statistic of the whole image, such as a "
            "mean, a normalisation or attention"
        )
    phases = _phases(field, shown)
    if phases < len(field.phases):
        return (
            f", at {phases} of {len(field.phases)} phases: through a pooling, a stride or a mask "
            "that depends on the place"
        )
    middle = shown[field.radius, field.radius]
    if middle and shown.sum() == 1:
        return ": through a weight of the centre that no mask hides, or a skip connection"
    if shown.sum() == 1:
        return ": through one tap that no mask hides"
    inner = _eroded(hidden)
    if claim.shape != "lattice" and not (shown & inner).any():
        return (
            f": the outermost pixels of {claim.text} alone; a mask, shift or dilation is short "
            "by one"
        )
    return ""


def _is_statistic(field: ReceptiveField, shown: Tensor) -> bool:
    """Whether what is shown is small, and about as much as the furthest pixels are seen."""
    furthest = field.seen[field.rings == field.radius]
    largest = float(field.seen[shown].max())
    even = largest < EVEN * float(furthest.max())
    return field.sees_all and even and largest < max(SMALL, EVEN * float(furthest.median()))


def _phases(field: ReceptiveField, shown: Tensor) -> int:
    """At how many phases anything of it is shown."""
    at_phase = [bool((shares[shown] > EXACT).any()) for shares in field.by_phase]
    return sum(at_phase)


def _eroded(hidden: Tensor) -> Tensor:
    """The offsets whose four neighbours are hidden, too."""
    padded = torch.nn.functional.pad(hidden, [1, 1, 1, 1])
    sides = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return hidden & torch.stack(sides).all(0)
