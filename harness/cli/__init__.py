"""The ``harness`` command.

A command is a module with an attribute ``command``, a :class:`click.Command`, and a line in
:data:`harness.cli.application.COMMANDS`; it is imported only when it is used. What all commands
share reaches it through :class:`harness.cli.application.AppContext`::

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
from harness.util.text import one_line


def main() -> NoReturn:
    """Run the command line of this process; the entry point of ``harness``."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: Sequence[str]) -> int:
    """Run a command line and report its failure, if any, as one line.

    Args:
        arguments: without the program's name.

    Returns:
        The exit code, see :class:`harness.errors.ExitCode`.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a table holds signs that a terminal may not know
            stream.reconfigure(errors="replace")
    app = AppContext()
    try:
        with harness.make_context("harness", list(arguments), obj=app) as context:
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
    except Exception as error:
        text, code = _explain(error)
        if app.debug:
            import traceback

            click.echo(traceback.format_exc().rstrip(), err=True)
        click.echo(f"error: {text}", err=True)
        return code
    return int(result or ExitCode.OK)


def _explain(error: Exception) -> tuple[str, ExitCode]:
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
    return (
        f"{one_line(error)} (a bug in harness or in a plugin; --debug shows where)",
        ExitCode.FAILED,
    )
