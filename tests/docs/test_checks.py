"""Commits, CI and the README run the same: each command stands once."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SETTINGS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
HOOKS = [hook for repo in SETTINGS["repos"] for hook in repo["hooks"]]
LINES = re.findall(r"^readme '([^']+)'(?: .*)?$", CI, re.MULTILINE)


def test_the_checks_are_those_that_the_project_keeps():
    entries = [hook["entry"] for hook in HOOKS]
    assert entries == ["ruff check .", "ruff format --check .", "mypy", "lint-imports"]


def test_the_checks_need_no_network_and_see_the_whole_project():
    assert [repo["repo"] for repo in SETTINGS["repos"]] == ["local"]
    assert [hook for hook in HOOKS if hook["language"] != "system"] == []
    assert [hook for hook in HOOKS if hook["pass_filenames"]] == []


def test_ci_runs_the_checks_of_commits_and_names_none_itself():
    assert "pre-commit run --all-files" in CI
    assert [hook["entry"] for hook in HOOKS if hook["entry"].split()[0] in CI] == []
    assert "`pre-commit run --all-files`" in CONTRIBUTING


def test_ci_runs_the_readmes_lines_for_run_and_test():
    install, run, test = LINES
    assert re.search(rf"## Run\n[^#]*```sh\n{re.escape(install)}\n{re.escape(run)}\n```", README)
    assert re.search(rf"## Test\n[^#]*```sh\n{re.escape(test)}\n```", README)


def test_the_readmes_lines_make_their_environment_and_install():
    install, run, test = LINES
    environment = "python3 -m venv .venv"
    assert install == f"{environment} && .venv/bin/pip install -e ."
    assert run.startswith(".venv/bin/harness run ")
    assert test.startswith(f'{environment} && .venv/bin/pip install -e ".[dev]" && .venv/bin/')


@pytest.mark.slow
def test_the_checks_run_in_a_checkout(tmp_path):
    """With tools that do nothing: that pre-commit takes the configuration and runs every hook."""
    pytest.importorskip("pre_commit")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in {hook["entry"].split()[0] for hook in HOOKS}:
        (tools / name).write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/ran\n")
        (tools / name).chmod(0o755)
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "init", "--quiet", checkout], check=True)
    (checkout / ".pre-commit-config.yaml").write_bytes(
        (ROOT / ".pre-commit-config.yaml").read_bytes()
    )
    subprocess.run(["git", "add", "--all"], cwd=checkout, check=True)
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files"],
        cwd=checkout,
        check=True,
        env={"PATH": f"{tools}:/usr/bin:/bin", "PRE_COMMIT_HOME": str(tmp_path / "cache")},
    )
    assert (tmp_path / "ran").read_text().split() == ["ruff", "ruff", "mypy", "lint-imports"]
