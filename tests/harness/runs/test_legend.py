"""Nothing is printed in the table that ``harness show`` cannot explain."""

from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from made_records import make_cell, make_run, make_score

from harness.results.jobs import Seen
from harness.results.records import Status
from harness.runs import legend
from harness.runs.legend import LEGEND, Mark, meanings
from harness.runs.marks import training_marks
from harness.runs.table import summarise
from harness.specs import SUPERVISION
from harness.training.budget import parse_budget

ALL = [mark for marks in LEGEND.values() for mark in marks]


def test_every_mark_of_the_module_is_in_the_legend():
    assert {id(each) for each in vars(legend).values() if isinstance(each, Mark)} <= set(
        map(id, ALL)
    )


def test_every_mark_is_explained_by_whole_sentences():
    assert len({mark.text for mark in ALL}) == len(ALL)
    assert all(mark.meaning[0].isupper() and mark.meaning.endswith(".") for mark in ALL)


FACTS = {
    "oracle": [True, False],
    "weights": ["", "best.pth"],
    "view": ["noisy", "unpaired", "pairs"],
    "clean": ["", "others"],
    "narrowed": [{}, {"width": "8"}],
    "train_split": ["train", "test"],
    "budget": ["quick", "paper", "2000it", "90s", "15m", "1.5h", "quick:30it", "quick:5m"],
}
SEEN = [Seen(images=15), Seen(images=15, noisy=3, clean=2), Seen(images=15, noisy=15, clean=15)]
SECONDS = [None, 0.4, 81.0, 700.0, 12000.0]


def cells():
    """Cells with all that can be said of their training."""
    for values in product(*FACTS.values()):
        fields = dict(zip(FACTS, values, strict=True))
        fields["budget"] = parse_budget(fields["budget"]).text
        yield make_cell(trained_on="camera", **fields)
    yield make_cell()


def test_every_word_of_the_column_trained_is_explained():
    printed = set()
    for cell in cells():
        for seen in SEEN:
            job = replace(cell.job, seen=seen)
            printed |= set(training_marks(replace(cell, job=job), 81.0))
    for seconds in SECONDS:
        printed |= set(training_marks(make_cell(), seconds))
    assert len(printed) > 20
    assert not [text for text in printed if text != "camera" and not meanings(text)]


def test_a_part_of_a_dataset_is_explained_and_so_is_a_split():
    cell = make_cell(scores=[make_score()])
    data = replace(cell.job.data, split="train", images=2, expected=100)
    (row,) = summarise(make_run(replace(cell, job=replace(cell.job, data=data)))).rows
    split, part = row.dataset.removeprefix("camera ").split(", ")
    assert legend.SPLIT in meanings(split)
    assert meanings(part) == [legend.PART]


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_is_explained(status):
    assert [mark.text for mark in meanings(status)] == [status]


@pytest.mark.parametrize("view", ["unpaired", "pairs"])
def test_every_kind_of_supervision_that_is_printed_is_explained(view):
    assert [mark.text for mark in meanings(SUPERVISION[view])] == [SUPERVISION[view]]


def test_every_sign_of_a_number_and_of_its_head_is_explained():
    score = make_score(value=30.0, published=31.5)
    missing = make_score("ssim", None, reason="why", unit="", higher_is_better=False)
    scores = [score, missing]
    failed = make_cell("bad", status="failed", error="why")
    summary = summarise(
        make_run(make_cell(scores=scores), make_cell(scores=scores, seed=1), failed)
    )
    first, last = summary.texts()
    assert first[-2:] == ["30.00 ± 0.00 (31.5)", "n/a [1]"]
    signs = ["± 0.00", "(31.5)", "n/a", "[1]", *last[-1:], "↑", "↓", "[dB]", "(8bit)", "∞"]
    assert not [sign for sign in signs if not meanings(sign)]
    assert meanings(summary.headers()[0]) == [legend.COLUMNS[0]]
    assert all(meanings(head.partition(" ")[0]) for head in summary.headers()[:4])


def test_the_signs_of_a_column_are_those_of_the_legend():
    higher = make_score().column
    lower = replace(higher, higher_is_better=False)
    assert (higher.arrow, lower.arrow) == (legend.HIGHER(), legend.LOWER())
    assert higher.format(float("inf")) == legend.INFINITE()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("3 of 15 test images", ["N of M test images"]),
        ("its test images", ["its test images"]),
        ("2 of 100", ["N of M"]),
        ("quick:30it", ["quick:LIMIT"]),
        ("12 min", ["N min"]),
        ("±", ["± N"]),
        ("clean DATASET", ["clean DATASET"]),
        ("nonsense", []),
    ],
)
def test_a_mark_is_found_as_it_is_printed_or_explained(printed, shown):
    assert [mark.shown for mark in meanings(printed)] == shown
