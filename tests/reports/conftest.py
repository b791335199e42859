"""A run with all that a report has to cope with."""

import math
from pathlib import Path

import pytest

from harness.runs.records import CellRecord, FitRecord, Run, Score, StageRecord


def _psnr(value: float | None, **more: object) -> Score:
    fields = {
        "metric": "psnr",
        "label": "PSNR",
        "protocol": "8bit",
        "protocol_version": 1,
        "measures": "image",
        "higher_is_better": True,
        "unit": "dB",
        "decimals": 2,
        "tolerance": 0.01,
        "value": value,
    }
    return Score(**{**fields, **more})  # type: ignore[arg-type]


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
        CellRecord(key="1", scores=(_psnr(30.0, published=31.5),), **trained),
        CellRecord(key="2", scores=(_psnr(30.5, published=31.5),), seed=1, **trained),
        CellRecord(
            key="3",
            status="done",
            method="oracle",
            dataset="camera",
            oracle=True,
            scores=(_psnr(math.inf),),
        ),
        CellRecord(
            key="4", status="failed", method="bad", dataset="camera", error="no luck, at all"
        ),
        CellRecord(
            key="5",
            status="done",
            method="blind",
            dataset="photos",
            scores=(_psnr(None, reason="no clean images"),),
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
