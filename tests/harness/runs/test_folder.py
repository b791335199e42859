from dataclasses import replace
from pathlib import Path

import pytest
from made_records import make_cell, make_cell_job, make_score

from harness.errors import ReportError
from harness.results.plan import Plan
from harness.results.records import blank_record, to_json
from harness.runs.folder import RunWriter, load_run, newest_run
from harness.util.files import write_text

PSNR = make_score(value=float("inf"))
TRAINED = make_cell_job("m", trained_on="camera")
PLAN = Plan((TRAINED, make_cell_job("n")), notes=("m[a=1] is m: the rest is as it is anyway.",))
DONE = replace(make_cell(scores=[PSNR]), job=TRAINED)


def test_a_run_is_read_back_with_what_ended_and_what_did_not(tmp_path):
    writer = RunWriter(tmp_path, {"seeds": [0]}, PLAN)
    writer.append(DONE)
    run = load_run(writer.folder)
    assert run.state == "running"
    assert run.cells == (DONE, blank_record(PLAN.cells[1]))
    assert run.fits == (blank_record(TRAINED.fit),)
    assert run.notes == PLAN.notes

    run = writer.close(interrupted=True)
    assert run.state == "interrupted"
    assert run.cells == (DONE, blank_record(PLAN.cells[1]))
    assert run.cells[0].scores[0].value == float("inf")
    assert (tmp_path / "latest").resolve() == writer.folder


def test_a_line_that_a_kill_cut_short_is_not_read(tmp_path):
    writer = RunWriter(tmp_path, {}, PLAN)
    with (writer.folder / "records.jsonl").open("a") as file:
        file.write(to_json(DONE)[:40])
    assert load_run(writer.folder).cells[0].status == "interrupted"


@pytest.mark.parametrize("line", [b"[]\n", b'"text"\n', b"{\n", b"\xff\n", b'{"schema": []}\n'])
def test_a_damaged_line_is_left_out_and_named(tmp_path, caplog, line):
    writer = RunWriter(tmp_path, {}, PLAN)
    with (writer.folder / "records.jsonl").open("ab") as file:
        file.write(line)
    writer.append(DONE)
    assert load_run(writer.folder).cells[0] == DONE
    assert "line 1 is damaged and left out" in caplog.text


def test_two_runs_in_one_second_have_their_own_folders(tmp_path):
    first, second = (RunWriter(tmp_path, {}, PLAN) for _ in range(2))
    assert first.folder != second.folder


def test_the_newest_run_is_found(tmp_path):
    with pytest.raises(ReportError, match="there is no run in"):
        newest_run(tmp_path)
    writer = RunWriter(tmp_path, {}, PLAN)
    assert newest_run(tmp_path) == writer.folder


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot read the run in"),
        ("[]", "cannot read the run in"),
        ("{}", "its run.json has no 'schema'"),
        ('{"schema": 1}', "another version of harness"),
        ('{"schema": 2, "planned": [3], "state": "", "provenance": {}}', "cannot read the run"),
    ],
)
def test_what_is_no_run_says_so(tmp_path, content, message):
    with pytest.raises(ReportError, match=r"is not the folder of a run: it holds no run\.json"):
        load_run(tmp_path)
    write_text(tmp_path / "run.json", content)
    with pytest.raises(ReportError, match=message):
        load_run(Path(tmp_path))
