"""A run with all that a report has to cope with."""

import math
from pathlib import Path

import pytest
from made_records import make_score

from harness.results.records import CellRecord, FitRecord, Run, StageRecord


@pytest.fixture
def run() -> Run:
    """Two seeds of a trained method, an oracle, a failure, and a number that is not available."""
    trained = {
        "status": "done",
        "method": "mine[mode=a|b]",
        "dataset": "camera",
        "trained_on": "camera",
        "train_split": "train",
        "budget": "quick",
        "narrowed": {"width": 8},
        "fit": "f",
    }
    cells = (
        CellRecord(key="1", scores=(make_score(value=30.0, published=31.5),), **trained),
        CellRecord(key="2", scores=(make_score(value=30.5, published=31.5),), seed=1, **trained),
        CellRecord(
            key="3",
            status="done",
            method="oracle",
            dataset="camera",
            oracle=True,
            scores=(make_score(value=math.inf),),
        ),
        CellRecord(
            key="4", status="failed", method="bad", dataset="camera", error="no luck, at all"
        ),
        CellRecord(
            key="5",
            status="done",
            method="blind",
            dataset="photos",
            scores=(make_score(value=None, reason="no clean images"),),
        ),
    )
    stage = StageRecord(name="only", iterations=5, seconds=1.0, final_loss=0.5)
    return Run(
        folder=Path("runs/x"),
        state="finished",
        provenance={
            "command": ["harness", "run", "--methods", "mine[mode=a|b],oracle"],
            "versions": {"python": "3.11", "torch": "2.6"},
            "processor": "A processor",
        },
        fits=(FitRecord(key="f", status="done", method="mine[mode=a|b]", stages=(stage,)),),
        cells=cells,
    )
