"""``harness report`` through the real command."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from made_records import make_cell, make_score

from harness.results.plan import Plan
from harness.results.records import PublishedScore
from harness.runs.folder import RunWriter

PSNR = make_score()

TWO_FILES = """
from harness import ReportSpec, hookimpl

@hookimpl
def harness_register_reports():
    return ReportSpec(name="two", target="two:two", summary="Two files.", filename="two.txt")

def two(run, assets: bool = False):
    files = {"two.txt": run.state}
    return {**files, "beside/a.bin": bytes(1)} if assets else run.state
"""


@pytest.fixture
def write_run(tmp_path):
    """Writes a run into the folder that the command runs in."""

    def write_run(method):
        cell = make_cell(method, scores=[PSNR])
        writer = RunWriter(tmp_path / "work" / "runs", {}, Plan((cell.job,)))
        writer.append(cell)
        writer.close(interrupted=False)
        return writer.folder

    return write_run


def test_all_formats_are_written_into_the_run(run_harness, write_run):
    folder = write_run("mine")
    result = run_harness("report", str(folder))
    assert result.returncode == 0
    names = ("report.html", "table.md", "table.tex", "scores.csv", "table.csv", "table.json")
    written = [folder / "report" / name for name in names]
    assert result.stdout.split() == [str(path) for path in written]
    assert "30.00" in written[0].read_text()
    assert "30.00" in written[1].read_text()
    assert sorted((folder / "report").iterdir()) == sorted(written)


def test_one_format_goes_where_it_is_wanted(run_harness, write_run, tmp_path):
    folder = write_run("mine")
    result = run_harness("report", str(folder), "--format", "table", "--out", "here")
    assert result.stdout == f"{os.path.join('here', 'table.csv')}\n"  # noqa: PTH118
    assert "mine,camera" in (tmp_path / "work" / "here" / "table.csv").read_text()


def test_a_page_may_have_files_beside_it(run_harness, write_run, tmp_path):
    (tmp_path / "work" / "two.py").write_text(TWO_FILES)
    folder = write_run("mine")
    arguments = ("report", "--plugin", "./two.py", "--format", "two")
    assert run_harness(*arguments).stdout == f"{folder / 'report' / 'two.txt'}\n"
    assert not (folder / "report" / "beside").exists()
    assert run_harness(*arguments, "--assets").stdout == f"{folder / 'report' / 'two.txt'}\n"
    assert (folder / "report" / "beside" / "a.bin").read_bytes() == b"\0"


def test_no_file_of_a_report_lies_outside_its_folder(run_harness, write_run, tmp_path):
    (tmp_path / "work" / "two.py").write_text(TWO_FILES.replace("beside/a.bin", "../a.bin"))
    write_run("mine")
    result = run_harness("report", "--plugin", "./two.py", "--format", "two", "--assets")
    assert result.returncode == 5
    assert "report 'two' makes a file outside its folder: ../a.bin" in result.stderr


def test_the_newest_run_is_the_default(run_harness, write_run):
    os.utime(write_run("old") / "run.json", (1, 1))
    newest = write_run("new")
    run_harness("report", "--format", "md")
    assert "new" in (newest / "report" / "table.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 4, "error: there is no run in runs; give its folder, or run: harness run\n"),
        (["."], 4, "error: . is not the folder of a run: it holds no run.json\n"),
        ([".", "--format", "cvs"], 2, "error: there is no report 'cvs'; did you mean 'csv'?\n"),
    ],
)
def test_what_cannot_be_reported_is_one_line(run_harness, arguments, code, message):
    result = run_harness("report", *arguments)
    assert result.returncode == code
    assert result.stderr.endswith(message)
    assert "Traceback" not in result.stderr


def test_a_report_needs_no_torch(write_run, tmp_path):
    folder = write_run("mine")
    program = (
        f"import sys; from harness.cli import execute; execute(['report', {str(folder)!r}]); "
        "print(*({'torch'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("table.json\n\n")


def test_several_runs_are_one_report_with_a_title(run_harness, write_run, tmp_path):
    folders = [str(write_run(method)) for method in ("mine", "yours")]
    result = run_harness("report", *folders, "--title", "Both of them", "--format", "md")
    assert (result.returncode, result.stdout) == (0, f"{Path('report', 'table.md')}\n")
    text = (tmp_path / "work" / "report" / "table.md").read_text()
    assert text.startswith("# Both of them\n")
    assert "| mine " in text
    assert "| yours " in text


def test_the_same_cell_in_two_runs_is_said_with_both(run_harness, write_run):
    first, second = (str(write_run("mine")) for _ in range(2))
    result = run_harness("report", first, second)
    assert result.returncode == 2
    assert result.stderr == (
        f"error: {first} and {second} both hold test mine on camera: leave one of them out\n"
    )


@pytest.fixture
def write_published(tmp_path):
    """Writes a run with a published value that cannot be compared with what was measured."""
    apart = PublishedScore(
        score="PSNR [dB] (8bit)", value=37.92, source="Table 2", differs=("all",)
    )
    cell = replace(make_cell("mine", scores=[PSNR]), published=(apart,))
    writer = RunWriter(tmp_path / "work" / "runs", {}, Plan((cell.job,)))
    writer.append(cell)
    writer.close(interrupted=False)
    return writer.folder / "report"


def test_all_published_values_are_shown_in_every_format_on_request(run_harness, write_published):
    files = [write_published / f"table.{ending}" for ending in ("md", "csv", "json")]
    run_harness("report")
    assert ["37.92" in file.read_text() for file in files] == [False, False, False]
    run_harness("report", "--published", "all")
    assert ["37.92" in file.read_text() for file in files] == [True, True, True]


def test_a_report_may_be_told_apart_from_the_others(run_harness, write_published):
    run_harness("report", "--format", "md[published=all],table")
    assert "37.92" in (write_published / "table.md").read_text()
    assert "37.92" not in (write_published / "table.csv").read_text()
