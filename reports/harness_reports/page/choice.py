"""Which images a page shows, which of them tell most, and which part of each."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""H x W x C, C = 1 or 3."""

SEED = 0
"""Of the random choice."""


@dataclass(frozen=True)
class Chosen:
    """An image, and why it is shown.

    Attributes:
        name: of the image.
        why: in a few words.
    """

    name: str
    why: str


def choose(
    names: Sequence[str],
    scores: Sequence[Mapping[str, float]],
    limit: int,
    *,
    higher_is_better: bool = True,
) -> list[Chosen]:
    """The worst image, the best, the one on which methods differ most, and random others.

    Args:
        names: of the images that can be shown.
        scores: for each method the score of every image that has one.
        limit: how many to choose.
        higher_is_better: direction of the scores.
    """
    known = [name for name in names if any(name in of_method for of_method in scores)]
    values = {name: [each[name] for each in scores if name in each] for name in known}
    chosen: dict[str, str] = {}
    if known:
        sign = 1 if higher_is_better else -1
        means = {name: sign * fmean(values[name]) for name in known}
        chosen[min(known, key=lambda name: means[name])] = "the worst"
        chosen.setdefault(max(known, key=lambda name: means[name]), "the best")
        if len(scores) > 1:
            ranges = {name: max(values[name]) - min(values[name]) for name in known}
            most = max(known, key=lambda name: ranges[name])
            chosen[most] = f"{chosen[most]}, " if most in chosen else ""
            chosen[most] += "methods differ most"
    others = [name for name in names if name not in chosen]
    for name in random.Random(SEED).sample(others, len(others)):
        chosen[name] = "random"
    return [Chosen(name, why) for name, why in list(chosen.items())[:limit]]


def window(images: Sequence[Pixels], side: int) -> tuple[slice, slice]:
    """The part of an image in which methods differ most.

    Args:
        images: what each method made of it, all of one size.
        side: of the part; where the image is smaller, all of it.
    """
    height, width, _ = images[0].shape
    rows, columns = min(side, height), min(side, width)
    grey = np.stack([image.mean(axis=2, dtype=np.float32) for image in images])
    sums = np.pad(grey.var(axis=0, dtype=np.float32).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[rows:, columns:] - sums[:-rows, columns:] - sums[rows:, :-columns]
    inside = inside + sums[:-rows, :-columns]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return slice(int(top), int(top) + rows), slice(int(left), int(left) + columns)
