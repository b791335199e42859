import pytest

from harness.util.text import LONGEST, counted, first_line, size_text, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("12", 12), (" 7 ", 7), ("-3", -3), ("9" * 18, 10**18 - 1)],
)
def test_a_whole_number_is_read(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "-", "²", "٣", "1_0", "1.0", "1e3", "+1", "1 0", "9" * 5000])
def test_what_is_no_whole_number_in_plain_digits_is_none(text):
    assert whole_number(text) is None


def test_a_long_text_of_an_exception_is_cut():
    assert first_line(ValueError("x" * 10_000_000)) == "x" * LONGEST + "…"


def test_a_number_of_things_is_counted_as_people_do():
    assert [counted(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0.0 kB"), (1200, "1.2 kB"), (12_000, "12 kB"), (3.4e6, "3.4 MB"), (5e15, "5000 TB")],
)
def test_bytes_are_said_as_people_say_them(size, text):
    assert size_text(size) == text
