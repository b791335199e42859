"""What all commands share: the group, the common options, and the context they fill."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.config import Config, read_config
from harness.errors import PluginError, UnknownNameError
from harness.util.text import did_you_mean

if TYPE_CHECKING:
    from harness.plugin.registry import LoadSettings, Owner, Registry

COMMANDS = {
    "run": ("harness.cli.run", "Train and measure methods side by side, and print the table."),
    "report": ("harness.cli.report", "Write the table of a run to files."),
    "noise": ("harness.cli.noise", "Measure the noise of a dataset and what it means for methods."),
    "list": ("harness.cli.listing", "List methods, datasets, metrics and other plugins by name."),
    "show": ("harness.cli.show", "Show all that is known of a name."),
    "plugins": ("harness.cli.plugins", "List plugins, where they come from, and their problems."),
}
"""The module of every command, and the line that describes it."""

_PROBLEMS_SHOWN = 3


@dataclass
class AppContext:
    """What the common options say; commands get it by :data:`pass_app`.

    Attributes:
        plugins: the values of ``--plugin``, those of the configuration file first.
        strict: a plugin's problem is an error.
        debug: show tracebacks.
        config: the configuration file.
        config_path: value of ``--config``.
    """

    plugins: list[str] = field(default_factory=list)
    strict: bool = False
    debug: bool = False
    config: Config = field(default_factory=Config)
    config_path: Path | None = None

    def show_tracebacks(self) -> None:
        """Show tracebacks, also of observers that fail."""
        self.debug = True
        logging.getLogger("harness").setLevel(logging.DEBUG)

    @property
    def settings(self) -> "LoadSettings":
        """Which plugins to load."""
        from harness.plugin.registry import LoadSettings

        return LoadSettings(tuple(self.plugins))

    @cached_property
    def registry(self) -> "Registry":
        """All plugins; loaded when first asked for, with a warning if any has a problem.

        Raises:
            PluginError: a plugin has a problem, and ``--strict-plugins`` is given.
            UsageError: a plugin named by the user does not exist.
        """
        registry = self.load_registry()
        for problem in registry.problems[:_PROBLEMS_SHOWN]:
            click.echo(f"warning: {problem}", err=True)
        if more := registry.problems[_PROBLEMS_SHOWN:]:
            what = "problem" if len(more) == 1 else "problems"
            click.echo(f"warning: {len(more)} more {what}; see: harness plugins", err=True)
        return registry

    def owner_of(self, package: str) -> "Owner | None":
        """Who brought a top-level package; None if no plugin did, or none is loaded yet."""
        registry = vars(self).get("registry")
        return registry.owner_of(package) if registry else None

    def load_registry(self) -> "Registry":
        """All plugins, without a warning; raises as :attr:`registry`."""
        from harness.plugin.registry import load_registry

        registry = load_registry(self.settings)
        if self.strict and registry.problems:
            problems = "".join(f"\n  {problem}" for problem in registry.problems)
            raise PluginError(f"plugins have problems, and --strict-plugins is given:{problems}")
        return registry


pass_app = click.make_pass_decorator(AppContext)
"""Gives a command the :class:`AppContext` as its first argument."""


def _callback(store: Callable[[AppContext, Any], None]) -> Any:
    """An option's callback that puts its value, if there is one, into the context."""

    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        app = context.find_object(AppContext)
        if value and app:
            store(app, value)

    return callback


def _read_config(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    """Take options from the configuration file before the command's own are read."""
    app = context.find_object(AppContext)
    assert app is not None
    app.config_path = value or app.config_path
    if isinstance(context.command, click.Group):
        return
    app.config = read_config(app.config_path, COMMANDS)
    app.plugins[:0] = app.config.plugins
    app.strict |= app.config.strict_plugins
    if app.config.debug:
        app.show_tracebacks()
    context.default_map = app.config.defaults_of(context.command)


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:  # as it is where a shell asks for what can follow
        from importlib.metadata import version

        from harness.plugin.discovery import DISTRIBUTION

        click.echo(f"harness {version(DISTRIBUTION)}")
        context.exit()


def common_options() -> list[click.Option]:
    """The options that every command takes, before or after its name."""
    return [
        click.Option(
            ["--plugin"],
            multiple=True,
            metavar="FILE|MODULE|no:NAME",
            expose_value=False,
            callback=_callback(lambda app, value: app.plugins.extend(value)),
            help="Load a plugin, or leave one out; may be repeated.",
        ),
        click.Option(
            ["--strict-plugins"],
            is_flag=True,
            expose_value=False,
            callback=_callback(lambda app, value: setattr(app, "strict", value)),
            help="Stop with exit code 5 if any plugin has a problem.",
        ),
        click.Option(
            ["--config"],
            type=click.Path(path_type=Path),
            is_eager=True,
            expose_value=False,
            callback=_read_config,
            help="Configuration file instead of ./harness.toml or [tool.harness] in "
            "./pyproject.toml.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_callback(lambda app, _: app.show_tracebacks()),
            help="Show tracebacks.",
        ),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        ),
    ]


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and give it the common options.

        Raises:
            UnknownNameError: there is no such command.
        """
        if cmd_name not in COMMANDS:
            raise UnknownNameError(
                f"there is no command {cmd_name!r}"
                f"{did_you_mean(cmd_name, COMMANDS) or '; see: harness --help'}"
            )
        module, summary = COMMANDS[cmd_name]
        command = import_module(module).command
        assert isinstance(command, click.Command)
        command.help = command.help or summary
        command.name = cmd_name
        present = {parameter.name for parameter in command.params}
        command.params += [option for option in common_options() if option.name not in present]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in the help without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


harness = LazyGroup(
    "harness",
    params=list(common_options()),
    help="Train and measure image denoisers that learn from noisy images alone.",
)
"""The whole command line."""
