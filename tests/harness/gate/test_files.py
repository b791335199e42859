"""A comparison for programs."""

import json
import re
from datetime import date
from xml.etree import ElementTree

from made_gate import LPIPS, cell_of, compared, score_of

from harness.gate.files import annotations, to_json, to_junit, write_summary
from harness.gate.rules import Acknowledged, Rules

BASE = [
    cell_of(score_of(30.0), score_of(0.2, **LPIPS)),
    cell_of(score_of(30.0), method="known"),
    cell_of(score_of(30.0), method="fine"),
]
NOW = [
    cell_of(score_of(29.0), score_of(0.3, **LPIPS)),
    cell_of(score_of(29.0), method="known"),
    cell_of(score_of(30.0), method="fine"),
]
RULES = Rules(
    acknowledged=(Acknowledged(method="known", reason="so be it", expires=date(9999, 1, 1)),)
)
OUTCOME = compared(BASE, NOW, RULES)


def test_json_has_every_finding_with_its_numbers():
    data = json.loads(to_json(OUTCOME))
    assert (data["kind"], data["schema"], data["exit_code"]) == ("comparison", 1, 1)
    assert data["counts"] == {"worse": 2, "acknowledged": 1, "same": 1}
    first = data["findings"][0]
    assert (first["method"], first["dataset"], first["metric"]) == ("mine", "camera", "psnr")
    assert first["change"]["change"] == -1.0
    assert first["fails"]


def test_junit_has_a_case_per_finding_and_a_failure_per_one_that_fails():
    suite = ElementTree.fromstring(to_junit(OUTCOME)).find("testsuite")
    assert suite.get("tests") == "4"
    assert suite.get("failures") == str(len(suite.findall("testcase/failure"))) == "2"
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped"))) == "1"
    failure = suite.find("testcase/failure")
    assert failure.get("type") == "worse"
    assert failure.get("message") == "PSNR (8bit) worse: 30.00 → 29.00, -1.000"


def test_junit_holds_names_that_xml_cannot():
    outcome = compared([cell_of(score_of(30.0), method="<a>\x00\x1b&\ud800")], [])
    case = ElementTree.fromstring(to_junit(outcome)).find("testsuite/testcase")
    assert case.get("classname") == "<a>��&� on camera"


def test_a_failing_cell_has_one_annotation_however_many_metrics_fail():
    (line,) = annotations(OUTCOME)
    assert line.startswith("::error title=mine on camera::PSNR (8bit) worse: 30.00 → 29.00")
    assert "; LPIPS (8bit) worse" in line


def test_an_annotation_is_one_line_whatever_names_hold():
    (line,) = annotations(compared([cell_of(score_of(30.0), method="50%\n::a:b,c")], []))
    assert re.match(r"::error title=50%25%0A%3A%3Aa%3Ab%2Cc on camera::", line)


def test_the_summary_is_appended_where_ci_wants_one(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("before\n", encoding="utf-8")
    write_summary(OUTCOME, {"GITHUB_STEP_SUMMARY": str(path)})
    text = path.read_text(encoding="utf-8")
    assert text.startswith("before\n### ❌ 2 of 4 fail")
    write_summary(OUTCOME, {})


def test_the_summary_and_what_was_there_stay_within_the_limit(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("x" * 899_000, encoding="utf-8")
    write_summary(OUTCOME, {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.stat().st_size <= 900_000
