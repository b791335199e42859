"""Several runs become one, in which no cell stands twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from made_records import make_cell, make_fit_job, make_run

from harness.errors import UsageError
from harness.results.records import FitRecord
from harness.runs.merging import merge_runs


def run_in(folder, *cells, **given):
    return replace(make_run(*cells, **given), folder=Path(folder))


def test_a_single_run_stays_as_it_is():
    run = make_run(make_cell())
    assert merge_runs([run]) is run


def test_merged_runs_have_the_cells_of_all_in_order():
    first = run_in("a/1", make_cell("mine"), make_cell("other"))
    second = run_in("b/1", make_cell("mine", "polyu"), state="interrupted")
    merged = merge_runs([first, second])
    assert merged.cells == (*first.cells, *second.cells)
    assert merged.state == "interrupted"
    assert [each["folder"] for each in merged.provenance["runs"]] == ["a/1", "b/1"]


def test_seeds_that_were_run_apart_are_merged():
    runs = [run_in(f"a/{seed}", make_cell(trained_on="camera", seed=seed)) for seed in (0, 1)]
    assert [cell.seed for cell in merge_runs(runs).cells] == [0, 1]


def test_the_same_cell_twice_is_refused_and_both_runs_are_named():
    runs = [run_in(f"a/{name}", make_cell(trained_on="camera")) for name in (1, 2)]
    with pytest.raises(UsageError, match=r"^a/1 and a/2 both hold test mine on camera, seed 0"):
        merge_runs(runs)


def test_a_fit_of_several_runs_is_one_and_the_one_that_is_done():
    job = make_fit_job()
    failed, done = FitRecord(job=job, status="failed"), FitRecord(job=job, status="done")
    merged = merge_runs([run_in("a/1", fits=[failed]), run_in("b/1", fits=[done])])
    assert merged.fits == (done,)
    assert merged.root_of(done) == Path("b").absolute()


def test_files_are_looked_for_where_their_run_has_them():
    first, second = make_cell("mine"), make_cell("other")
    merged = merge_runs([run_in("a/1", first), run_in("b/1", second)])
    assert merged.folder_of(first) == Path("a/cells", first.key).absolute()
    assert merged.folder_of(second) == Path("b/cells", second.key).absolute()
