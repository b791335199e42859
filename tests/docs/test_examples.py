"""Every example on every page: lines for a shell and code in Python run, all else can be read."""

import ast
import importlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from pages import PAGES, ROOT, blocks_of, command_lines, commands_in, make_project, unknown_in

from harness.cli.application import AppContext, harness
from harness.testing import fake_distribution

BLOCKS = [(page, block) for page in PAGES for block in blocks_of(page)]
RUN = ("sh", "python")

INSTALLS = (["pip"], ["python3", "-m", "venv"], [".venv/bin/pip"], ["source"])
"""Commands that make an environment; CI makes one by the README's words."""

TESTED_APART = {
    "blindness.md": "test_blindness.py",
    "datasets.md": "test_datasets.py",
    "noise.md": "test_noise.py",
    "plugins.md": "test_plugins.py",
    "running.md": "test_running.py",
}
"""Pages whose Python is run by tests of their own, which know what comes out."""


def name_of(page):
    return page.relative_to(ROOT).as_posix().removeprefix("docs/")


def place_of(found):
    page, block = found
    return f"{name_of(page)}-{block.line}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_on_a_page_is_one_and_has_these_options(page):
    with click.Context(harness, info_name="harness", obj=AppContext()) as context:
        unknown = [
            each for words in command_lines(page) for each in unknown_in(words, harness, context)
        ]
    assert unknown == []


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("run --mehods tv", "has no --mehods"),
        ("data verify NAME --yes", "has no --yes"),
        ("verify polyu", "no command in"),
        ("submit check sidd [--jsn]", "has no --jsn"),
    ],
)
def test_a_mistaken_line_would_be_found(line, mistake):
    with click.Context(harness, info_name="harness", obj=AppContext()) as context:
        (found,) = unknown_in(line.split(), harness, context)
    assert mistake in found


def test_every_block_of_data_can_be_read():
    readers = {"toml": tomllib.loads, "json": json.loads, "yaml": yaml.safe_load}
    for _, block in BLOCKS:
        if block.language in readers:
            readers[block.language](block.text)


@pytest.mark.parametrize(
    "found", [each for each in BLOCKS if each[1].language in ("python", "py")], ids=place_of
)
def test_what_code_imports_of_the_harness_is_there(found):
    for node in ast.walk(ast.parse(found[1].text)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0].startswith("harness"):
            module = importlib.import_module(node.module)
            assert [each.name for each in node.names if not hasattr(module, each.name)] == []


def test_what_is_not_run_says_why():
    reasons = {place_of(each): each[1].reason for each in BLOCKS if each[1].reason}
    assert {place: reason for place, reason in reasons.items() if len(reason.split()) < 3} == {}
    assert len(reasons) <= 12


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.language in RUN for b in blocks_of(page))], ids=name_of
)
def test_the_examples_of_a_page_run_in_their_order(page, in_process, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", "")
    make_project(tmp_path)
    names = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.file:
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.reason:
            continue
        elif block.language == "sh":
            for words in commands_in(block):
                carry_out(words, in_process)
        elif block.language == "python" and name_of(page) not in TESTED_APART:
            exec(compile(block.text, f"{name_of(page)}, line {block.line}", "exec"), names)


def carry_out(words, in_process):
    """Do what a shell would do with a line."""
    match words:
        case ["harness", *arguments]:
            code, out, err = in_process(*arguments)
            assert code == 0, (words, out, err)
        case ["pytest", *arguments]:  # in this process, which has imported torch
            assert pytest.main([*arguments, "-p", "no:cacheprovider", "-p", "no:xdist"]) == 0, words
        case ["python", *arguments]:
            subprocess.run([sys.executable, *arguments], check=True)
        case ["pip", "install", "-e", distribution] if distribution != ".":
            make_found(Path(distribution.partition("[")[0]))
        case _:
            assert any(words[: len(each)] == each for each in INSTALLS), words


def make_found(folder):
    """Let Python find a distribution as if pip had installed it, in this test."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = Path("installed").resolve()
    fake_distribution(installed, project["name"], entry_points=project["entry-points"]["harness"])
    sys.path[:0] = [str(installed), str(folder.resolve())]
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])  # which the fixture takes back


@pytest.mark.parametrize("page", TESTED_APART)
def test_a_page_that_is_tested_apart_has_its_test(page):
    source = Path(__file__).with_name(TESTED_APART[page]).read_text(encoding="utf-8")
    assert page in source
