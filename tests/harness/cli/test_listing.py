"""``harness list`` through the real command."""

import json
import subprocess
import sys

import pytest

from harness.specs import KINDS


def test_all_kinds_are_listed(run_harness):
    result = run_harness("list")
    assert result.returncode == 0
    assert "methods\n" in result.stdout
    assert "identity" in result.stdout
    assert "metrics\n" in result.stdout
    assert "psnr" in result.stdout


@pytest.mark.parametrize("kind", list(KINDS))
def test_one_kind_is_listed_alone(run_harness, kind):
    result = run_harness("list", f"{kind}s")
    assert result.returncode == 0
    assert result.stdout.startswith(f"{kind}s\n")
    assert "\n\n" not in result.stdout


def test_the_list_as_json_holds_the_specs_and_their_owners(run_harness):
    listed = json.loads(run_harness("list", "metrics", "--json").stdout)
    assert list(listed) == ["schema", "kind", "metrics"]
    assert (listed["schema"], listed["kind"]) == (1, "list")
    psnr = next(metric for metric in listed["metrics"] if metric["name"] == "psnr")
    assert psnr["unit"] == "dB"
    assert psnr["higher_is_better"] is True
    assert psnr["plugin"]["distribution"] == "denoise-harness"


def test_an_unknown_kind_is_refused(run_harness):
    result = run_harness("list", "method")
    assert result.returncode == 2
    assert result.stderr.startswith("error: there is no kind 'method'; did you mean 'methods'?")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("columns", [60, 100])
def test_summaries_are_wrapped_at_words(run_harness, columns):
    listed = run_harness("list", "methods", COLUMNS=str(columns)).stdout
    whole = run_harness("list", "methods", COLUMNS="1000").stdout
    assert listed.split() == whole.split()
    assert max(map(len, listed.splitlines())) <= columns < max(map(len, whole.splitlines()))


def test_what_is_piped_is_wrapped_at_100_columns(run_harness):
    assert max(map(len, run_harness("list").stdout.splitlines())) <= 100


def test_a_list_needs_neither_torch_nor_numpy():
    program = (
        "import sys; from harness.cli import execute; code = execute(['list']); "
        "print(code, *({'torch', 'numpy', 'rich', 'PIL'} & sys.modules.keys()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "0"


def test_a_reader_that_stops_early_is_not_talked_about():
    program = (
        "import os, sys; from harness.cli import execute\n"
        "read, write = os.pipe(); os.dup2(write, 1); os.close(read)\n"
        "sys.exit(execute(['list']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.stderr == ""
    assert result.returncode == 3


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_list_imports_no_target(options, install, run_harness):
    hooks = """
from harness import MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="broken", target="broken_one.method:Mine", summary="s")
"""
    install("broken-one", hooks, method="raise SystemExit('imported')")
    result = run_harness("list", "methods", *options)
    assert result.returncode == 0
    assert "broken" in result.stdout
