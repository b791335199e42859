"""A table says once what its rows were measured with, and of a row what differs."""

from dataclasses import replace

import pytest
from made_records import make_cell, make_run, make_score

from harness.results.machine import Commit, Machine
from harness.results.records import CellRecord, FitRecord
from harness.runs.table import Summary, summarise

COMMIT = Commit(commit="abcdef1" + 33 * "0", dirty=False)
DIRTY = replace(COMMIT, dirty=True)
OLDER = Commit(commit="0123456" + 33 * "0", dirty=False)
MACHINE = Machine(
    device="A processor",
    processor="A processor",
    threads=2,
    settings={"float32 matmul precision": "highest"},
    versions={"python": "3.11", "denoise-harness": "0.1"},
    commits={"harness": COMMIT},
)
LINE = "Measured on A processor, 2 threads, fp32, python 3.11, torch 2.9, commit abcdef1"
DAY = "2026-11-26"
TRAINED = {"trained_on": "camera"}


def measured(
    method: str = "a", machine: Machine = MACHINE, *, finished=f"{DAY}T10:00:00+00:00", **more
) -> CellRecord:
    """A cell with a score; the libraries are part of its job."""
    cell = make_cell(method, scores=[make_score()], machine=machine, finished=finished, **more)
    return replace(cell, job=replace(cell.job, libraries={"torch": "2.9", "scipy": "1.15"}))


def table(*cells: CellRecord, fits=()) -> Summary:
    return summarise(make_run(*cells, fits=fits))


def test_what_all_rows_share_is_said_once():
    summary = table(measured("a"), measured("b"))
    assert summary.notes == [f"{LINE}, seed 0, {DAY}."]
    assert [texts[0] for texts in summary.texts()] == ["a", "b"]


def test_nothing_is_said_where_nothing_is_known():
    unknown = Machine(unknown="no such GPU")
    assert table(measured(machine=unknown)).notes == []


def test_several_seeds_are_said_by_their_own_note():
    notes = table(measured(), measured(seed=1)).notes
    assert notes == ["Mean ± standard deviation over the seeds 0, 1.", f"{LINE}, {DAY}."]


def test_a_gpu_is_said_with_its_processor_and_switches():
    gpu = replace(MACHINE, device="A GPU", settings={"TF32 convolutions": "on", "b": "off"})
    assert table(measured(machine=gpu)).notes == [
        "Measured on A GPU, A processor, 2 threads, fp32, TF32 convolutions on, python 3.11, "
        f"torch 2.9, commit abcdef1, seed 0, {DAY}."
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"threads": 1}, "1 thread"),
        ({"device": "A GPU", "processor": "Another"}, "A GPU, Another"),
        ({"settings": {"float32 matmul precision": "high"}}, "float32 matmul precision high"),
        ({"versions": {"python": "3.12", "denoise-harness": "0.1"}}, "python 3.12"),
        ({"commits": {"harness": OLDER}}, "commit 0123456"),
        ({"commits": {"harness": DIRTY}}, "commit abcdef1 (dirty)"),
        ({"threads": 1, "commits": {"harness": OLDER}}, "1 thread, commit 0123456"),
    ],
)
def test_a_row_that_differs_is_marked_and_its_note_names_the_difference_alone(changes, text):
    other = replace(MACHINE, **changes)
    summary = table(measured("a"), measured("b"), measured("c", other))
    assert [texts[0] for texts in summary.texts()] == ["a", "b", "c [1]"]
    assert summary.notes == [f"[1] measured: {text}", f"{LINE}, seed 0, {DAY}."]


def test_a_library_that_differs_is_named():
    other = measured("c")
    job = replace(other.job, libraries={"torch": "2.9", "scipy": "1.14"})
    summary = table(measured("a"), measured("b"), replace(other, job=job))
    assert summary.notes[0] == "[1] measured: scipy 1.14"


def test_a_reused_score_keeps_its_own_conditions_however_many_are_reused():
    """The table is that of this run, so what this run measured is what is shared."""
    before = {"finished": "2026-11-20T10:00:00+00:00", "reused": True}
    one = replace(MACHINE, threads=1, commits={"harness": OLDER})
    reused = [measured(name, one, **before) for name in "ab"]
    summary = table(*reused, measured("c"))
    assert [texts[0] for texts in summary.texts()] == ["a [1]", "b [1]", "c"]
    assert summary.notes == [
        "[1] measured: 1 thread, commit 0123456, 2026-11-20",
        f"{LINE}, seed 0, {DAY}.",
    ]


def test_where_all_is_reused_most_rows_decide():
    one = replace(MACHINE, threads=1)
    cells = [measured("a", one), measured("b"), measured("c")]
    summary = table(*(replace(cell, reused=True) for cell in cells))
    assert [texts[0] for texts in summary.texts()] == ["a [1]", "b", "c"]
    assert summary.notes[0] == "[1] measured: 1 thread"


def test_a_seed_that_differs_is_named():
    one = replace(MACHINE, threads=1)
    summary = table(measured(), measured(seed=1), measured(machine=one, seed=2))
    assert summary.texts()[0][0] == "a [1]"
    assert summary.notes[0] == "[1] seed 2, measured: 1 thread"


def test_a_time_of_training_that_was_measured_otherwise_is_marked():
    cell = measured(**TRAINED)
    one = replace(MACHINE, threads=1, commits={"harness": OLDER})
    fit = FitRecord(job=replace(cell.job.fit, libraries=cell.job.libraries), machine=one)
    cell = replace(cell, job=replace(cell.job, fit=fit.job))
    summary = table(cell, fits=[fit])
    assert summary.texts()[0][0] == "a [1]"
    assert summary.notes[0] == "[1] trained: 1 thread, commit 0123456"


def test_a_package_that_training_alone_needs_is_no_difference():
    cell = measured(**TRAINED)
    both = replace(MACHINE, commits={"harness": COMMIT, "of_the_training_data": COMMIT})
    fit = FitRecord(job=replace(cell.job.fit, libraries=cell.job.libraries), machine=both)
    cell = replace(cell, job=replace(cell.job, fit=fit.job))
    assert table(cell, fits=[fit]).notes == [f"{LINE}, seed 0, {DAY}."]


def test_a_run_whose_tests_all_failed_says_nothing_of_their_conditions():
    cell = make_cell("a", status="failed", error="no luck", machine=MACHINE, **TRAINED)
    fit = FitRecord(job=cell.job.fit, machine=MACHINE, status="done")
    assert table(cell, fits=[fit]).notes == ["[1] a: no luck"]


def test_packages_of_one_changed_checkout_have_one_commit():
    both = replace(MACHINE, commits={"harness": COMMIT, "a_plugin": DIRTY})
    assert table(measured(), measured("b", both)).notes == [f"{LINE} (dirty), seed 0, {DAY}."]


def test_a_plugin_of_another_checkout_has_its_own_commit():
    both = replace(MACHINE, commits={"harness": COMMIT, "a_plugin": OLDER})
    assert table(measured(), measured("b", both)).notes == [
        f"{LINE}, commit 0123456, seed 0, {DAY}."
    ]
