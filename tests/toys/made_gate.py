"""Sides of a comparison, for tests of the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from made_records import make_score

from harness.gate.cells import GatedCell, GatedData, GatedScore, Side
from harness.gate.rules import Rules
from harness.gate.verdicts import Finding, Outcome, compare

MACHINE = {"processor": "one", "threads": "2", "torch": "2.6", "commit of harness": "1234567"}
LPIPS = {"metric": "lpips", "higher_is_better": False, "unit": "", "tolerance": 0.0001}
LATENCY = {
    "metric": "latency",
    "measures": "method",
    "higher_is_better": False,
    "unit": "ms",
    "tolerance": 0.1,
    "depends_on_machine": True,
}


def images(mean: float, count: int = 15, spread: float = 3.0) -> dict[str, float]:
    """Scores of images, three a scene, that differ from image to image and have this mean."""
    offsets = [spread * (index - (count - 1) / 2) / count for index in range(count)]
    return {f"{index // 3}-{index % 3}": mean + offset for index, offset in enumerate(offsets)}


def score_of(
    value: float | Mapping[str, float] | None, *, metric: str = "psnr", **given: Any
) -> GatedScore:
    """A score by its number, or by those of its images."""
    of_score = {
        name: given.pop(name) for name in ("spread", "count", "reason", "data") if name in given
    }
    column = make_score(metric, **given).column
    if isinstance(value, Mapping):
        return GatedScore(column=column, value=fmean(value.values()), images=value, **of_score)
    return GatedScore(column=column, value=value, **of_score)


def cell_of(*scores: GatedScore, method: str = "mine", **given: Any) -> GatedCell:
    """A cell of a method that does not train, on camera."""
    whole = {
        "dataset": "camera",
        "configuration": {"parameter width": "8", "precision": "fp32"},
        "data": {"test data": GatedData(fingerprint="f", content="c")},
        "conditions": MACHINE,
        "scenes": {image: image[0] for score in scores for image in score.images},
        **given,
    }
    return GatedCell(method=method, scores=scores, **whole)


def trained_cells(values: Sequence[float], **given: Any) -> list[GatedCell]:
    """A cell a seed of a method that trains, whose weights are known by its score."""
    return [
        cell_of(
            score_of(value, **given),
            seed=seed,
            trained="camera, 8it",
            weights=f"weights {value} {seed}",
            configuration={"parameter width": "8", "budget": "8it"},
        )
        for seed, value in enumerate(values)
    ]


def compared(
    base: Sequence[GatedCell],
    current: Sequence[GatedCell],
    rules: Rules | None = None,
    **given: Any,
) -> Outcome:
    """Two sides compared."""
    sides = (Side(name=name, cells=tuple(cells)) for name, cells in (("a", base), ("b", current)))
    return compare(*sides, rules, **given)


def finding_of(
    base: Sequence[GatedCell],
    current: Sequence[GatedCell],
    rules: Rules | None = None,
    **given: Any,
) -> Finding:
    """The only finding of two sides compared."""
    (finding,) = compared(base, current, rules, **given).findings
    return finding


def with_machine(cell: GatedCell, **conditions: str) -> GatedCell:
    """A cell that was measured under other conditions."""
    return replace(cell, conditions={**cell.conditions, **conditions})
