"""A run with all that a report has to cope with."""

import math
from dataclasses import replace

import pytest
from made_records import make_cell, make_fit_job, make_run, make_score

from harness.results.machine import Commit, Machine
from harness.results.records import FitRecord, PublishedScore, Run, StageRecord

MACHINE = Machine(
    host="a-host",
    system="Linux",
    device="A GPU",
    processor="A processor",
    threads=2,
    settings={"TF32 convolutions": "on"},
    versions={"python": "3.11"},
    commits={"harness": Commit(commit=40 * "a", dirty=True)},
)


@pytest.fixture
def run() -> Run:
    """Two seeds of a trained method, an oracle, a failure, and a number that is not available."""
    trained = {"method": "mine[mode=a|b]", "trained_on": "camera", "narrowed": {"width": "8"}}
    known = {"machine": MACHINE, "finished": "2026-11-26T10:00:00+00:00"}
    first = make_score(value=30.0, published=31.5, count=2, scenes=1, left_out={"c": "too small"})
    cells = (
        make_cell(scores=[first], **trained, **known),
        make_cell(scores=[make_score(value=30.5, published=31.5, count=3)], seed=1, **trained),
        make_cell("oracle", oracle=True, scores=[make_score(value=math.inf)]),
        make_cell("bad", status="failed", error="no luck, at all"),
        make_cell("blind", "photos", scores=[make_score(value=None, reason="no clean images")]),
    )
    stage = StageRecord(name="only", iterations=5, seconds=1.0, final_loss=0.5)
    return make_run(
        *cells,
        fits=[FitRecord(job=make_fit_job("mine[mode=a|b]"), status="done", stages=(stage,))],
        provenance={"command": ["harness", "run", "--methods", "mine[mode=a|b],oracle"]},
    )


@pytest.fixture
def with_apart(run):
    """The run, whose first cells have a published value that stands apart."""
    apart = PublishedScore(
        score="PSNR [dB] (8bit)", value=37.92, source="Table 2", differs=("one", "another")
    )
    return replace(run, cells=tuple(replace(cell, published=(apart,)) for cell in run.cells))
