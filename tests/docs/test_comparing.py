"""The page on comparing keeps its word: verdicts, exit codes, and files that can be read."""

import re
from pathlib import Path
from typing import get_args

from harness.errors import ExitCode
from harness.gate.baselines import read_baselines
from harness.gate.rules import PASSING, Rules, Verdict, read_toml, rules_of

PAGE = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
RULES, RUNS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_every_verdict_is_explained_and_said_to_fail_if_it_does():
    rows = re.findall(r"^\| `(\w+)` \| .+? \| (yes)? ?\|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == list(get_args(Verdict))
    assert [name for name, fails in rows if not fails] == list(PASSING)


def test_the_exit_codes_are_those_of_the_harness():
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE)]
    assert codes == [ExitCode.OK, ExitCode.REGRESSION, ExitCode.USAGE, ExitCode.INCOMPARABLE]


def test_the_rules_on_the_page_can_be_read(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    rules = rules_of(read_toml(path), path)
    assert isinstance(rules, Rules)
    assert len(rules.tolerances) == len(rules.acknowledged) == 1


def test_what_the_page_runs_for_a_baseline_can_be_read(tmp_path):
    path = tmp_path / "baselines.toml"
    path.write_text(RUNS, encoding="utf-8")
    (run,) = read_baselines(path).runs
    assert (run.name, run.budget, run.seeds, run.device) == ("mine", "24it", "0", "cpu")
