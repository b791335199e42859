"""The table of a run says what was measured, and what was not and why."""

import math
from dataclasses import replace

import pytest
from made_records import make_cell, make_run, make_score

from harness.results.jobs import Seen
from harness.results.records import FitRecord, PublishedScore, StageRecord
from harness.runs.table import PUBLISHED_HEADERS, summarise

OTHERS = {
    "lpips": {"protocol": "v0.1 alex", "higher_is_better": False, "unit": "", "decimals": 4},
    "latency": {
        "label": "Time",
        "protocol": "256x256",
        "measures": "method",
        "higher_is_better": False,
        "unit": "ms",
        "decimals": 1,
    },
}


def score(metric="psnr", value=30.0, **more):
    return make_score(metric, value, **{**OTHERS.get(metric, {}), **more})


def cell(method="mine", *scores, **more):
    return make_cell(method, scores=scores, **more)


def table(*cells, state="finished"):
    return summarise(make_run(*cells, state=state))


TRAINED = {"trained_on": "camera", "train_split": "train", "budget": "quick"}


def test_the_head_names_unit_protocol_and_direction():
    summary = table(cell("a", score("psnr"), score("lpips"), score("latency")))
    assert summary.headers() == [
        "method",
        "dataset",
        "trained",
        "PSNR [dB] (8bit) ↑",
        "LPIPS (v0.1 alex) ↓",
        "Time [ms] (256x256) ↓",
    ]


def test_numbers_have_the_decimals_of_their_metric():
    summary = table(cell("a", score("psnr", 30.456), score("lpips", 0.12344)))
    assert summary.texts() == [["a", "camera", "–", "30.46", "0.1234"]]


def test_infinity_is_shown_as_such():
    assert table(cell("a", score(value=math.inf))).texts()[0][-1] == "∞"


def test_two_protocols_are_two_columns():
    summary = table(cell("a", score(), score(protocol="float")), cell("b", score()))
    assert [column.header for column in summary.columns] == [
        "PSNR [dB] (8bit)",
        "PSNR [dB] (float)",
    ]
    assert summary.texts()[1][3:] == ["30.00", "–"]


def test_seeds_are_one_row_with_mean_and_spread():
    seeds = [cell("a", score(value=v), seed=s) for s, v in enumerate((30.0, 31.0, 32.0))]
    summary = table(*seeds)
    assert summary.texts() == [["a", "camera", "–", "31.00 ± 1.00"]]
    assert "Mean ± standard deviation over the seeds 0, 1, 2." in summary.notes


def test_one_seed_has_no_spread():
    assert "±" not in str(table(cell("a", score())).texts())


def test_an_infinite_seed_leaves_no_spread():
    summary = table(cell("a", score(value=math.inf)), cell("a", score(value=math.inf), seed=1))
    assert summary.texts()[0][-1] == "∞"


@pytest.mark.parametrize(
    "difference",
    [
        {"method": "b"},
        {"dataset": "polyu"},
        {"trained_on": "sidd"},
        {"train_split": "test"},
        {"budget": "paper"},
        {"narrowed": {"width": "8"}},
        {"clean": "other"},
    ],
)
def test_what_is_not_a_seed_is_a_row_of_its_own(difference):
    one = {"method": "a", "scores": [score()], **TRAINED}
    assert len(table(make_cell(**one), make_cell(**{**one, **difference})).rows) == 2


def test_rows_keep_the_order_of_the_plan():
    assert [row.method for row in table(cell("z"), cell("a"), cell("m")).rows] == ["z", "a", "m"]


def test_what_is_not_available_has_a_footnote_and_equal_reasons_share_it():
    missing = score("lpips", None, reason="no weights")
    summary = table(cell("a", missing), cell("b", missing))
    assert [texts[-1] for texts in summary.texts()] == ["n/a [1]", "n/a [1]"]
    assert summary.notes == ["[1] LPIPS: no weights"]


def test_a_failed_cell_is_a_row_with_status_and_reason():
    failed = cell("bad", status="failed", error="the loss is nan")
    summary = table(cell("a", score()), failed)
    assert summary.headers()[3] == "status"
    assert summary.texts() == [
        ["a", "camera", "–", "done", "30.00"],
        ["bad", "camera", "–", "failed [1]", "–"],
    ]
    assert summary.notes == ["[1] bad: the loss is nan"]


def test_a_failed_seed_is_counted_and_the_others_are_averaged():
    cells = [cell("a", score(value=v), seed=s) for s, v in enumerate((30.0, 32.0))]
    summary = table(*cells, cell("a", status="out-of-memory", error="too big", seed=2))
    assert summary.texts()[0][3:] == ["1 of 3 seeds out-of-memory [1]", "31.00 ± 1.41"]


def test_a_run_that_was_killed_says_so():
    summary = table(cell("a", status="interrupted"), state="running")
    assert summary.texts()[0][3] == "interrupted"
    assert summary.notes == ["The run has not finished: rows are missing results."]


def test_a_run_without_failures_has_no_status():
    assert "status" not in table(cell("a", score())).headers()


@pytest.mark.parametrize(
    ("fields", "trained"),
    [
        ({}, "–"),
        ({"oracle": True}, "oracle"),
        (TRAINED, "camera, quick"),
        ({**TRAINED, "budget": "paper", "view": "pairs"}, "camera, paper, supervised"),
        ({**TRAINED, "view": "unpaired"}, "camera, quick, unpaired"),
        (
            {**TRAINED, "view": "unpaired", "clean": "other"},
            "camera, clean other, quick, unpaired",
        ),
        ({**TRAINED, "train_split": "test"}, "its test images, quick"),
        ({**TRAINED, "trained_on": "polyu", "train_split": "test"}, "polyu, quick"),
        ({"weights": "best.pth"}, "weights best.pth"),
        ({**TRAINED, "narrowed": {"width": "8"}}, "camera, quick, narrowed"),
    ],
)
def test_how_a_method_was_trained_is_marked(fields, trained):
    assert table(cell("a", score(), **fields)).texts()[0][2] == trained


def test_it_is_said_what_the_configuration_of_a_quick_budget_was_chosen_on():
    record = cell("a", score(), **TRAINED, narrowed={"width": "8"})
    method = replace(record.job.method, narrowed_on="mine, split tune")
    record = replace(record, job=replace(record.job, method=method))
    assert (
        "a: configuration of the budget quick, chosen on mine, split tune: width=8."
        in table(record).remarks
    )


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"oracle": True}, "a: is given the clean images; an upper bound."),
        (
            {**TRAINED, "narrowed": {"width": "8", "strides": "[5,2]"}},
            "a: configuration of the budget quick, width=8, strides=[5,2].",
        ),
        ({**TRAINED, "view": "pairs"}, "a: trains on pairs of noisy and clean images."),
        (
            {**TRAINED, "view": "unpaired"},
            "a: trains on noisy images, and on clean images of other scenes.",
        ),
        (
            {**TRAINED, "view": "unpaired", "clean": "other"},
            "a: trains on noisy images, and on clean images of other.",
        ),
        (
            {**TRAINED, "train_split": "test"},
            "a: trained on the noisy test images of camera.",
        ),
    ],
)
def test_every_mark_is_explained_once(fields, note):
    summary = table(cell("a", score(), **fields), cell("a", score(), seed=1, **fields))
    assert summary.notes.count(note) == 1


def test_a_published_value_stands_beside_the_measured_one_with_its_source():
    summary = table(cell("a", score(value=36.1, published=37.3, source="Table 2")))
    assert summary.texts()[0][-1] == "36.10 (37.3)"
    assert "In parentheses, as published: PSNR of a on camera, Table 2." in summary.notes


def test_the_number_of_images_is_told():
    assert "camera: mean over 64 images." in table(cell("a", score(count=64))).notes


def test_an_empty_run_has_an_empty_table():
    assert table().texts() == []


def having_seen(seen, **fields):
    """A cell whose training saw test images."""
    record = cell("a", score(), **{**TRAINED, **fields})
    return replace(record, job=replace(record.job, seen=seen))


@pytest.mark.parametrize(
    ("seen", "trained"),
    [
        (Seen(images=15), "photos, quick"),
        (Seen(images=15, noisy=15), "photos, its test images, quick"),
        (Seen(images=15, noisy=3), "photos, 3 of 15 test images, quick"),
        (Seen(images=15, clean=15), "photos, its clean test images, quick"),
        (Seen(images=15, noisy=3, clean=2), "photos, 3 of 15 test images, 2 of 15 clean test "
         "images, quick"),
    ],
)  # fmt: skip
def test_test_images_among_the_training_data_are_marked(seen, trained):
    assert table(having_seen(seen, trained_on="photos")).texts()[0][2] == trained


def test_test_images_among_the_training_data_are_explained():
    notes = table(having_seen(Seen(images=15, noisy=3, clean=15), trained_on="photos")).notes
    assert notes == [
        "a: trained on photos, which holds the noisy images of 3 of the 15 test images of camera.",
        "a: saw in training the clean images of all 15 test images of camera, so its scores there "
        "say nothing of other images.",
    ]


def test_part_of_a_dataset_is_marked_where_it_is_tested_and_where_it_is_trained_on():
    record = cell("a", score(), dataset="polyu", trained_on="cc15", budget="paper")
    fit = replace(record.job.fit, data=replace(record.job.fit.data, images=16, expected=15))
    data = replace(record.job.data, images=2, expected=100)
    summary = table(replace(record, job=replace(record.job, fit=fit, data=data)))
    assert summary.texts()[0][1:3] == ["polyu, 2 of 100", "cc15, 16 of 15, paper"]
    assert summary.notes == [
        "polyu: holds 2 of 100 images, so no score there can be compared with published ones.",
        "cc15: holds 16 of 15 images, so no score there can be compared with published ones.",
    ]


def test_a_whole_dataset_has_no_mark():
    record = cell("a", score())
    data = replace(record.job.data, images=15, expected=15)
    assert table(replace(record, job=replace(record.job, data=data))).texts()[0][1] == "camera"


def of_parameters(trained, used, **fields):
    """A run of one cell that counts parameters, and of its fit."""
    count = score("parameters", used / 1e6, details={"used": used, "held": 73199})
    record = cell("ssid", count, **{**TRAINED, **fields})
    stage = StageRecord(name="only", iterations=1, seconds=1.0, final_loss=None)
    fit = FitRecord(job=record.job.fit, status="done", stages=(stage,), trained_parameters=trained)
    return make_run(record, fits=[fit])


def test_parameters_that_only_training_needs_are_told_of():
    summary = summarise(of_parameters(73199, 30867))
    assert summary.rows[0].trained_parameters == 73199
    assert summary.notes == [
        "ssid: 73,199 parameters are trained; 30,867 take part at test time, and time, parameters "
        "and FLOPs are theirs."
    ]


@pytest.mark.parametrize("trained", [30867, None])
def test_there_is_nothing_to_tell_where_the_same_are_trained_or_nobody_knows(trained):
    assert summarise(of_parameters(trained, 30867)).notes == []


APART = PublishedScore(
    score="PSNR [dB] (8bit)",
    value=37.92,
    source="Table 2, reported by others",
    differs=("training data not stated, here on camera", "trained as published, here quick"),
)


def test_published_values_beside_which_not_all_agrees_have_a_table_of_their_own():
    record = replace(cell("a", score(value=30.0, published=31.0)), published=(APART,))
    run = make_run(record)
    assert summarise(run).published_texts() == []
    (row,) = summarise(run, "all").published_texts()
    assert dict(zip(PUBLISHED_HEADERS, row, strict=True)) == {
        "method": "a",
        "dataset": "camera",
        "score": "PSNR [dB] (8bit)",
        "published": "37.92",
        "here": "30.00",
        "source": "Table 2, reported by others",
        "what differs": "; ".join(APART.differs),
    }


def test_the_table_of_published_values_says_where_nothing_was_measured():
    other = replace(APART, score="SSIM (wang)")
    record = replace(cell("a", score()), published=(other,))
    (row,) = summarise(make_run(record), "all").published_texts()
    assert row[4] == "–"


def test_without_published_values_neither_parentheses_nor_their_source_are_shown():
    summary = summarise(make_run(cell("a", score(published=31.0, source="Table 2"))), "none")
    assert summary.texts()[0][-1] == "30.00"
    assert summary.notes == []
