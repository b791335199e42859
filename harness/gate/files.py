"""A comparison for programs: JSON, JUnit's XML, and the messages of GitHub's workflows."""

import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.gate.texts import SUMMARY_BYTES, markdown, message_of
from harness.gate.verdicts import Finding, Outcome
from harness.results.serial import dump_json

SCHEMA = 1
"""Version of the JSON of a comparison; raised when a program that reads it must change."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_json(outcome: Outcome) -> str:
    """All of a comparison as one object; infinities are strings, ``"inf"``."""
    data = {
        "schema": SCHEMA,
        "kind": "comparison",
        "base": outcome.base,
        "current": outcome.current,
        "exit_code": int(outcome.exit_code),
        "sentence": outcome.sentence,
        "counts": outcome.counts,
        "findings": [_plain(finding) for finding in outcome.findings],
        "provenance": [
            {"what": what, "base": base, "current": current}
            for what, base, current in outcome.provenance
        ],
        "notes": outcome.notes,
    }
    return dump_json(data, indent=1) + "\n"


def to_junit(outcome: Outcome) -> str:
    """A test case per finding, for what shows the results of tests."""
    failing = len(outcome.failing)
    passed_over = [each for each in outcome.findings if each.verdict == "acknowledged"]
    suite = ElementTree.Element(
        "testsuite",
        name="harness compare",
        tests=str(len(outcome.findings)),
        failures=str(failing),
        skipped=str(len(passed_over)),
        errors="0",
    )
    for finding in outcome.findings:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_legal(finding.cell),
            name=_legal(finding.column.title if finding.column else "the cell"),
        )
        if finding.fails:
            ElementTree.SubElement(
                case, "failure", type=finding.verdict, message=_legal(message_of(finding))
            )
        elif finding in passed_over:
            ElementTree.SubElement(case, "skipped", message=_legal(finding.reason))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def annotations(outcome: Outcome) -> list[str]:
    """A line per failing cell that GitHub's workflows show as an error."""
    cells: dict[str, list[Finding]] = {}
    for finding in outcome.failing:
        cells.setdefault(finding.cell, []).append(finding)
    return [
        f"::error title={_escaped(cell, ':,')}::{_escaped('; '.join(map(message_of, those)))}"
        for cell, those in cells.items()
    ]


def write_summary(outcome: Outcome, environment: Mapping[str, str] = os.environ) -> None:
    """Append the comparison to the summary of a step of GitHub's workflows, if this is one."""
    name = environment.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    path = Path(name)
    used = path.stat().st_size if path.exists() else 0
    with path.open("a", encoding="utf-8") as file:
        file.write(markdown(outcome, max(0, SUMMARY_BYTES - used)))


def _plain(finding: Finding) -> dict[str, Any]:
    change = asdict(finding.change) if finding.change else None
    return {
        "method": finding.method,
        "dataset": finding.dataset,
        "trained": finding.trained,
        "metric": finding.metric,
        "protocol": finding.column.protocol if finding.column else "",
        "unit": finding.column.unit if finding.column else "",
        "higher_is_better": finding.column.higher_is_better if finding.column else None,
        "verdict": finding.verdict,
        "fails": finding.fails,
        "reason": finding.reason,
        "tolerance": finding.tolerance,
        "seeds": {"base": finding.seeds[0], "current": finding.seeds[1]},
        "change": change,
    }


def _escaped(text: str, also: str = "") -> str:
    """Text in a workflow command, where some signs have a meaning."""
    for sign in f"%\r\n{also}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def _legal(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("�", text)
