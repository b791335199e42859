"""Tables of a run rank what can be told apart, among methods of the same supervision."""

from dataclasses import replace

import pytest
from made_records import make_cell, make_run, make_score
from made_runs import TIME, make_kept_run

from harness.results.jobs import Seen
from harness.results.machine import Machine
from harness.runs.standings import LEGEND, NOT_KEPT, Standing, tables_of

TRAINED = {"trained_on": "camera", "budget": "quick"}


def standings_of(run, at=0):
    """By method the standing of its number in a column."""
    return {
        entry.row.method: entry.figures[at].standing
        for table in tables_of(run).tables
        for entry in table.entries
    }


def test_the_best_and_the_next_are_told_of_methods_that_differ(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 32, "c": 31})
    assert standings_of(run) == {"a": Standing(3), "b": Standing(1), "c": Standing(2)}


def test_methods_that_cannot_be_told_apart_share_a_place(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "bb": 31, "ccc": 31})
    best = Standing(1, tied=True)
    assert standings_of(run) == {"a": Standing(3), "bb": best, "ccc": best}


def test_none_is_best_where_all_are_tied(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 31, "bb": 31})
    assert set(standings_of(run).values()) == {Standing(None, tied=True)}


def test_methods_of_other_supervision_do_not_compete(tmp_path):
    of_cells = {"pairs": {**TRAINED, "view": "pairs"}, "truth": {"oracle": True}}
    others = {"mine": TRAINED, "yours": TRAINED}
    strengths = {"mine": 30, "yours": 31, "pairs": 33, "truth": 34}
    run = make_kept_run(tmp_path / "run", strengths, of_cells={**of_cells, **others})
    (table,) = tables_of(run).tables
    assert [(g.title, len(g.entries)) for g in table.groups] == [
        ("self-supervised", 2),
        ("supervised", 1),
        ("oracle", 1),
    ]
    assert standings_of(run) == {
        "mine": Standing(2),
        "yours": Standing(1),
        "pairs": None,
        "truth": None,
    }


def test_who_saw_the_clean_test_images_does_not_compete(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 31, "c": 32})
    cells = [
        replace(cell, job=replace(cell.job, seen=Seen(images=3, clean=1)))
        if cell.method == "c"
        else cell
        for cell in run.cells
    ]
    assert standings_of(replace(run, cells=tuple(cells)))["c"] is None


def test_nothing_is_ranked_by_images_whose_scores_are_gone():
    run = make_run(make_cell("a", scores=[make_score()]), make_cell("b", scores=[make_score()]))
    assert set(standings_of(run).values()) == {None}
    assert NOT_KEPT in tables_of(run).notes
    assert LEGEND not in tables_of(run).notes


def of_time(method, value, spread=0.0, host=""):
    score = make_score("time", value, spread=spread, **TIME)
    return make_cell(method, scores=[score], machine=Machine(host=host))


@pytest.mark.parametrize(
    ("other", "tied"),
    [
        (of_time("b", 105), True),  # within the tolerance, a tenth
        (of_time("b", 150), False),
        (of_time("b", 150, spread=30), True),
        (of_time("b", 150, host="another"), True),
    ],
)
def test_times_are_told_apart_beyond_tolerance_and_spread_on_one_machine(other, tied):
    standings = standings_of(make_run(of_time("a", 100), other))
    expected = {None} if tied else {1, 2}
    assert {each.place for each in standings.values()} == expected


def test_a_table_says_what_its_rows_share(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 31}, of_cells={"a": TRAINED})
    (table,) = tables_of(run).tables
    assert table.dataset == "camera"
    assert table.facts == ("18 images of 6 scenes", "trained on camera", "budget quick")
    assert [column.label for column in table.columns] == ["PSNR", "Time", "Params"]


def test_a_table_has_no_column_of_which_it_has_nothing(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30})
    photos = make_cell("a", "photos", scores=[make_score("ssim", 0.9)])
    _, table = tables_of(replace(run, cells=(*run.cells, photos))).tables
    assert [column.label for column in table.columns] == ["SSIM"]


def test_too_few_scenes_are_said(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 35}, scenes=2)
    assert standings_of(run)["b"] == Standing(None, tied=True)
    assert any("fewer than" in note for note in tables_of(run).notes)


def test_a_metric_that_ranks_nothing_gives_no_place(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 32})
    cells = [
        replace(
            cell, scores=[replace(s, column=replace(s.column, ranks=False)) for s in cell.scores]
        )
        for cell in run.cells
    ]
    run = replace(run, cells=cells)

    (table,) = tables_of(run).tables

    assert set(standings_of(run).values()) == {None}
    assert table.differences == ()
    assert {column.arrow for column in table.columns} == {""}
