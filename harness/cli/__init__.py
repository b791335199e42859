"""The ``harness`` command.

A command is a :class:`click.Command` that a plugin announces with
``harness_register_commands``, those of the core included (:mod:`harness.cli.hooks`); its module is
imported only when it is used. What all commands share reaches it through
:class:`harness.cli.application.AppContext`::

    @click.command()
    @click.option("--methods", required=True)
    @pass_app
    def command(app: AppContext, methods: str) -> ExitCode | None:
        choices = app.registry.choose_all("method", methods)

A command returns its exit code, or None for 0. It raises a :class:`harness.errors.HarnessError`
for what the user must know; tracebacks, Ctrl-C and full disks are dealt with here.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from harness.cli.application import AppContext, harness
from harness.errors import ExitCode, HarnessError
from harness.util.text import cut, one_line

COMPLETE = "_HARNESS_COMPLETE"
"""Environment variable in which a shell asks for its script, or for what can follow."""

_LONGEST_LINE = 2000  # characters


def main() -> NoReturn:
    """Run the command line of this process; the entry point of ``harness``."""
    if instruction := os.environ.get(COMPLETE):
        sys.exit(_complete(instruction))
    sys.exit(execute(sys.argv[1:]))


def _complete(instruction: str) -> int:
    """Answer a shell; a failure is silent, for it would be printed into the line being typed."""
    from click.shell_completion import add_completion_class, shell_complete

    from harness.cli.completion import FishWithCommas

    add_completion_class(FishWithCommas)
    try:
        return shell_complete(harness, {"obj": AppContext()}, "harness", COMPLETE, instruction)
    except Exception:
        return ExitCode.FAILED


def execute(arguments: Sequence[str]) -> int:
    """Run a command line and report its failure, if any, as one line.

    Args:
        arguments: without the program's name; none at all ask for help.

    Returns:
        The exit code, see :class:`harness.errors.ExitCode`.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a table holds signs that a terminal may not know
            stream.reconfigure(errors="replace")
    app = AppContext()
    try:
        with harness.make_context("harness", list(arguments) or ["--help"], obj=app) as context:
            result = harness.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except BrokenPipeError:
        # who read our output has gone, and must not be told at exit that nobody listens
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except (Exception, SystemExit) as error:  # no command exits but by returning
        text, code = _explain(error, app)
        if app.debug:
            import traceback

            click.echo(traceback.format_exc().rstrip(), err=True)
        lines = "\n".join(cut(line, _LONGEST_LINE) for line in text.splitlines())
        click.echo(f"error: {lines}", err=True)
        return code
    return int(result or ExitCode.OK)


def _explain(error: BaseException, app: AppContext) -> tuple[str, ExitCode]:
    """What to say of an error, and the exit code that it means."""
    if isinstance(error, HarnessError):
        return str(error), error.exit_code
    if isinstance(error, click.ClickException):
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        hint = f" (see: {path} --help)" if path else ""
        return error.format_message().rstrip(".") + hint, ExitCode.USAGE
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}", ExitCode.FAILED
    if isinstance(error, MemoryError):
        return f"this machine's memory is full: {one_line(error)}", ExitCode.FAILED
    return f"{one_line(error)} ({_origin(error, app)}; --debug shows where)", ExitCode.FAILED


def _origin(error: BaseException, app: AppContext) -> str:
    """Whose mistake an unexpected error is."""
    from harness.plugin.blame import place_of

    place = place_of(error)
    if place is None:
        return "a bug in harness"
    owner = app.owner_of(place.package)
    return f"{place}; in plugin {owner.plugin!r}" if owner else str(place)
