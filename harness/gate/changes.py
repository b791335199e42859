"""How much a score changed, by the rule that fits: the numbers on which a verdict rests."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.comparison.differences import Measured, differences
from harness.comparison.significance import welch
from harness.gate.cells import GatedCell, GatedScore, Group
from harness.gate.rules import Rule

ENOUGH_SEEDS = 3
"""Of each side, for a test over seeds."""

SPREADS = 2.0
"""How many times its spread the logarithm of a ratio must be, to be a change."""

LARGEST_SPREAD = 0.7
"""Of a ratio: repeats that differ more hide no change of more than four times."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """How a score changed.

    Attributes:
        rule: by which it is judged.
        base: mean over seeds.
        current: likewise.
        change: current minus base; of a time or size, current over base.
        worsening: on the scale of the tolerance: positive where it got worse. A share of the
            smaller number for times and sizes.
        interval: 95 % interval of ``change``; None where there is none.
        spread: standard deviation of a ratio, by its repeats; None for none.
        images: that were compared one by one.
        p_worse: of no worsening, over seeds; None where seeds are not compared.
        p_better: of no improvement.
        too_few: seeds are too few to be compared.
        worst: the image that got worst, and by how much; None where none did.
    """

    rule: Rule
    base: float
    current: float
    change: float
    worsening: float
    interval: tuple[float, float] | None = None
    spread: float | None = None
    images: int = 0
    p_worse: float | None = None
    p_better: float | None = None
    too_few: bool = False
    worst: tuple[str, float] | None = None

    @property
    def is_within_spread(self) -> bool:
        """The change of a time is no larger than its repeats differ."""
        if self.spread is None:
            return False
        return math.log1p(abs(self.worsening)) <= SPREADS * min(self.spread, LARGEST_SPREAD)


def change_of(base: Group, current: Group, metric: str) -> Change:
    """How much a score changed that has a number on both sides.

    Args:
        base: its cells.
        current: the cells that belong to them.
        metric: selector of the metric; both sides mean the same by it.
    """
    column = current.scores(metric)[0].column
    if column.depends_on_machine:
        return _ratio("timing", base.scores(metric), current.scores(metric))
    if column.measures == "method":
        return _ratio("exact", base.scores(metric), current.scores(metric))
    if same_weights(base, current):
        return _evaluated(base, current, metric)
    return _trained(base, current, metric)


def same_weights(base: Group, current: Group) -> bool:
    """Nothing was trained anew: the weights are known to be those of the base, seed by seed."""
    if not base.first.trains:
        return True
    known = {cell.seed: cell.weights for cell in current.cells}
    return all(cell.weights and cell.weights == known.get(cell.seed) for cell in base.cells)


def _evaluated(base: Group, current: Group, metric: str) -> Change:
    """Paired by image, for nothing else can have changed."""
    seeds = base.seeds if base.first.trains else current.seeds
    now = [cell for cell in current.cells if cell.seed in seeds]
    old, new = _mean(base.scores(metric)), _mean(Group(tuple(now)).scores(metric))
    sides = _measured(now, metric), _measured(base.cells, metric)
    found = differences(sides)[0, 1]
    higher = current.scores(metric)[0].column.higher_is_better
    losses = {
        image: _worsening(sides[1].mean_of(image), sides[0].mean_of(image), higher_is_better=higher)
        for image in sorted(sides[0].images & sides[1].images)
    }
    worst = max(losses, key=lambda image: losses[image], default=None)
    return Change(
        rule="evaluation",
        base=old,
        current=new,
        change=_minus(new, old),
        worsening=_worsening(old, new, higher_is_better=higher),
        interval=None if math.isinf(found.low) else (found.low, found.high),
        images=len(losses),
        worst=(worst, losses[worst]) if worst and losses[worst] > 0 else None,
    )


def _trained(base: Group, current: Group, metric: str) -> Change:
    """Over seeds, for another training gives other weights."""
    scores = base.scores(metric), current.scores(metric)
    old, new = (_values(each) for each in scores)
    higher = scores[1][0].column.higher_is_better
    means = fmean(old), fmean(new)
    enough = min(len(old), len(new)) >= ENOUGH_SEEDS
    finite = all(map(math.isfinite, (*old, *new)))
    tested = enough and finite
    return Change(
        rule="training",
        base=means[0],
        current=means[1],
        change=_minus(means[1], means[0]),
        worsening=_worsening(*means, higher_is_better=higher),
        interval=_welch_interval(old, new) if tested else None,
        p_worse=welch(new, old, "less" if higher else "greater") if tested else None,
        p_better=welch(new, old, "greater" if higher else "less") if tested else None,
        too_few=not enough,
    )


def _ratio(rule: Rule, base: Sequence[GatedScore], current: Sequence[GatedScore]) -> Change:
    """Current over base, for what has no scale of its own."""
    old, new = _mean(base), _mean(current)
    spreads = [_relative_spread(each) for each in (base, current)]
    known = [spread for spread in spreads if spread is not None]
    higher = current[0].column.higher_is_better
    return Change(
        rule=rule,
        base=old,
        current=new,
        change=_over(new, old),
        worsening=_share(old, new, higher_is_better=higher),
        spread=math.hypot(*known) if len(known) == len(spreads) else None,
    )


def _share(old: float, new: float, *, higher_is_better: bool) -> float:
    """By what share a number got worse, or better if negative: 1 for double and for half."""
    if old == new:
        return 0.0
    grew = _over(max(old, new), min(old, new)) - 1
    return grew if (new > old) != higher_is_better else -grew


def _relative_spread(scores: Sequence[GatedScore]) -> float | None:
    """Standard deviation of repeats as a share of their mean; None where one has none."""
    shares = [
        each.spread / each.value
        for each in scores
        if each.spread is not None and each.value and each.count > 1
    ]
    if not shares or len(shares) < len(scores):
        return None
    return math.sqrt(fmean(share**2 for share in shares))


def _measured(cells: Sequence[GatedCell], metric: str) -> Measured:
    scores = Group(tuple(cells)).scores(metric)
    return Measured(
        seeds=tuple(score.images for score in scores),
        scenes={image: scene for cell in cells for image, scene in cell.scenes.items()},
        trains=False,
    )


def _values(scores: Sequence[GatedScore]) -> list[float]:
    return [score.value for score in scores if score.value is not None]


def _mean(scores: Sequence[GatedScore]) -> float:
    return fmean(_values(scores))


def _minus(new: float, old: float) -> float:
    return 0.0 if new == old else new - old  # infinities are equal, too


def _over(new: float, old: float) -> float:
    if new == old:
        return 1.0
    return new / old if old else math.inf


def _worsening(old: float, new: float, *, higher_is_better: bool) -> float:
    return _minus(old, new) if higher_is_better else _minus(new, old)


def _welch_interval(old: Sequence[float], new: Sequence[float]) -> tuple[float, float]:
    from scipy import stats

    if len({*old}) == len({*new}) == 1:
        return (new[0] - old[0],) * 2
    ends = stats.ttest_ind(new, old, equal_var=False).confidence_interval(0.95)
    return float(ends.low), float(ends.high)
