"""``harness compare`` through the real command: its words, its files, its exit codes."""

import json
from xml.etree import ElementTree

import pytest
from made_gate import cell_of, images, score_of

from harness.gate.baselines import write_baseline


@pytest.fixture
def baseline(tmp_path):
    """Writes a baseline of a score, and returns its path."""

    def baseline(name, value=30.0, method="mine"):
        path = tmp_path / f"{name}.json"
        write_baseline((cell_of(score_of(images(value)), method=method),), path)
        return str(path)

    return baseline


def test_nothing_worse_is_zero(in_process, baseline):
    code, out, _ = in_process("compare", baseline("a"), baseline("b"))
    assert code == 0
    assert out.rstrip().endswith("Nothing fails: 1 same.")


def test_worse_is_one_and_says_where_and_by_how_much(in_process, baseline):
    code, out, _ = in_process("compare", baseline("a"), baseline("b", 29.0))
    assert code == 1
    assert "mine on camera" in out
    assert "-1.000 [-1.000, -1.000]" in out
    assert "▼ worse" in out


def test_a_renamed_method_is_one(in_process, baseline):
    code, out, _ = in_process("compare", baseline("a"), baseline("b", method="renamed"))
    assert code == 1
    assert "✗ missing" in out


def test_wrong_rules_are_two(in_process, baseline, tmp_path):
    (tmp_path / "rules.toml").write_text("[[tolerance]]", encoding="utf-8")
    code, _, err = in_process("compare", baseline("a"), baseline("b"), "--rules", "rules.toml")
    assert code == 2
    assert "[[tolerance]] 1 lacks 'value'" in err


def test_what_cannot_be_read_and_an_empty_base_are_four(in_process, baseline, tmp_path):
    code, _, err = in_process("compare", "nowhere", baseline("b"))
    assert (code, err) == (4, "error: cannot read nowhere: No such file or directory\n")
    write_baseline((), tmp_path / "empty.json")
    code, out, _ = in_process("compare", "empty.json", baseline("b"))
    assert code == 4
    assert "Nothing could be compared: 1 new." in out


def test_tolerances_come_from_the_rules(in_process, baseline, tmp_path):
    (tmp_path / "rules.toml").write_text("[[tolerance]]\nvalue = 2", encoding="utf-8")
    code, _, _ = in_process("compare", baseline("a"), baseline("b", 29.0), "--rules", "rules.toml")
    assert code == 0


def test_files_for_programs_are_written_before_it_ends(in_process, baseline, tmp_path):
    arguments = ("--json", "out.json", "--junit", "out.xml")
    code, _, _ = in_process("compare", baseline("a"), baseline("b", 29.0), *arguments)
    assert code == 1
    assert json.loads((tmp_path / "out.json").read_text())["exit_code"] == 1
    assert ElementTree.parse(tmp_path / "out.xml").find(".//failure") is not None


def test_a_workflow_gets_a_summary_and_annotations(in_process, baseline, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    code, out, _ = in_process("compare", baseline("a"), baseline("b", 29.0))
    assert code == 1
    assert (tmp_path / "summary.md").read_text().startswith("### ❌ 1 of 1 fail")
    assert out.splitlines()[-1].startswith("::error title=mine on camera::PSNR (8bit) worse")


def test_only_the_metrics_that_are_named_are_compared(in_process, tmp_path):
    for name, ssim in (("a", 0.9), ("b", 0.1)):
        scores = (score_of(30.0), score_of(ssim, metric="ssim[protocol=wang]"))
        write_baseline((cell_of(*scores),), tmp_path / f"{name}.json")
    assert in_process("compare", "a.json", "b.json")[0] == 1
    assert in_process("compare", "a.json", "b.json", "--metrics", "psnr")[0] == 0
    metrics = ("--metrics", "ssim[protocol=wang]")
    assert in_process("compare", "a.json", "b.json", *metrics)[0] == 1
