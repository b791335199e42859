"""Types of options: stricter than click's, the same for the command line and the configuration."""

import math
from typing import Any

import click

from harness.errors import UnknownNameError, UsageError
from harness.specs import KINDS
from harness.util.text import cut, did_you_mean, whole_number


class WholeNumber(click.IntRange):
    """A whole number in a range, in digits 0 to 9."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number; fails where it is none, or out of range."""
        number = whole_number(value) if isinstance(value, str) else value
        if number is None:
            self.fail(f"{cut(value)!r} is not a whole number", param, ctx)
        return super().convert(number, param, ctx)


class Number(click.FloatRange):
    """A number in a range; neither NaN nor infinite."""

    name = "float"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the number; fails where it is none, not finite, or out of range."""
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"{cut(str(value))!r} is not a finite number", param, ctx)
        return super().convert(number, param, ctx)


class Kind(click.Choice):  # type: ignore[type-arg]
    """A kind of plugins, in the plural."""

    def __init__(self) -> None:
        super().__init__([f"{kind}s" for kind in KINDS])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the kind.

        Raises:
            UnknownNameError: there is none of this name; says which is near.
        """
        if value not in self.choices:
            near = did_you_mean(value, self.choices) or f"; there are {', '.join(self.choices)}"
            raise UnknownNameError(f"there is no kind {cut(value)!r}{near}")
        return value


class Text(click.ParamType):  # type: ignore[type-arg] # older versions of click take none
    """Text that is more than any text."""

    name = "text"


class Commas(Text):
    """Text whose parts are separated by commas; the configuration may give a list."""


class Seeds(Commas):
    """Whole numbers separated by commas, none twice; converted to a tuple of them."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Read the seeds.

        Raises:
            UsageError: a part is no whole number, or is given twice.
        """
        seeds = [whole_number(part) for part in str(value).split(",")]
        if None in seeds:
            raise UsageError(f"cannot read the seeds {cut(value)!r}: write '0' or '0,1,2'")
        if len(set(seeds)) < len(seeds):
            raise UsageError(f"a seed is given twice in {cut(value)!r}")
        return tuple(seed for seed in seeds if seed is not None)


class CountOr(Text):
    """How many, or a word, which becomes None."""

    word = ""
    least = 0
    count = "a number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """Read the number.

        Raises:
            UsageError: the text is neither.
        """
        if value == self.word:
            return None
        count = whole_number(str(value))
        if count is None or count < self.least:
            option = param.opts[0] if param else "the number"
            raise UsageError(
                f"cannot read {option} {cut(str(value))!r}: write {self.count}, or {self.word!r}"
            )
        return count


class CountOrAll(CountOr):
    """How many, or ``all``, which becomes None."""

    name = "N|all"
    word = "all"


class CountOrAuto(CountOr):
    """How many, at least one, or ``auto``, which becomes None."""

    name = "N|auto"
    word = "auto"
    least = 1
    count = "1 or more"


class Duration(Text):
    """A time such as ``90s``, ``30m`` or ``3h``, in seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the time.

        Raises:
            UsageError: the text is none.
        """
        from harness.training.budget import parse_seconds

        seconds = parse_seconds(value)
        if seconds is None:
            raise UsageError(f"cannot read the time {cut(value)!r}: write '90s', '30m' or '3h'")
        return seconds


class Budget(Text):
    """How much a method may be trained, as text that :func:`parse_budget` can read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the budget.

        Raises:
            UsageError: the text is none.
        """
        from harness.training.budget import parse_budget

        return parse_budget(value).text
