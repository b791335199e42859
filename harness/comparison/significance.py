"""Intervals and tests: a bootstrap over scenes, Welch's test over seeds, Holm's correction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
"""The chance of seeing a difference where there is none: of one interval, and of a whole table."""

FEWEST_GROUPS = 4
"""Groups below which nothing can be told: of fewer, more than one resample in twenty repeats a
single group, and has no spread."""

RESAMPLES = 1999
"""Of a bootstrap; one more makes whole twentieths."""

_SEED = 20_240_229
"""Of the resamples, so that the same scores have the same interval."""

_ROUNDING = 1e-12
"""A spread of less, relative to the numbers, is that of rounding."""

Alternative = Literal["two-sided", "less", "greater"]


@dataclass(frozen=True)
class Intervals:
    """Means of several columns of numbers, with what is known of them.

    Attributes:
        mean: of each column.
        low: lower end of its 95 % interval; ``-inf`` where nothing is known.
        high: upper end.
        p_value: two-sided, of a mean of zero; 1 where nothing is known.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p_value: NDArray[np.float64]


def intervals(groups: NDArray[np.float64]) -> Intervals:
    r"""The mean of means of groups, with a 95 % interval for other groups of the kind.

    The symmetric bootstrap-t: groups are drawn with replacement, the same for every column, and

    .. math:: \bar x \pm q_{0.95}\left(|\bar x^* - \bar x| / s^*\right) s

    where s is the standard error of the mean over groups. A plain percentile interval of few
    groups is too short. The p-value is that of Student's t.

    Args:
        groups: a row per group, a column per comparison; finite.
    """
    from scipy import stats

    count = len(groups)
    mean = groups.mean(axis=0)
    if count < FEWEST_GROUPS:
        unknown = np.full_like(mean, np.inf)
        return Intervals(mean, -unknown, unknown, np.ones_like(mean))
    deviations = groups - mean
    error = groups.std(axis=0, ddof=1) / np.sqrt(count)
    error[error <= _ROUNDING * abs(groups).max(axis=0)] = 0.0
    half = np.multiply(error, _critical(deviations), out=np.zeros_like(mean), where=error > 0)
    statistic = np.divide(mean, error, out=_of_constant(mean), where=error > 0)
    p_value = 2 * stats.t.sf(abs(statistic), count - 1)
    return Intervals(mean, mean - half, mean + half, p_value)


def welch(
    first: Sequence[float], second: Sequence[float], alternative: Alternative = "two-sided"
) -> float:
    """The p-value of Welch's test of equal means, for samples of unequal spread.

    Args:
        first: at least two numbers; or one, which is known without error.
        second: likewise; at least one of the two has more than one number.
        alternative: what is tested for, such as ``less``: the first mean is below the second.
    """
    from scipy import stats

    if np.ptp(first) == 0 and np.ptp(second) == 0:
        change = first[0] - second[0]
        differs = {"two-sided": change != 0, "less": change < 0, "greater": change > 0}
        return 0.0 if differs[alternative] else 1.0
    if len(first) == 1:
        turned: dict[str, Alternative] = {"less": "greater", "greater": "less"}
        return welch(second, first, turned.get(alternative, alternative))
    if len(second) == 1:
        return float(stats.ttest_1samp(first, second[0], alternative=alternative).pvalue)
    test = stats.ttest_ind(first, second, equal_var=False, alternative=alternative)
    return float(test.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's correction: p-values that keep the level for all of a table together.

    The smallest of n is multiplied by n, the next by n - 1, and so on; none is smaller than one
    before it.

    Args:
        p_values: of all that is tested, in any order, which is kept.
    """
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    rising = np.maximum.accumulate(np.asarray(p_values)[order] * factors)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(rising, 1.0)
    return [float(value) for value in adjusted]


def _critical(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many standard errors an interval reaches to each side, for each column."""
    count = len(deviations)
    generator = np.random.default_rng(_SEED)
    weights = generator.multinomial(count, [1 / count] * count, size=RESAMPLES) / count
    mean = weights @ deviations
    variance = weights @ deviations**2 - mean**2
    spread = variance > _ROUNDING * (deviations**2).mean(axis=0)
    error = np.sqrt(variance.clip(0) / (count - 1))
    statistic = np.divide(abs(mean), error, out=np.full_like(mean, np.inf), where=spread)
    critical: NDArray[np.float64] = np.quantile(statistic, 1 - LEVEL, axis=0, method="higher")
    return critical


def _of_constant(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Student's t where all groups say the same: none for zero, beyond all bounds otherwise."""
    return np.where(mean == 0, 0.0, np.inf)
