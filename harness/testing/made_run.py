"""A run that a report has to cope with: hostile names, failures, and numbers that are none."""

import math
from pathlib import Path
from typing import Any

from harness.results.columns import Column
from harness.results.jobs import CellJob, DataReference, FitJob
from harness.results.records import CellRecord, FitRecord, Run, Score, StageRecord
from harness.results.reference import Reference

HOSTILE = (
    "<script>alert(1)</script><b>|&amp;\"'`{{7*7}}{%x%}\\end{document}\\\\%$#_^~*~~ "
    "[x](javascript:1)\n# é中--</style>&#0;"
)
"""Means something to HTML, to templates, to Markdown, to LaTeX and to CSV."""

FINE, BROKEN = "fine", "broken"
"""Names of a method that is done and of one that failed."""

COLUMN = Column(
    metric="psnr",
    label="PSNR",
    protocol="8bit",
    higher_is_better=True,
    unit="dB",
    decimals=2,
    tolerance=0.01,
)


def made_run(folder: Path) -> Run:
    """A run of which nothing but its records is there.

    Args:
        folder: where it would lie.
    """
    cells = (
        _cell(FINE, score=Score(column=COLUMN, value=30.25, spread=0.5, count=3, scenes=2)),
        _cell(HOSTILE, dataset=HOSTILE, score=Score(column=COLUMN, value=math.inf, count=1)),
        _cell(BROKEN, status="failed", error=f"no luck {HOSTILE}", traceback=f"a line\n{HOSTILE}"),
        _cell("slow", status="timeout", error="stopped after 60 s, as --timeout says"),
        _cell("unscored", score=Score(column=COLUMN, value=None, reason=f"no luck {HOSTILE}")),
    )
    fits = [FitRecord(job=cell.job.fit, status=cell.status) for cell in cells if cell.job.fit]
    stage = StageRecord(name="only", iterations=5, seconds=1.0, final_loss=0.5)
    done = FitRecord(job=fits[0].job, status="done", stages=(stage,), trained_parameters=1000)
    return Run(
        folder=folder,
        state="finished",
        provenance={"command": ["harness", "run", "--methods", HOSTILE]},
        fits=(done, *fits[1:]),
        cells=cells,
        notes=(HOSTILE,),
    )


def _cell(
    method: str, *, dataset: str = "photographs", score: Score | None = None, **outcome: Any
) -> CellRecord:
    data = DataReference(dataset=_reference("dataset", dataset), split="test", fingerprint=dataset)
    shared: dict[str, Any] = {"method": _reference("method", method), "seed": 0, "libraries": {}}
    fit = FitJob(data=data, budget="quick", **shared)
    return CellRecord(
        job=CellJob(data=data, metrics=(), fit=fit, **shared),
        scores=(score,) if score else (),
        **{"status": "done", **outcome},
    )


def _reference(kind: str, label: str) -> Reference:
    return Reference(kind=kind, name=label, label=label, selector=label)
