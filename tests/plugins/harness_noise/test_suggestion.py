import numpy as np
import pytest

from harness_noise import suggest

RADIUS = 6


def a_map(**at):
    """A symmetric map; ``at`` maps "d1r2" (1 down, 2 right) to a correlation."""
    values = np.zeros((2 * RADIUS + 1, 2 * RADIUS + 1))
    values[RADIUS, RADIUS] = 1
    for place, value in at.items():
        down, right = (int(part) for part in place[1:].split("r"))
        values[RADIUS + down, RADIUS + right] = values[RADIUS - down, RADIUS - right] = value
    return values


def test_independent_noise_needs_nothing():
    suggestion = suggest(a_map())
    assert (suggestion.stride, suggestion.blind) == (1, 1)


@pytest.mark.parametrize(
    ("at", "stride", "blind"),
    [
        ({"d0r1": 0.5}, 2, 3),
        ({"d1r0": -0.5}, 2, 3),
        ({"d0r1": 0.5, "d0r2": 0.06}, 3, 5),
        ({"d2r2": 0.2}, 3, 5),
        ({"d1r2": 0.2}, 2, 5),  # no stride above 1 joins these pixels, but a square must hold them
        ({"d0r4": 0.2}, 3, 9),  # 4 is a multiple of 1, 2 and 4
        ({"d6r6": 0.2}, 4, None),
        ({"d0r1": 0.04}, 1, 1),
    ],
)
def test_sizes_are_the_smallest_that_leave_nothing_above_the_threshold(at, stride, blind):
    suggestion = suggest(a_map(**at), threshold=0.05)
    assert (suggestion.stride, suggestion.blind) == (stride, blind)


def test_the_threshold_is_the_users():
    values = a_map(d0r1=0.5, d0r2=0.06)
    assert suggest(values, threshold=0.1).stride == 2
    assert suggest(values, threshold=0.05).stride == 3


def test_what_every_size_leaves_is_listed():
    suggestion = suggest(a_map(d0r1=0.5, d2r2=-0.2, d3r0=0.1))
    assert [each.correlation for each in suggestion.strides] == [0.5, -0.2, 0.1, 0, 0, 0]
    assert [each.choice for each in suggestion.blinds] == [1, 3, 5, 7, 9, 11]
    assert [each.correlation for each in suggestion.blinds] == [0.5, -0.2, 0.1, 0, 0, 0]


def test_the_reason_says_what_is_left_where_and_what_less_would_leave():
    stride, blind = suggest(a_map(d0r1=0.5, d1r2=0.2)).reasons()
    assert stride == (
        "pixel-shuffle stride 2: the strongest correlation left is 0.000 (0 down, 2 right), "
        "within the threshold 0.05; 1 would leave 0.500 (0 down, 1 right)"
    )
    assert blind.startswith("blind neighbourhood 5x5: ")
    assert blind.endswith("; 3x3 would leave 0.200 (1 down, 2 right)")


def test_a_map_that_ends_too_early_suggests_nothing_and_says_so():
    _, blind = suggest(a_map(d6r6=0.2)).reasons()
    assert blind == (
        "blind neighbourhood: none in the map will do; 11x11, the largest, leaves a correlation "
        "of 0.200 (6 down, 6 right), above the threshold 0.05"
    )


def test_undefined_correlations_are_passed_over():
    values = a_map(d0r1=0.5)
    values[0, :] = values[-1, :] = np.nan
    assert suggest(values).stride == 2
