"""Budgets: how much a method may be trained, stated the same way for all methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.errors import UsageError
from harness.util.text import cut, whole_number

_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Budget:
    """A budget for training.

    Attributes:
        profile: ``paper``: the recipe as published; ``quick``: the method's narrowed
            configuration.
        iterations: optimizer steps over all stages; None: as the recipe says.
        seconds: wall time over all stages; None: no limit.
    """

    profile: Literal["paper", "quick"]
    iterations: int | None = None
    seconds: float | None = None

    @property
    def is_limited(self) -> bool:
        """It is in iterations or time, and not what the recipe says."""
        return self.iterations is not None or self.seconds is not None

    @property
    def text(self) -> str:
        """The one way to write it, however it was written: ``60s`` for ``1m``."""
        if self.iterations is not None:
            limit = f"{self.iterations}it"
        elif self.seconds is not None:
            limit = f"{self.seconds:g}s"
        else:
            return self.profile
        return limit if self.profile == "paper" else f"{self.profile}:{limit}"


@dataclass(frozen=True)
class Share:
    """A stage's part of a budget: either is None, but not both.

    Attributes:
        iterations: optimizer steps.
        seconds: wall time.
    """

    iterations: int | None
    seconds: float | None


def parse_budget(text: str) -> Budget:
    """Read ``paper``, ``quick``, ``2000it``, ``15m``, or with a narrowed network ``quick:2000it``.

    Raises:
        UsageError: the text is none of these.
    """
    profile, _, limit = text.partition(":") if ":" in text else ("", "", text)
    if limit in ("paper", "quick") and not profile:
        return Budget("quick" if limit == "quick" else "paper")
    if profile not in ("", "paper", "quick"):
        raise _unreadable(text)
    chosen: Literal["paper", "quick"] = "quick" if profile == "quick" else "paper"
    if limit.endswith("it"):
        count = whole_number(limit.removesuffix("it"))
        if count is None or count < 1:
            raise _unreadable(text)
        return Budget(chosen, iterations=count)
    seconds = parse_seconds(limit)
    if seconds is None:
        raise _unreadable(text)
    return Budget(chosen, seconds=seconds)


def parse_seconds(text: str) -> float | None:
    """Read a time such as ``90s``, ``15m`` or ``3h``; None if the text is none."""
    try:
        seconds = float(text[:-1]) * _SECONDS[text[-1:]]
    except (ValueError, KeyError):
        return None
    return seconds if 0 < seconds < float("inf") else None


def divide(budget: Budget, recipe_iterations: Sequence[int]) -> list[Share]:
    """Divide a budget over the stages of a method, in the proportion of its recipe.

    Args:
        budget: what the whole method may spend.
        recipe_iterations: iterations of every stage in the recipe.

    Returns:
        A share per stage; iterations add up to the budget's, but every stage gets at least one.
    """
    total = sum(recipe_iterations)
    if budget.iterations is not None:
        ends = [
            round(budget.iterations * sum(recipe_iterations[: index + 1]) / total)
            for index in range(len(recipe_iterations))
        ]
        starts = [0, *ends[:-1]]
        return [Share(max(1, end - start), None) for start, end in zip(starts, ends, strict=True)]
    if budget.seconds is not None:
        return [Share(None, budget.seconds * part / total) for part in recipe_iterations]
    return [Share(iterations, None) for iterations in recipe_iterations]


def _unreadable(text: str) -> UsageError:
    return UsageError(
        f"cannot read the budget {cut(text)!r}: write 'paper', 'quick', iterations as '2000it', "
        "time as '90s', '15m' or '3h', or 'quick:2000it' for a narrowed network"
    )
