"""A spec says in few words what a method does not see."""

import pytest

from harness.errors import PluginError
from harness.plugin.blind import filled_in, names_in, parse_claim


def hidden(text, radius):
    claim = parse_claim(text)
    steps = range(-radius, radius + 1)
    return {(row, column) for row in steps for column in steps if claim.hides(row, column)}


def test_a_square_hides_all_around_the_pixel():
    assert hidden("1x1", 2) == {(0, 0)}
    assert hidden("3x3", 2) == {(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)}


def test_a_diamond_hides_what_is_near_in_rows_plus_columns():
    assert hidden("diamond 1", 2) == {(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)}
    assert len(hidden("diamond 4", 9)) == 41


def test_a_lattice_hides_every_nth_row_and_column():
    assert hidden("lattice 2", 3) == {(row, column) for row in (-2, 0, 2) for column in (-2, 0, 2)}


def test_with_a_stride_all_that_lies_between_sub_images_is_hidden_too():
    assert hidden("1x1 stride 2", 4) == hidden("3x3", 4)
    assert hidden("3x3 stride 2", 4) == hidden("3x3", 4) | {
        (row, column) for row in (-2, 0, 2) for column in (-2, 0, 2)
    }


def test_a_leak_may_be_conceded():
    claim = parse_claim("diamond 4 stride 2 leak 1e-4")
    assert (claim.shape, claim.size, claim.stride, claim.leak) == ("diamond", 4, 2, 1e-4)


@pytest.mark.parametrize(
    "text", ["", "9", "3x5", "4x4", "0x0", "lattice 0", "1x1 stride 0", "none", "9x9 leak"]
)
def test_other_words_are_refused(text):
    with pytest.raises(PluginError, match=r"claims to be blind to '.*'; a claim is '9x9', 'diam"):
        parse_claim(text)


def test_parameters_stand_in_braces():
    assert names_in("{size}x{size} stride {stride}") == {"size", "stride"}
    assert filled_in("{size}x{size} stride {stride}") == "1x1 stride 1"
    assert filled_in("{network}") == "1x1"
