"""What docstrings say of arguments."""

import pytest

from harness.util.docstrings import argument_texts

DOCSTRING = """Do something.

    More of it: not an argument.

    Args:
        first: what it is,
            told in two lines: both count.
        second (int): with ``markup`` and :class:`~harness.Method`. Two sentences.
        third, fourth: the same for both.

        **rest: what is left

    Returns:
        nothing: at all.
    """


def test_every_argument_has_one_line_without_markup():
    assert argument_texts(DOCSTRING) == {
        "first": "what it is, told in two lines: both count",
        "second": "with markup and harness.Method. Two sentences",
        "third": "the same for both",
        "fourth": "the same for both",
        "rest": "what is left",
    }


@pytest.mark.parametrize("docstring", [None, "", "One line.", "Args:", "Returns:\n    a: b"])
def test_a_docstring_without_arguments_says_nothing_of_them(docstring):
    assert argument_texts(docstring) == {}
