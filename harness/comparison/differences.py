"""Methods side by side, image by image: how they differ, and which cannot be told apart."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from harness.comparison.significance import (
    FEWEST_GROUPS,
    LEVEL,
    holm,
    intervals,
    welch,
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a method scored on a dataset, by one metric.

    Attributes:
        seeds: for each seed the score of every image, by the image's name.
        scenes: the scene of every image.
        trains: another seed would give other scores.
    """

    seeds: tuple[Mapping[str, float], ...]
    scenes: Mapping[str, str]
    trains: bool = True

    @property
    def images(self) -> frozenset[str]:
        """The images that have a score for every seed."""
        return frozenset.intersection(*map(frozenset, self.seeds)) if self.seeds else frozenset()

    def mean_of(self, image: str) -> float:
        """The score of an image, a mean over seeds."""
        return fmean(scores[image] for scores in self.seeds)

    def means(self, images: Iterable[str]) -> list[float]:
        """For each seed the mean over some images."""
        return [fmean(scores[image] for image in images) for scores in self.seeds]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How two methods differ on a dataset by one metric: the first one's score minus the second's.

    Attributes:
        mean: over scenes, of the mean over a scene's images; every scene counts once. None where no
            image has a score of both.
        low: lower end of the 95 % interval for other scenes of the kind; ``-inf`` where there are
            too few.
        high: upper end.
        p_value: two-sided, of no difference; the larger of that over scenes and ``seed_p_value``.
        adjusted: ``p_value`` after Holm's correction over the table.
        images: how many both have a score of.
        scenes: how many these are of.
        seed_spread: standard deviation of the difference from seed to seed; None where a method
            that trains has but one.
        seed_p_value: of no difference but that of seeds; None where ``seed_spread`` is.
        reason: why nothing can be told; empty where something can.
    """

    mean: float | None = None
    low: float = -math.inf
    high: float = math.inf
    p_value: float = 1.0
    adjusted: float = 1.0
    images: int = 0
    scenes: int = 0
    seed_spread: float | None = None
    seed_p_value: float | None = None
    reason: str = ""

    @property
    def is_tie(self) -> bool:
        """The difference cannot be told from zero, in the table as a whole."""
        return self.low <= 0 <= self.high or not self.adjusted < LEVEL


def differences(methods: Sequence[Measured]) -> dict[tuple[int, int], Difference]:
    """The differences of every pair of methods on one dataset, by one metric.

    Scores are paired by image, and images of a scene count together. Holm's correction is not made
    yet: it is over the whole table, see :func:`corrected`.

    Args:
        methods: in any order.

    Returns:
        A difference for each pair of positions, the smaller one first.
    """
    pairs = {pair: _Pair(*(methods[at] for at in pair)) for pair in _pairs_of(methods)}
    found = {pair: each.described() for pair, each in pairs.items()}
    for scenes in {each.scenes for each in pairs.values() if each.is_finite}:
        alike = [at for at, each in pairs.items() if each.scenes == scenes and each.is_finite]
        known = intervals(np.column_stack([pairs[at].by_scene for at in alike]))
        for column, at in enumerate(alike):
            found[at] = _with_interval(
                found[at],
                mean=float(known.mean[column]),
                ends=(float(known.low[column]), float(known.high[column])),
                p_value=float(known.p_value[column]),
            )
    return found


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """All differences of a table with Holm's correction; those of which nothing can be told too."""
    told = [at for at, each in enumerate(differences) if not each.reason]
    adjusted = dict(zip(told, holm([differences[at].p_value for at in told]), strict=True))
    return [replace(each, adjusted=adjusted.get(at, 1.0)) for at, each in enumerate(differences)]


def ranks(
    count: int, pairs: Mapping[tuple[int, int], Difference], *, higher_is_better: bool
) -> list[int]:
    """The places of methods, 1 for the best; ties, and what ties hold together, share a place.

    Two methods that cannot be told apart always have the same place. So do two that can, where a
    chain of ties joins them. A place is one more than the count of methods at better places.

    Args:
        count: of the methods.
        pairs: their differences; of a pair that is left out nothing is known, which is a tie.
        higher_is_better: direction of the metric.
    """
    from scipy.sparse.csgraph import connected_components

    is_not_worse = np.ones((count, count), dtype=np.int8)
    for (first, second), difference in pairs.items():
        if not difference.is_tie:
            wins = (difference.low > 0) == higher_is_better
            better, worse = (first, second) if wins else (second, first)
            is_not_worse[worse, better] = 0
    _, group = connected_components(is_not_worse, connection="strong")
    beaten_by = [
        [
            other
            for other in range(count)
            if group[other] != group[own] and not is_not_worse[own, other]
        ]
        for own in range(count)
    ]
    return [1 + len(better) for better in beaten_by]


class _Pair:
    """Two methods, and the images of which both have a score."""

    def __init__(self, first: Measured, second: Measured) -> None:
        self.first, self.second = first, second
        self.images = sorted(first.images & second.images)
        by_scene: dict[str, list[float]] = {}
        for image in self.images:
            scene = first.scenes.get(image, image)
            by_scene.setdefault(scene, []).append(
                _minus(first.mean_of(image), second.mean_of(image))
            )
        self.scenes = tuple(by_scene)
        self.by_scene: NDArray[np.float64] = np.array([fmean(each) for each in by_scene.values()])

    @property
    def is_finite(self) -> bool:
        """There are scores of both, and every difference is a finite number."""
        return len(self.by_scene) > 0 and bool(np.isfinite(self.by_scene).all())

    def described(self) -> Difference:
        """The difference, without its interval."""
        if not self.images:
            return Difference(reason="no image has a score of both")
        common = {"images": len(self.images), "scenes": len(self.scenes)}
        if not self.is_finite:
            mean = float(self.by_scene.mean())
            return Difference(mean=mean, reason="a score is infinite", **common)
        spread, p_value = self._over_seeds()
        few = len(self.scenes) < FEWEST_GROUPS
        return Difference(
            seed_spread=spread,
            seed_p_value=p_value,
            reason=f"fewer than {FEWEST_GROUPS} scenes" if few else "",
            **common,
        )

    def _over_seeds(self) -> tuple[float | None, float | None]:
        """Spread of the difference from seed to seed, and the p-value of no other difference."""
        sides = [each.means(self.images) for each in (self.first, self.second)]
        trains = (self.first.trains, self.second.trains)
        if not any(trains):
            return None, None
        if any(t and len(means) < 2 for t, means in zip(trains, sides, strict=True)):
            return None, None
        first, second = (m if t else m[:1] for t, m in zip(trains, sides, strict=True))
        spread = math.hypot(*(stdev(means) for means in (first, second) if len(means) > 1))
        return spread, welch(first, second)


def _pairs_of(methods: Sequence[Measured]) -> list[tuple[int, int]]:
    return list(combinations(range(len(methods)), 2))


def _with_interval(
    difference: Difference, *, mean: float, ends: tuple[float, float], p_value: float
) -> Difference:
    return replace(
        difference,
        mean=mean,
        low=ends[0],
        high=ends[1],
        p_value=max(p_value, difference.seed_p_value or 0.0),
    )


def _minus(first: float, second: float) -> float:
    """A difference; two scores that are infinite alike are equal."""
    return 0.0 if first == second else first - second
