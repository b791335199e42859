"""What a project tolerates and acknowledges, from one file of TOML.

::

    [[tolerance]]            # the last that fits counts
    metric = "psnr"          # a selector; * stands for anything
    method = "mine*"
    dataset = "photographs"
    rule = "training"        # evaluation, training, timing or exact; all unless said
    value = 0.1              # in the metric's unit; a share for times and sizes

    [[acknowledged]]
    method = "mine"
    dataset = "photographs"
    metric = "psnr"
    verdict = "worse"
    reason = "the new default is quicker"
    expires = 2027-03-31
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from harness.errors import UsageError
from harness.util.text import did_you_mean, first_line

T = TypeVar("T")

Rule = Literal["evaluation", "training", "timing", "exact"]
"""How two scores are compared: the same weights on the same images; trained anew; a time or a
memory; another number of a method, such as its parameters."""

Verdict = Literal[
    "same",
    "better",
    "worse",
    "new",
    "missing",
    "failed",
    "fixed",
    "incomparable",
    "acknowledged",
]

PASSING: tuple[Verdict, ...] = ("same", "better", "new", "fixed", "acknowledged")
"""Verdicts that fail nothing; every other does."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something holds: patterns in which ``*`` stands for anything.

    Attributes:
        method: labels of methods.
        dataset: datasets, as tables name them.
        metric: selectors of metrics.
    """

    method: str = "*"
    dataset: str = "*"
    metric: str = "*"

    def holds(self, method: str, dataset: str, metric: str) -> bool:
        """All three fit."""
        pairs = ((self.method, method), (self.dataset, dataset), (self.metric, metric))
        return all(_fits(pattern, name) for pattern, name in pairs)


@dataclass(frozen=True, kw_only=True)
class Tolerance(Place):
    """The change that is no change.

    Attributes:
        rule: what it is for; empty for all.
        value: absolute, in the metric's unit, where images are measured; a share otherwise.
    """

    value: float
    rule: Rule | Literal[""] = ""


@dataclass(frozen=True, kw_only=True)
class Acknowledged(Place):
    """A verdict that is known and shall not fail.

    Attributes:
        verdict: such as ``worse``.
        reason: why it is as it should be.
        expires: the last day on which it holds.
    """

    reason: str
    expires: date
    verdict: Verdict = "worse"


@dataclass(frozen=True)
class Rules:
    """What a file of rules says; nothing where there is none.

    Attributes:
        tolerances: the last that fits counts.
        acknowledged: any that fits counts.
    """

    tolerances: tuple[Tolerance, ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()

    def tolerance(self, rule: Rule, method: str, dataset: str, metric: str) -> float | None:
        """What is tolerated; None where the file says nothing of it."""
        fitting = (
            each.value
            for each in reversed(self.tolerances)
            if each.rule in ("", rule) and each.holds(method, dataset, metric)
        )
        return next(fitting, None)

    def acknowledgements(
        self, verdict: Verdict, method: str, dataset: str, metric: str
    ) -> list[Acknowledged]:
        """Those that speak of a verdict, expired ones too."""
        return [
            each
            for each in self.acknowledged
            if each.verdict == verdict and each.holds(method, dataset, metric)
        ]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file of TOML.

    Raises:
        UsageError: it is not there, or is none.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:  # TOML or UTF-8
        raise UsageError(f"cannot read {path}: {first_line(error)}") from error


def rules_of(data: Mapping[str, Any], path: Path, also: tuple[str, ...] = ()) -> Rules:
    """The rules in a file.

    Args:
        data: what the file holds.
        path: of it, for messages.
        also: keys that it may have besides.

    Raises:
        UsageError: a key or a value cannot be understood; names the file and the table.
    """
    known = ("tolerance", "acknowledged", *also)
    for key in data:
        if key not in known:
            raise UsageError(f"{path}: unknown key {key!r}{did_you_mean(key, known)}")
    return Rules(
        tables_of(Tolerance, data, "tolerance", path),
        tables_of(Acknowledged, data, "acknowledged", path),
    )


def tables_of(kind: type[T], data: Mapping[str, Any], key: str, path: Path) -> tuple[T, ...]:
    """The tables ``[[key]]`` of a file as dataclasses; raises as :func:`rules_of`."""
    tables = data.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise UsageError(f"{path}: {key!r} must be tables, [[{key}]]")
    return tuple(
        _made(kind, table, f"{path}: [[{key}]] {number}") for number, table in enumerate(tables, 1)
    )


def _made(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key, value in table.items():
        if key not in known:
            raise UsageError(f"{where} has an unknown key {key!r}{did_you_mean(key, known)}")
        if expected := _mistake(known[key].type, value):
            raise UsageError(f"{where}: {key!r} must be {expected}, not {value!r}")
    missing = [
        name
        for name, each in known.items()
        if name not in table and each.default is MISSING and each.default_factory is MISSING
    ]
    if missing:
        raise UsageError(f"{where} lacks {' and '.join(map(repr, missing))}")
    return kind(**table)


def _mistake(kind: Any, value: Any) -> str:
    """What a value should have been; empty where it is."""
    if kind is float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if is_number and value >= 0 else "a number, zero or more"
    if kind is date:
        return "" if type(value) is date else "a date, such as 2027-03-31"
    if choices := [each for each in _choices(kind) if each]:
        return "" if value in choices else f"one of {', '.join(choices)}"
    return "" if isinstance(value, str) else "a text"


def _choices(kind: Any) -> list[str]:
    """The texts that a literal type allows; none for another type."""
    arguments = get_args(kind)
    nested = [text for each in arguments for text in _choices(each)]
    return nested or [each for each in arguments if isinstance(each, str)]


def _fits(pattern: str, name: str) -> bool:
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None
