"""The workflows of the page on CI: YAML that a code host takes, and commands that there are."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from harness.cli.application import AppContext, harness

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOWS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]


def names(workflow):
    return workflow["name"]


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def commands(workflow):
    """The command lines of a workflow, those of other programs left out."""
    lines = "\n".join(step.get("run", "") for step in steps(workflow)).splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("harness ")]


def test_the_page_has_workflows():
    assert [names(workflow) for workflow in WORKFLOWS] == ["scores", "times", "nightly"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=names)
def test_a_workflow_has_what_a_code_host_asks_for(workflow):
    assert workflow[True]  # what YAML makes of the key "on"
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["runs-on"]
        assert job["timeout-minutes"] <= 480
    for step in steps(workflow):
        assert ("run" in step) != ("uses" in step)
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=names)
def test_the_commands_of_a_workflow_are_commands_with_these_options(workflow):
    assert commands(workflow)
    for arguments in commands(workflow):
        with harness.make_context("harness", list(arguments), obj=AppContext()) as context:
            name, command, rest = harness.resolve_command(context, _after_options(context))
            assert command is not None
            with command.make_context(name, rest, parent=context):
                pass


def _after_options(context: click.Context) -> list[str]:
    """The name of the command and its arguments."""
    return [*context._protected_args, *context.args]


def test_what_a_workflow_reads_is_what_it_has_written():
    (scores, *_) = WORKFLOWS
    written = {f"comparison.{ending}" for ending in ("json", "xml")}
    assert written <= set(commands(scores)[0])
    assert steps(scores)[-1]["with"]["path"] == "comparison.*"
