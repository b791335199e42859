"""``harness runs`` through the real command: it says what it removes before it does."""

import json

import pytest
from made_records import make_cell, make_score

from harness.results.plan import Plan
from harness.runs.folder import RunWriter
from harness.runs.store import Store


@pytest.fixture
def folder(tmp_path):
    """A run of one cell in the folder that the command runs in."""
    cell = make_cell("mine", scores=[make_score()])
    root = tmp_path / "work" / "runs"
    writer = RunWriter(root, {"command": ["harness", "run"]}, Plan((cell.job,)))
    writer.append(cell)
    writer.close(interrupted=False)
    result = Store(root).folder(cell.job)
    result.mkdir(parents=True)
    (result / "scores.jsonl").write_bytes(bytes(5000))
    return writer.folder


def test_runs_are_listed(run_harness, folder):
    lines = run_harness("runs").stdout.splitlines()
    assert lines[0].split() == ["run", "state", "age", "cells", "size", "command"]
    assert lines[2].startswith(f"{folder.name}  finished")
    assert "1/1" in lines[2]
    assert lines[2].endswith("harness run")


def test_no_run_is_said(run_harness):
    assert run_harness("runs").stdout == "there is no run in runs\n"


def test_programs_get_bytes_and_paths(run_harness, folder):
    (run,) = json.loads(run_harness("runs", "--json").stdout)["runs"]
    assert run["name"] == folder.name
    assert run["bytes"] > 5000
    assert len(run["results"]) == 1
    shown = json.loads(run_harness("runs", "show", "latest", "--json").stdout)
    assert shown["own"] == run["results"]


def test_a_run_is_shown_with_what_goes_with_it(run_harness, folder):
    text = run_harness("runs", "show", folder.name).stdout
    assert "cells:         1 of 1 done" in text
    assert "command:       harness run" in text


def test_nothing_is_removed_before_it_is_said_and_agreed_to(run_harness, folder):
    said = run_harness("runs", "rm", folder.name, "--dry-run")
    assert said.returncode == 0
    assert f"would remove: {folder.name}" in said.stdout
    assert "would remove: cells/" in said.stdout
    refused = run_harness("runs", "rm", folder.name)
    assert refused.returncode == 2
    assert "to remove: cells/" in refused.stdout
    assert refused.stderr.endswith("say --yes to remove without asking\n")
    assert folder.exists()
    assert "removed 2 folders" in run_harness("runs", "rm", folder.name, "--yes").stdout
    assert not folder.exists()
    assert list(folder.parent.glob("cells/*")) == []


def test_results_that_no_run_needs_are_collected(run_harness, folder):
    (folder.parent / "fits" / (20 * "a")).mkdir(parents=True)
    assert "removed 1 folder\n" in run_harness("runs", "gc", "--yes").stdout
    assert run_harness("runs", "gc").stdout == "there is nothing to remove\n"
    assert folder.exists()


def test_a_run_that_is_not_there_is_one_line(run_harness, folder):
    result = run_harness("runs", "rm", "nothing", "--yes")
    assert result.returncode == 4
    assert result.stderr.startswith("error: there is no run 'nothing' in ")
    assert folder.exists()
