"""A verdict for every cell and metric of two sides."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.comparison.significance import LEVEL, holm
from harness.errors import ExitCode
from harness.gate.cells import GatedScore, Group, Side, groups_of
from harness.gate.changes import ENOUGH_SEEDS, Change, change_of
from harness.gate.matching import (
    Pair,
    conditions_differ,
    differences,
    matched,
    meaning_differs,
)
from harness.gate.rules import PASSING, Acknowledged, Rules, Verdict
from harness.results.columns import Column
from harness.util.text import counted, some

_UNCOMPARED: tuple[Verdict, ...] = ("new", "incomparable")
_LONGEST_LIST = 4
_MUCH = 2.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is said of a cell, over its seeds, by one metric.

    Attributes:
        method: label of the method.
        dataset: what it is tested on.
        trained: training data and budget in a few words; empty for none.
        column: the metric; None where nothing was measured on either side.
        verdict: one word.
        reason: why, or what to know of it; may be empty.
        change: the numbers; None where they are not compared.
        tolerance: the change that counts as none; a share for times and sizes.
        seeds: how many, in the base and now.
    """

    method: str
    dataset: str
    trained: str
    column: Column | None
    verdict: Verdict
    reason: str = ""
    change: Change | None = None
    tolerance: float | None = None
    seeds: tuple[int, int] = (0, 0)

    @property
    def fails(self) -> bool:
        """It keeps the gate shut."""
        return self.verdict not in PASSING

    @property
    def metric(self) -> str:
        """Selector of the metric; empty for none."""
        return self.column.metric if self.column else ""

    @property
    def cell(self) -> str:
        """Method and dataset, for people."""
        where = f" on {self.dataset}" if self.dataset else ""
        return f"{self.method}{where}{f' ({self.trained})' if self.trained else ''}"

    @property
    def title(self) -> str:
        """Cell and metric, for people."""
        return f"{self.cell}: {self.column.title}" if self.column else self.cell


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A comparison.

    Attributes:
        base: name of the base.
        current: name of what is compared with it.
        findings: one per cell and metric, in the order of the base, new ones last.
        provenance: how machines and versions differ: what, in the base, and now.
        notes: what else to know.
    """

    base: str
    current: str
    findings: tuple[Finding, ...]
    provenance: tuple[tuple[str, str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failing(self) -> list[Finding]:
        """Those that keep the gate shut."""
        return [finding for finding in self.findings if finding.fails]

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many findings there are of each verdict that there is."""
        return dict(Counter(finding.verdict for finding in self.findings))

    @property
    def exit_code(self) -> ExitCode:
        """4 where nothing could be compared, 1 where something fails."""
        if all(finding.verdict in _UNCOMPARED for finding in self.findings):
            return ExitCode.INCOMPARABLE
        return ExitCode.REGRESSION if self.failing else ExitCode.OK

    @property
    def sentence(self) -> str:
        """The whole in one sentence."""
        if self.exit_code is ExitCode.INCOMPARABLE:
            head = "Nothing could be compared"
        else:
            count = len(self.failing)
            head = f"{count} of {len(self.findings)} fail" if count else "Nothing fails"
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items())
        return f"{head}: {counts or 'the base holds no cell'}."


def compare(
    base: Side, current: Side, rules: Rules | None = None, today: date | None = None
) -> Outcome:
    """Compare two sides, cell by cell and metric by metric.

    Args:
        base: how it was.
        current: how it is.
        rules: tolerances and acknowledgements; None for none.
        today: decides which acknowledgements have expired; None: the date of this machine.
    """
    rules = rules or Rules()
    pairs = matched(groups_of(base.cells), groups_of(current.cells))
    findings = _decided([found for pair in pairs for found in _findings(pair, rules)])
    known, used = _acknowledged(findings, rules, today or date.today())
    idle = [each for each in rules.acknowledged if each not in used]
    return Outcome(
        base=base.name,
        current=current.name,
        findings=tuple(known),
        provenance=_provenance(base, current),
        notes=tuple(f"The acknowledgement of {e.method}, {e.verdict}, fits nothing." for e in idle),
    )


def _findings(pair: Pair, rules: Rules) -> Iterator[Finding]:
    """What is said of two groups of cells that belong together."""
    base, current = pair
    metrics = dict.fromkeys(metric for group in pair if group for metric in group.metrics)
    for metric in metrics or [""]:
        blank = _blank(pair, metric)
        if current is None:
            yield replace(blank, verdict="missing", reason="there is no such cell any more")
        elif current.failures:
            yield replace(blank, verdict="failed", reason=current.failures)
        elif base is None:
            yield _without_base(blank, current.scores(metric))
        elif base.failures:
            yield replace(blank, verdict="fixed", reason=f"before, {base.failures}")
        elif reasons := differences(base, current):
            yield replace(blank, verdict="incomparable", reason=_listed(reasons))
        else:
            yield _of_scores(blank, base, current, metric, rules)


def _of_scores(blank: Finding, base: Group, current: Group, metric: str, rules: Rules) -> Finding:
    """What is said of cells that were asked for alike and are done."""
    old, new = base.scores(metric), current.scores(metric)
    if not new:
        return replace(blank, verdict="missing", reason="it was not measured")
    if not old:
        return _without_base(blank, new)
    if base.first.trains and len(current.cells) < len(base.cells):
        lost = ", ".join(str(seed) for seed in base.seeds if seed not in current.seeds)
        return replace(blank, verdict="missing", reason=f"without seed {lost}")
    if reason := _no_number(new):
        if _no_number(old) and not any(_is_nan(each) for each in new):
            return replace(blank, verdict="same", reason=f"no number before and now: {reason}")
        return replace(blank, verdict="failed", reason=f"no number: {reason}")
    if reason := _no_number(old):
        return replace(blank, verdict="fixed", reason=f"no number before: {reason}")
    if reasons := meaning_differs(old[0], new[0]):
        return replace(blank, verdict="incomparable", reason=_listed(reasons))
    if images := _lost_images(old, new):
        text = f"without a number, which had one: {some(images, _LONGEST_LIST)}"
        return replace(blank, verdict="failed", reason=text)
    change = change_of(base, current, metric)
    if change.rule == "timing" and (reasons := conditions_differ(base, current)):
        return replace(blank, verdict="incomparable", reason=_listed(reasons))
    return _judged(replace(blank, change=change), rules)


def _judged(finding: Finding, rules: Rules) -> Finding:
    """A finding with its tolerance and, but for the correction over the table, its verdict."""
    change, column = finding.change, finding.column
    assert change is not None
    assert column is not None
    stated = rules.tolerance(change.rule, finding.method, finding.dataset, finding.metric)
    own = column.tolerance
    tolerance = own if stated is None else stated
    finding = replace(finding, tolerance=tolerance)
    if abs(change.worsening) <= tolerance * (1 + 1e-9):
        return replace(finding, verdict="same", reason=_too_few(finding) or _worst(finding))
    if change.too_few and stated is None:
        return replace(
            finding,
            verdict="incomparable",
            reason=f'{_too_few(finding)}: state a tolerance for rule = "training", or give '
            f"{ENOUGH_SEEDS} seeds",
        )
    if change.rule == "timing" and change.is_within_spread:
        return replace(finding, verdict="same", reason="no more than its repeats differ")
    verdict: Verdict = "worse" if change.worsening > 0 else "better"
    return replace(finding, verdict=verdict, reason=_too_few(finding) or _worst(finding))


def _decided(findings: Sequence[Finding]) -> list[Finding]:
    """Findings in which a change that seeds explain, by Welch and Holm over the table, is none."""
    tested = [
        (index, finding.change)
        for index, finding in enumerate(findings)
        if finding.change and finding.change.p_worse is not None
    ]
    worse = holm([change.p_worse or 0.0 for _, change in tested])
    better = holm([change.p_better or 0.0 for _, change in tested])
    decided = list(findings)
    for (index, change), *p_values in zip(tested, worse, better, strict=True):
        finding = decided[index]
        p_value = p_values[0] if change.worsening > 0 else p_values[1]
        adjusted = replace(change, p_worse=p_values[0], p_better=p_values[1])
        decided[index] = replace(finding, change=adjusted)
        if finding.verdict in ("worse", "better") and not p_value < LEVEL:
            text = f"no more than seeds differ, p = {p_value:.2g}"
            decided[index] = replace(decided[index], verdict="same", reason=text)
    return decided


def _acknowledged(
    findings: Sequence[Finding], rules: Rules, today: date
) -> tuple[list[Finding], set[Acknowledged]]:
    """Findings of which some are known, and the acknowledgements that spoke of one."""
    known: list[Finding] = []
    used: set[Acknowledged] = set()
    for finding in findings:
        where = (finding.method, finding.dataset, finding.metric)
        fitting = rules.acknowledgements(finding.verdict, *where) if finding.fails else []
        used.update(fitting)
        valid = next((each for each in fitting if each.expires >= today), None)
        if valid:
            text = f"{finding.verdict}, until {valid.expires}: {valid.reason}"
            finding = replace(finding, verdict="acknowledged", reason=text)
        elif fitting:
            text = f"its acknowledgement expired on {fitting[0].expires}"
            finding = replace(finding, reason="; ".join(filter(None, (finding.reason, text))))
        known.append(finding)
    return known, used


def _blank(pair: Pair, metric: str) -> Finding:
    """What both sides are called; its verdict is still to come."""
    base, current = pair
    group = current or base
    assert group is not None
    scores = [each for side in (current, base) if side for each in side.scores(metric)]
    return Finding(
        method=group.first.method,
        dataset=group.first.dataset,
        trained=group.first.trained,
        column=scores[0].column if scores else None,
        verdict="new",
        seeds=(len(base.cells) if base else 0, len(current.cells) if current else 0),
    )


def _without_base(blank: Finding, scores: Sequence[GatedScore]) -> Finding:
    if any(_is_nan(each) for each in scores):
        return replace(blank, verdict="failed", reason="not a number")
    return replace(blank, verdict="new", reason=_no_number(scores))


def _no_number(scores: Sequence[GatedScore]) -> str:
    """Why one of the scores has no number; empty where all have one."""
    for each in scores:
        if _is_nan(each):
            return "not a number"
        if each.value is None:
            return each.reason or "no reason is recorded"
    return ""


def _is_nan(score: GatedScore) -> bool:
    return score.value is not None and math.isnan(score.value)


def _lost_images(old: Sequence[GatedScore], new: Sequence[GatedScore]) -> list[str]:
    """Images that had a number before; none where nothing is known of images on one side."""
    if not all(each.images for each in (*old, *new)):
        return []
    kept = set.intersection(*(set(each.images) for each in new))
    return sorted({image for each in old for image in each.images} - kept)


def _too_few(finding: Finding) -> str:
    if not finding.change or not finding.change.too_few:
        return ""
    return f"trained anew, and {counted(min(finding.seeds), 'seed')} cannot tell"


def _worst(finding: Finding) -> str:
    """The image that got worst, where that is much more than the mean did, or may."""
    change, column = finding.change, finding.column
    if not change or not change.worst or not column:
        return ""
    image, loss = change.worst
    usual = max(abs(change.worsening), finding.tolerance or 0.0)
    return f"worst: {image}, by {column.format(loss)}" if loss > _MUCH * usual else ""


def _listed(reasons: Sequence[str]) -> str:
    return some(reasons, _LONGEST_LIST)


def _provenance(base: Side, current: Side) -> tuple[tuple[str, str, str], ...]:
    """The conditions that both sides know and differ in, with all values that each has."""
    sides = [_all_conditions(side) for side in (base, current)]
    texts = [
        (name, *(", ".join(side[name]) for side in sides)) for name in sides[0] if name in sides[1]
    ]
    return tuple((name, old, new) for name, old, new in texts if old != new)


def _all_conditions(side: Side) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for cell in side.cells:
        for name, text in cell.conditions.items():
            found.setdefault(name, {})[text] = None
    return found
