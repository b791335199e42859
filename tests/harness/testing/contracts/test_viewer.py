"""A viewer that breaks its contract is caught by a message that names the cause."""

import pytest

from harness.testing.contracts import ViewerContract

SOUND = """
import time
from html import escape
from harness import ViewerSpec, hookimpl

@hookimpl
def harness_register_viewers():
    return ViewerSpec(name="mine", target="PLUGIN:mine", summary="All.", filename="mine.html")

def mine(pairs):
    return "".join(f"<p>{escape(pair.name)} {pair.images()[0].shape}" for pair in pairs)
"""


def test_a_sound_viewer_passes(failures):
    assert failures(ViewerContract, SOUND) == {}


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            "escape(pair.name)",
            "pair.name",
            "test_hostile_names_harm_no_page",
            "a name is code in mine.html: escape it with html.escape",
            id="escapes-nothing",
        ),
        pytest.param(
            "escape(pair.name)",
            "''",
            "test_every_photograph_is_named",
            "the photograph 'portrait.png' is nowhere on the page",
            id="names-nothing",
        ),
        pytest.param(
            "in pairs)",
            "in pairs).encode()",
            "test_it_makes_the_text_of_a_page",
            "it makes a bytes: return the text of the page",
            id="bytes",
        ),
        pytest.param(
            "in pairs)",
            "in pairs) + str(time.perf_counter_ns())",
            "test_photographs_make_the_same_page_again",
            "leave out the time of its making",
            id="has-a-time",
        ),
        pytest.param(
            ".images()[0].shape",
            ".images()[0].shape[9]",
            "test_it_makes_the_text_of_a_page",
            "IndexError: tuple index out of range (one_file.py:",
            id="raises",
        ),
    ],
)
def test_a_mutant_is_caught(failures, before, after, test, says):
    assert says in failures(ViewerContract, SOUND.replace(before, after, 1), test)[test]
