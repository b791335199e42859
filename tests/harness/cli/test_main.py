"""Failures are one line and an exit code."""

import errno
import re

import click
import pytest

from harness import CommandSpec, hookimpl
from harness.cli import application, execute
from harness.cli.hooks import harness_register_commands
from harness.errors import DataError, ExitCode, HarnessError, PluginError, ReportError


@pytest.fixture
def fail(monkeypatch, tmp_path):
    """Adds a command ``fail`` that raises what it is given, or returns it."""
    import sys
    import types

    monkeypatch.chdir(tmp_path)

    def fail(outcome, *arguments):
        @click.command()
        def command():
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

        module = types.ModuleType("failing_command")
        module.command = command
        spec = CommandSpec(name="fail", target="failing_command:command", summary="Fail.")

        @hookimpl
        def harness_register_commands():
            return spec

        module.harness_register_commands = harness_register_commands
        monkeypatch.setitem(sys.modules, "failing_command", module)
        return execute(["--plugin", "failing_command", "fail", *arguments])

    return fail


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (HarnessError("it failed"), 3, "error: it failed"),
        (DataError("no image"), 2, "error: no image"),
        (ReportError("no run"), 4, "error: no run"),
        (PluginError("bad plugin"), 5, "error: bad plugin"),
        (OSError(errno.ENOSPC, "No space left on device", "x.png"), 3,
         "error: No space left on device: x.png"),
        (PermissionError(errno.EACCES, "Permission denied", "runs"), 3,
         "error: Permission denied: runs"),
        (MemoryError("64 GiB"), 3,
         "error: this machine's memory is full: MemoryError: 64 GiB"),
        (HarnessError("x" * 10_000_000), 3, f"error: {'x' * 2000}…"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.UsageError("no such thing."), 2, "error: no such thing (see: harness fail --help)"),
    ],
)  # fmt: skip
def test_an_error_is_one_line_with_its_exit_code(fail, capsys, error, code, text):
    assert fail(error) == code
    assert capsys.readouterr() == ("", f"{text}\n")


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError("x"), SystemExit("x")])
def test_an_unexpected_error_names_the_line_that_it_comes_from(fail, capsys, error):
    assert fail(error) == 3
    shown = capsys.readouterr().err
    where = r"\(tests/harness/cli/test_main\.py:\d+; --debug shows where\)"
    assert re.fullmatch(rf"error: {type(error).__name__}: '?x'? {where}\n", shown)


def test_an_error_of_the_core_alone_is_a_bug_in_harness(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(application, "copy", None)
    assert execute(["list"]) == 3
    assert "(a bug in harness; --debug shows where)\n" in capsys.readouterr().err


def test_debugging_shows_the_traceback(fail, capsys):
    assert fail(HarnessError("it failed"), "--debug") == 3
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.endswith("error: it failed\n")


@pytest.mark.parametrize(("outcome", "code"), [(None, 0), (ExitCode.FAILED, 3), (ExitCode.OK, 0)])
def test_a_command_returns_its_exit_code(fail, outcome, code):
    assert fail(outcome) == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "error: there is no command 'lst'; did you mean 'list'?"),
        (["list", "--jsn"], "error: No such option '--jsn'"),
        (["--bogus"], "error: No such option '--bogus'"),
    ],
)
def test_a_mistake_on_the_command_line_exits_with_2(capsys, arguments, message):
    assert execute(arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(message)
    assert shown.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_help_lists_every_command_without_importing_it(capsys, arguments):
    assert execute(arguments) == 0
    shown = capsys.readouterr().out
    for spec in harness_register_commands():
        assert f"\n  {spec.name} " in shown


def test_the_version_is_shown(capsys):
    assert execute(["--version"]) == 0
    assert capsys.readouterr().out.startswith("harness 0.")
