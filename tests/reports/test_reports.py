"""Reports hold the table for people, for spreadsheets and for programs."""

import csv
import io
import json
import math
from dataclasses import replace

import pytest

from harness.plugin.registry import load_registry
from harness.results.records import SCHEMA, CellRecord, FitRecord, PublishedScore
from harness.results.serial import from_plain
from harness_reports.csv_scores import csv_scores
from harness_reports.csv_table import csv_table
from harness_reports.json_records import json_records
from harness_reports.markdown import markdown


def test_the_formats_are_found_by_name():
    registry = load_registry()
    made = {entry.spec.name: registry.load(entry) for entry in registry.entries("report")}
    assert made["md"] is markdown
    assert made["csv"] is csv_table
    assert made["scores"] is csv_scores
    assert made["json"] is json_records


def test_markdown_is_a_table_with_notes(run):
    text = markdown(run)
    lines = text.splitlines()
    assert lines[0].startswith("| method")
    assert "PSNR [dB] (8bit) ↑ |" in lines[0]
    assert "30.25 ± 0.35 [1] (31.5) |" in lines[2]
    assert "∞ |" in lines[3]
    assert "| failed [2] |" in lines[4]
    assert "n/a [3] |" in lines[5]
    assert "- [1] PSNR (8bit) on camera: mean over 2 of 3 images of 1 scene; c: too small" in lines
    assert "- [2] bad: no luck, at all" in lines
    assert "- [3] PSNR: no clean images" in lines
    assert "- mine[mode=a|b]: configuration of the budget quick, width=8." in lines


def test_markdown_keeps_a_bar_within_its_cell(run):
    lines = markdown(run).splitlines()
    cells = [line.replace(r"\|", "").count("|") for line in lines[:6]]
    assert len(set(cells)) == 1


def test_markdown_says_where_the_numbers_come_from(run):
    text = markdown(run)
    assert text.endswith("\n\n`harness run --methods 'mine[mode=a|b],oracle'`\n")
    assert (
        "- Measured on A GPU, A processor, 2 threads, fp32, TF32 convolutions on, python 3.11, "
        "commit aaaaaaa (dirty), 2026-11-26.\n"
    ) in text


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
        ("blind", "0", ""),
    ]
    first, second, _, blind = lines
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


@pytest.fixture
def with_apart(run):
    """The run, whose first cells have a published value that stands apart."""
    apart = PublishedScore(
        score="PSNR [dB] (8bit)", value=37.92, source="Table 2", differs=("one", "another")
    )
    return replace(run, cells=tuple(replace(cell, published=(apart,)) for cell in run.cells))


def test_markdown_has_a_second_table_of_published_values_if_all_are_asked_for(with_apart):
    assert "37.92" not in markdown(with_apart)
    text = markdown(with_apart, published="all")
    (line,) = (line for line in text.splitlines() if "37.92" in line and "mine" in line)
    cells = [each.strip() for each in line.replace(r"\|", "&").split("|")[1:-1]]
    assert cells == [
        "mine[mode=a&b]", "camera", "PSNR [dB] (8bit)", "37.92", "30.25 ± 0.35 [1]", "Table 2",
        "one; another",
    ]  # fmt: skip


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
