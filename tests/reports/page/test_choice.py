"""A page shows the images that tell most, and the part of them where methods differ."""

import numpy as np

from harness_reports.page.choice import Chosen, choose, window

NAMES = list("abcdef")
SCORES = [
    {"a": 20, "b": 30, "c": 25, "d": 25, "e": 26},
    {"a": 21, "b": 31, "c": 25, "d": 29, "e": 26},
]


def test_the_worst_the_best_and_the_most_different_come_first():
    assert choose(NAMES, SCORES, 3) == [
        Chosen("a", "the worst"),
        Chosen("b", "the best"),
        Chosen("d", "methods differ most"),
    ]


def test_of_a_metric_of_errors_the_largest_is_the_worst():
    worst, best, _ = choose(NAMES, SCORES, 3, higher_is_better=False)
    assert (worst.name, best.name) == ("b", "a")


def test_an_image_may_have_two_reasons():
    chosen = choose(NAMES, [{"a": 1, "b": 5}, {"a": 4, "b": 5}], 6)
    assert chosen[0] == Chosen("a", "the worst, methods differ most")


def test_the_others_are_drawn_and_always_the_same():
    chosen = choose(NAMES, SCORES, 6)
    assert sorted(each.name for each in chosen) == NAMES
    assert {each.why for each in chosen[3:]} == {"random"}
    assert choose(NAMES, SCORES, 6) == chosen


def test_without_scores_all_are_drawn():
    assert {each.why for each in choose(NAMES, [], 4)} == {"random"}


def test_the_part_shown_is_where_methods_differ():
    images = [np.full((40, 60, 3), 9, np.uint8) for _ in range(3)]
    images[1][25:30, 40:45] = 200
    rows, columns = window(images, 16)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (16, 16)
    assert rows.start <= 25
    assert rows.stop >= 30
    assert columns.start <= 40
    assert columns.stop >= 45


def test_a_small_image_is_shown_whole():
    assert window([np.zeros((8, 9, 1), np.uint8)], 16) == (slice(0, 8), slice(0, 9))
