"""Rows of a table side by side."""

import random
from dataclasses import replace

import pytest
from made_records import make_cell, make_run, make_score

from harness.results.records import ImageScore
from harness.runs.differences import compare_rows, rank_rows
from harness.runs.table import summarise


def _table(*methods, metrics=("psnr",), datasets=("camera",), seeds=(0,), **more):
    """A table of methods with their mean scores, and the scores of 18 images of 6 scenes."""
    cells, scores = [], {}
    for dataset in datasets:
        for method, mean in methods:
            for seed in seeds:
                given = [make_score(metric, mean) for metric in metrics]
                cell = make_cell(method, dataset, scores=given, seed=seed, **more)
                cells.append(cell)
                scores[cell.key] = tuple(
                    ImageScore(
                        f"{scene}-{image}",
                        str(scene),
                        metric,
                        mean + scene + image / 50 * mean % 0.1,
                    )
                    for scene in range(6)
                    for image in range(3)
                    for metric in metrics
                )
    return summarise(make_run(*cells)).rows, scores


def test_every_pair_of_rows_is_compared_on_every_dataset_and_metric():
    rows, scores = _table(
        ("a", 30), ("b", 31), ("c", 32), metrics=("psnr", "ssim"), datasets=("camera", "polyu")
    )
    compared = compare_rows(rows, scores)
    assert len(compared) == 3 * 2 * 2
    assert all(each.first.dataset == each.second.dataset for each in compared)
    assert {(each.first.method, each.second.method) for each in compared} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    }


def test_the_better_row_is_named_unless_that_cannot_be_told():
    rows, scores = _table(("a", 30), ("b", 31), ("c", 31))
    better = {
        (each.first.method, each.second.method): each.better and each.better.method
        for each in compare_rows(rows, scores)
    }
    assert better == {("a", "b"): "b", ("a", "c"): "c", ("b", "c"): None}


def test_rows_that_cannot_be_told_apart_share_a_rank():
    rows, scores = _table(("a", 30), ("b", 31), ("c", 31))
    column = rows[0].cell.scores[0].column
    assert rank_rows(rows, column, compare_rows(rows, scores)) == (3, 1, 1)
    assert rank_rows(rows[:2], column, compare_rows(rows, scores)) == (2, 1)


def test_holms_correction_is_over_one_table_and_not_over_all_of_a_report():
    def adjusted(**more):
        """Of the differences in PSNR on camera; the scenes of each method differ at random."""
        rows, scores = _table(("a", 30.0), ("b", 30.4), ("c", 31), **more)
        chance = {row.method: random.Random(row.method) for row in rows}
        for row in rows[:3]:
            draws = [chance[row.method].gauss() for _ in range(6)]
            scores[row.cell.key] = tuple(
                replace(each, value=each.value + draws[int(each.scene)])
                for each in scores[row.cell.key]
            )
        return [each.difference.adjusted for each in compare_rows(rows, scores)][:3]

    alone = adjusted()
    assert adjusted(datasets=("camera", "polyu")) == alone
    assert adjusted(metrics=("psnr", "ssim")) != alone


def test_rows_without_scores_of_images_are_ties_for_that_reason():
    rows, _ = _table(("a", 30), ("b", 31))
    (only,) = compare_rows(rows, {})
    assert only.better is None
    assert only.difference.reason == "no image has a score of both"


def test_numbers_of_methods_are_not_compared_image_by_image():
    cells = [
        make_cell(name, scores=[make_score("latency", 1.0, measures="method")]) for name in "ab"
    ]
    assert compare_rows(summarise(make_run(*cells)).rows, {}) == ()


def test_rows_on_different_images_are_not_compared():
    rows, scores = _table(("a", 30), datasets=("camera", "polyu"))
    assert compare_rows(rows, scores) == ()


def test_seeds_of_a_row_are_averaged_image_by_image():
    rows, scores = _table(("a", 30), ("b", 31), seeds=(0, 1), trained_on="camera")
    (only,) = compare_rows(rows, scores)
    assert only.difference.images == 18
    assert only.difference.seed_spread == pytest.approx(0)
