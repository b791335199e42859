"""Where sides come from: runs, reports, baselines, benchmarks; and what is none of these."""

import json
import math
from dataclasses import replace

import pytest
from made_gate import cell_of, compared, images, score_of, trained_cells
from made_records import make_cell, make_run, make_score

from harness.errors import ExitCode, ReportError
from harness.gate.baselines import write_baseline
from harness.gate.cells import cells_of
from harness.gate.sources import read_side
from harness.plugin.registry import load_registry
from harness.results.plan import Plan
from harness.runs.folder import RunWriter, load_run

TIMES = {
    "machine_info": {
        "machine": "x86_64",
        "system": "Linux",
        "release": "6.1",
        "python_implementation": "CPython",
        "python_version": "3.11.7",
        "cpu": {"brand_raw": "one", "count": 2},
    },
    "benchmarks": [
        {
            "fullname": "tests/test_it.py::test_it",
            "stats": {"median": 0.5, "stddev": 0.05, "rounds": 10, "mean": 0.6},
        }
    ],
    "version": "5.3.1",
}


def written(folder, *cells):
    writer = RunWriter(folder, {}, Plan(tuple(cell.job for cell in cells)))
    for cell in cells:
        writer.append(cell)
    return writer.close(interrupted=False).folder


def test_the_folder_of_a_run_is_read(tmp_path):
    cell = make_cell(scores=[make_score()])
    side = read_side(written(tmp_path, cell))
    assert side.cells == cells_of(make_run(cell))


def test_a_report_in_json_is_read_as_the_run_that_it_tells_of(tmp_path):
    cells = [
        make_cell(name, scores=[make_score(value=v)]) for name, v in (("a", 1.5), ("b", math.inf))
    ]
    run = load_run(written(tmp_path, *cells))
    registry = load_registry()
    path = tmp_path / "table.json"
    path.write_text(registry.build(registry.choose("report", "json"))(run), encoding="utf-8")
    assert read_side(path).cells == read_side(run.folder).cells


def test_scores_of_images_in_a_report_are_read(tmp_path):
    cell = make_cell(scores=[make_score()])
    run = load_run(written(tmp_path, cell))
    registry = load_registry()
    data = json.loads(registry.build(registry.choose("report", "json"))(run))
    data["scores"] = {
        "columns": ["level", "key", "image", "scene", "metric", "value"],
        "data": [
            ["cell", cell.key, None, None, "psnr", 30.0],
            ["image", cell.key, "a", "one", "psnr", 30.0],
            ["image", cell.key, "b", "one", "psnr", None],
        ],
    }
    path = tmp_path / "table.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    (found,) = read_side(path).cells
    assert found.scores[0].images == {"a": 30.0}
    assert found.scenes == {"a": "one", "b": "one"}


def test_a_baseline_is_read_as_it_was_written(tmp_path):
    cells = (
        cell_of(score_of(images(30)), score_of(None, metric="lpips", reason="no weights")),
        cell_of(score_of(dict.fromkeys(images(1), math.inf)), method="oracle"),
        *trained_cells([29.0, 30.0]),
    )
    cells = tuple(replace(cell, conditions={"torch": "2.6"}) for cell in cells)
    write_baseline(cells, tmp_path / "a.json")
    assert read_side(tmp_path / "a.json").cells == cells
    assert read_side(tmp_path).cells == cells


def test_a_baseline_holds_what_was_measured_with_once_and_no_commits(tmp_path):
    cells = (cell_of(score_of(30.0)), cell_of(score_of(31.0), method="other"))
    write_baseline(cells, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.count('"threads"') == 1
    assert "commit" not in text


def test_what_is_not_done_becomes_no_baseline(tmp_path):
    failed = replace(cell_of(score_of(None)), status="failed", error="a bug")
    with pytest.raises(ReportError, match="mine on camera is failed, a bug"):
        write_baseline((failed,), tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()


def test_benchmarks_are_read_as_times_of_their_machine(tmp_path):
    path = tmp_path / "times.json"
    path.write_text(json.dumps(TIMES), encoding="utf-8")
    (cell,) = read_side(path).cells
    (score,) = cell.scores
    assert cell.method == "tests/test_it.py::test_it"
    assert (score.value, score.spread, score.count, score.column.unit) == (0.5, 0.05, 10, "s")
    assert cell.conditions["processor"] == "one"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: None, ExitCode.OK),
        (lambda data: data["benchmarks"][0]["stats"].update(median=5.0), ExitCode.REGRESSION),
        (lambda data: data["machine_info"]["cpu"].update(count=4), ExitCode.INCOMPARABLE),
        (lambda data: data["benchmarks"].clear(), ExitCode.REGRESSION),
    ],
)
def test_benchmarks_are_compared_like_all_times(change, code, tmp_path):
    paths = [tmp_path / name for name in ("base.json", "now.json")]
    now = json.loads(json.dumps(TIMES))
    change(now)
    for path, data in zip(paths, (TIMES, now), strict=True):
        path.write_text(json.dumps(data), encoding="utf-8")
    base, current = (read_side(path).cells for path in paths)
    assert compared(base, current).exit_code == code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "it is neither a report, a baseline nor a file of benchmarks, in JSON"),
        ("[1]", "it is neither a report"),
        ("no", "Expecting value"),
        ('{"kind": "baseline", "schema": 99}', "another version of harness .* renew it"),
        ('{"kind": "baseline", "schema": 1}', "conditions|cells"),
        ('{"kind": "run", "fits": [{}], "cells": []}', "not a record"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(text, message, tmp_path):
    path = tmp_path / "it.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=rf"cannot read .*it\.json: .*({message})"):
        read_side(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ReportError, match="No such file"):
        read_side(tmp_path / "it.json")
    with pytest.raises(ReportError, match="neither the folder of a run nor one of baselines"):
        read_side(tmp_path)
