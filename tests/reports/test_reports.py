"""Reports hold the table for people, for spreadsheets and for programs."""

import csv
import io
import json
import math
import re
from pathlib import Path

import pytest
from made_runs import HOSTILE, make_kept_run

from harness.plugin.registry import load_registry
from harness.results.records import SCHEMA, CellRecord, FitRecord
from harness.results.serial import from_plain
from harness_reports.csv_scores import csv_scores
from harness_reports.csv_table import csv_table
from harness_reports.json_records import json_records
from harness_reports.latex import latex
from harness_reports.long_form import COLUMNS
from harness_reports.markdown import markdown


def test_the_formats_are_found_by_name():
    registry = load_registry()
    made = {entry.spec.name: registry.load(entry) for entry in registry.entries("report")}
    assert made["md"] is markdown
    assert made["latex"] is latex
    assert made["csv"] is csv_scores
    assert made["table"] is csv_table
    assert made["json"] is json_records


def test_csv_holds_full_numbers_in_columns_of_their_own(run):
    rows = list(csv.DictReader(io.StringIO(csv_table(run))))
    mine, oracle, bad, blind = rows
    assert float(mine["PSNR [dB] (8bit)"]) == 30.25
    assert float(mine["PSNR [dB] (8bit) std"]) == math.sqrt(0.125)
    assert mine["PSNR [dB] (8bit) count"] == "2"  # the fewest of any seed
    assert float(mine["PSNR [dB] (8bit) published"]) == 31.5
    assert mine["seeds"] == "0 1"
    assert mine["narrowed"] == "width=8"
    assert oracle["PSNR [dB] (8bit)"] == "inf"
    assert oracle["oracle"] == "true"
    assert (bad["status"], bad["error"]) == ("failed", "no luck, at all")
    assert blind["PSNR [dB] (8bit)"] == ""


def test_every_score_is_a_line_with_its_own_count_and_conditions(run):
    lines = list(csv.DictReader(io.StringIO(csv_scores(run))))
    assert [(line["method"], line["seed"], line["value"]) for line in lines] == [
        ("mine[mode=a|b]", "0", "30.0"),
        ("mine[mode=a|b]", "1", "30.5"),
        ("oracle", "0", "inf"),
        ("bad", "0", ""),
        ("blind", "0", ""),
    ]
    first, second, _, bad, blind = lines
    assert (bad["status"], bad["error"]) == ("failed", "no luck, at all")
    assert (first["count"], first["scenes"], first["left_out"]) == ("2", "1", "c: too small")
    assert (second["count"], second["left_out"]) == ("3", "")
    assert blind["reason"] == "no clean images"
    expected = {
        "measured": "2026-11-26T10:00:00+00:00",
        "reused": "false",
        "host": "a-host",
        "device": "A GPU",
        "processor": "A processor",
        "threads": "2",
        "precision": "fp32",
        "settings": "TF32 convolutions: on",
        "versions": "python 3.11",
        "commits": f"harness {40 * 'a'} (dirty)",
    }
    assert expected.items() <= first.items()


def test_json_has_every_score_with_its_own_count_and_conditions(run):
    first = json.loads(json_records(run))["cells"][0]
    (score,) = first["scores"]
    assert (score["count"], score["scenes"]) == (2, 1)
    assert score["left_out"] == {"c": "too small"}
    assert first["finished"] == "2026-11-26T10:00:00+00:00"
    assert first["machine"]["threads"] == 2
    assert first["machine"]["commits"]["harness"] == {"commit": 40 * "a", "dirty": True}
    assert (first["job"]["seed"], first["job"]["precision"]) == (0, "fp32")


def test_json_holds_every_record_as_it_was(run):
    def refuse(constant):
        raise AssertionError(constant)

    data = json.loads(json_records(run), parse_constant=refuse)
    assert data["schema"] == SCHEMA
    assert data["state"] == "finished"
    assert data["provenance"] == run.provenance
    assert [from_plain(CellRecord, cell) for cell in data["cells"]] == list(run.cells)
    assert [from_plain(FitRecord, fit) for fit in data["fits"]] == list(run.fits)


def test_csv_has_a_last_column_of_published_values_if_all_are_asked_for(with_apart):
    assert "37.92" not in csv_table(with_apart)
    first, *_ = csv.DictReader(io.StringIO(csv_table(with_apart, published="all")))
    assert first["published apart"] == "PSNR [dB] (8bit) = 37.92: Table 2; one; another"


def test_no_published_value_is_on_a_line_if_none_is_asked_for(run):
    def first(published):
        return next(csv.DictReader(io.StringIO(csv_scores(run, published=published))))

    assert first("agreeing")["published"] == "31.5"
    assert first("none")["published"] == ""


def test_json_has_in_every_cell_the_published_values_that_are_asked_for(with_apart):
    def cells(published):
        return json.loads(json_records(with_apart, published=published))["cells"]

    assert cells("all")[0]["published"][0]["differs"] == ["one", "another"]
    assert cells("agreeing")[0]["published"] == []
    assert cells("agreeing")[0]["scores"][0]["published"] == 31.5
    assert cells("none")[0]["scores"][0]["published"] is None


@pytest.fixture
def kept(tmp_path):
    """A run of two methods with the scores of 18 images each, whose names are hostile."""
    return make_kept_run(tmp_path / "run", {"a": 30, "b": 31}, hostile=HOSTILE)


def test_scores_of_images_follow_the_score_of_their_cell(kept):
    lines = list(csv.DictReader(io.StringIO(csv_scores(kept))))
    of_cells = [line for line in lines if line["level"] == "cell"]
    of_images = [line for line in lines if line["level"] == "image"]
    assert len(of_cells) == 2 * 3
    assert len(of_images) == 2 * 18
    psnr = [float(line["value"]) for line in of_images if line["method"] == "b"]
    assert math.fsum(psnr) / 18 == pytest.approx(float(of_cells[3]["value"]))
    assert of_images[0]["image"] == f"0-0{HOSTILE}"
    assert of_images[0]["scene"] == f"scene 0{HOSTILE}"
    assert of_images[0]["key"] == of_cells[0]["key"]
    assert (of_images[0]["unit"], of_images[0]["higher_is_better"]) == ("dB", "true")


def test_csv_and_json_hold_the_same_scores(kept):
    header, *lines = csv.reader(io.StringIO(csv_scores(kept)))
    scores = json.loads(json_records(kept))["scores"]
    assert scores["schema"] == 1
    assert tuple(header) == tuple(scores["columns"]) == COLUMNS
    in_json = [
        ["" if f is None else str(f).lower() if isinstance(f, bool) else str(f) for f in row]
        for row in scores["data"]
    ]
    assert lines == in_json


def test_the_page_on_reports_describes_every_column():
    page = Path(__file__).parents[2].joinpath("docs", "reports.md").read_text(encoding="utf-8")
    described = re.findall(r"(?m)^\| `([^|]+)` \|", page.partition("| column | what |")[2])
    assert tuple(name for names in described for name in names.split("`, `")) == COLUMNS
