"""Plots say what they should, in the colours of the page."""

import xml.etree.ElementTree as ElementTree

from made_runs import HOSTILE, make_kept_run

from harness.runs.standings import tables_of
from harness_reports.page.plots import Point, curves_of, front, trades_of

TRAINED = {"trained_on": "camera", "budget": "quick"}


def test_the_front_has_those_that_none_beats_at_no_more_cost():
    points = [Point("a", 1, 20), Point("b", 2, 19), Point("c", 2, 25), Point("d", 9, 25)]
    assert [each.name for each in front(points, higher_is_better=True)] == ["a", "c"]
    assert [each.name for each in front(points, higher_is_better=False)] == ["a", "b"]


def test_quality_is_drawn_against_every_cost(tmp_path):
    run = make_kept_run(tmp_path / "run", {"a": 30, "b": 31, "c": 29})
    (table,) = tables_of(run).tables
    time, parameters = trades_of(table, "x")
    assert (time.caption, parameters.caption) == (
        "PSNR (8bit) against Time (256x256)",
        "PSNR (8bit) against Params",
    )
    texts = {each.text for each in ElementTree.fromstring(time.svg).iter() if each.text}
    assert {"a", "b", "c", "Time [ms] (256x256)", "PSNR [dB] (8bit)"} <= texts


def test_a_single_method_is_no_trade(tmp_path):
    (table,) = tables_of(make_kept_run(tmp_path / "run", {"a": 30})).tables
    assert list(trades_of(table, "x")) == []


def test_seeds_of_a_fit_share_a_picture_of_losses(tmp_path):
    strengths, of_cells = {"a": 30, "b": 31}, {"a": TRAINED}
    run = make_kept_run(tmp_path / "run", strengths, seeds=(0, 1), of_cells=of_cells)
    (curve,) = curves_of(run)
    assert curve.caption == "a, trained on camera, 2 seeds"
    assert curve.svg.count("var(--accent)") == 2


def test_names_in_a_plot_are_escaped_and_several_pictures_keep_their_names_apart(tmp_path):
    run = make_kept_run(tmp_path / "run", {f"a{HOSTILE}": 30, "$b$": 31})
    (table,) = tables_of(run).tables
    first, second = trades_of(table, "x")
    assert "<script" not in first.svg
    ids = [
        {each.get("id") for each in ElementTree.fromstring(plot.svg).iter() if each.get("id")}
        for plot in (first, second)
    ]
    assert not ids[0] & ids[1]
