"""A report that breaks its contract is caught by a message that names the cause."""

import pytest

from harness.testing.contracts import ReportContract

SOUND = """
import csv, io, time
from harness import ReportSpec, hookimpl

@hookimpl
def harness_register_reports():
    return ReportSpec(name="mine", target="PLUGIN:mine", summary="All.", filename="mine.csv")

def mine(run):
    text = io.StringIO()
    rows = [[cell.method, cell.status] for cell in run.cells]
    csv.writer(text).writerows(rows)
    return text.getvalue()
"""


def test_a_sound_report_passes(failures):
    assert failures(ReportContract, SOUND) == {}


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            "for cell in run.cells",
            "for cell in run.cells if cell.status == 'done'",
            "test_every_method_is_told_failed_ones_too",
            "the method 'broken' is nowhere in the report",
            id="leaves-failures-out",
        ),
        pytest.param(
            "return text.getvalue()",
            "return ''.join(','.join(row) + '\\n' for row in rows)",
            "test_hostile_names_harm_no_file",
            "rows of mine.csv have 1 or 2 fields: write them by the module csv",
            id="quotes-nothing",
        ),
        pytest.param(
            "return text.getvalue()",
            "return text.getvalue() + f'{time.perf_counter_ns()},now'",
            "test_a_run_makes_the_same_report_again",
            "leave out the time of its making",
            id="has-a-time",
        ),
        pytest.param(
            "return text.getvalue()",
            "return {'../mine.csv': text.getvalue()}",
            "test_it_makes_the_file_that_its_spec_names",
            "it makes no mine.csv, which its spec names",
            id="other-file",
        ),
        pytest.param(
            "return text.getvalue()",
            "return str(run.cells[2].scores[0].value)",
            "test_every_method_is_told_failed_ones_too",
            "a run with failed cells and names such as",
            id="fails-at-failures",
        ),
        pytest.param(
            "text.getvalue()",
            "''.join(f'<p>{cell.method}</p>' for cell in run.cells)",
            "test_hostile_names_harm_no_file",
            "a name is code in mine.html: escape it with html.escape",
            id="html",
        ),
    ],
)
def test_a_mutant_is_caught(failures, before, after, test, says):
    source = SOUND.replace(before, after)
    if "<p>" in after:
        source = source.replace("mine.csv", "mine.html")
    assert says in failures(ReportContract, source, test)[test]
