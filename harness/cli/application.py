"""What all commands share: the group, the common options, and the context they fill."""

import logging
from collections.abc import Callable
from contextlib import redirect_stdout
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from harness.cli.config import Config, read_config
from harness.errors import PluginError, UsageError

if TYPE_CHECKING:
    from harness.plugin.registry import Entry, Owner, Registry


_PROBLEMS_SHOWN = 3


@dataclass
class AppContext:
    """What the common options say; commands get it by :data:`pass_app`.

    Attributes:
        plugins: the values of ``--plugin``.
        strict: a plugin's problem is an error.
        debug: show tracebacks.
        config_path: value of ``--config``.
    """

    plugins: list[str] = field(default_factory=list)
    strict: bool = False
    debug: bool = False
    config_path: Path | None = None

    def show_tracebacks(self) -> None:
        """Show tracebacks, also of observers that fail."""
        self.debug = True
        logging.getLogger("harness").setLevel(logging.DEBUG)

    @cached_property
    def config(self) -> Config:
        """The configuration file, whose common options go before those of the command line.

        Raises:
            UsageError: it cannot be read, or a common option has the wrong type.
        """
        config = read_config(self.config_path)
        self.strict |= config.strict_plugins
        if config.debug:
            self.show_tracebacks()
        return config

    @cached_property
    def found(self) -> "Registry":
        """All plugins, whatever their problems.

        Raises:
            UsageError: a plugin named by the user does not exist.
        """
        from harness.plugin.registry import LoadSettings, load_registry

        return load_registry(LoadSettings((*self.config.plugins, *self.plugins)))

    @cached_property
    def registry(self) -> "Registry":
        """All plugins, with a warning if any has a problem; raises as :meth:`load_registry`."""
        registry = self.load_registry()
        for problem in registry.problems[:_PROBLEMS_SHOWN]:
            click.echo(f"warning: {problem}", err=True)
        if more := registry.problems[_PROBLEMS_SHOWN:]:
            what = "problem" if len(more) == 1 else "problems"
            click.echo(f"warning: {len(more)} more {what}; see: harness plugins", err=True)
        return registry

    def owner_of(self, package: str) -> "Owner | None":
        """Who brought a top-level package; None if no plugin did, or none is loaded yet."""
        registry = vars(self).get("found")
        return registry.owner_of(package) if registry else None

    def load_registry(self) -> "Registry":
        """All plugins, without a warning.

        Raises:
            PluginError: a plugin has a problem, and ``--strict-plugins`` is given.
            UsageError: a plugin named by the user does not exist.
        """
        registry = self.found
        if self.strict and registry.problems:
            problems = "".join(f"\n  {problem}" for problem in registry.problems)
            raise PluginError(f"plugins have problems, and --strict-plugins is given:{problems}")
        return registry

    def load_for_completion(self) -> None:
        """Load the plugins; what they print, and a mistake in the configuration, go unsaid."""
        try:
            self.config  # noqa: B018 (it is read here)
        except UsageError:
            self.config = Config()
        with redirect_stdout(StringIO()):
            self.load_registry()

    def defaults_of(self, command: click.Command) -> dict[str, Any]:
        """What the configuration file says of a command's options, by parameter name.

        Raises:
            UsageError: the file has a key that does not exist.
        """
        if not (self.found.problems or self.found.blocked):  # else a table may be of a missing one
            self.config.check_tables([entry.spec.name for entry in self.found.entries("command")])
        return self.config.defaults_of(command)


pass_app = click.make_pass_decorator(AppContext)
"""Gives a command the :class:`AppContext` as its first argument."""


def _callback(store: Callable[[AppContext, Any], None]) -> Any:
    """An option's callback that puts its value, if there is one, into the context."""

    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            store(context.ensure_object(AppContext), value)

    return callback


def _configure(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    """Keep the path; let the file give defaults to a command before its own options are read."""
    app = context.ensure_object(AppContext)
    app.config_path = value or app.config_path
    if context.parent is not None:
        context.default_map = app.defaults_of(context.command)


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:  # as it is where a shell asks for what can follow
        from importlib.metadata import version

        from harness.plugin.discovery import DISTRIBUTION

        click.echo(f"harness {version(DISTRIBUTION)}")
        context.exit()


def common_options() -> list[click.Option]:
    """The options that every command takes, before or after its name.

    They decide which commands there are, so they are read before a command is looked for, see
    :func:`_take_common_options`; a command has them for its help.
    """
    return [
        click.Option(
            ["--plugin", "common_plugin"],
            multiple=True,
            metavar="FILE|MODULE|no:NAME",
            expose_value=False,
            callback=_callback(lambda app, value: app.plugins.extend(value)),
            help="Load a plugin, or leave one out; may be repeated.",
        ),
        click.Option(
            ["--strict-plugins", "common_strict_plugins"],
            is_flag=True,
            expose_value=False,
            callback=_callback(lambda app, value: setattr(app, "strict", value)),
            help="Stop with exit code 5 if any plugin has a problem.",
        ),
        click.Option(
            ["--config", "common_config"],
            type=click.Path(path_type=Path),
            is_eager=True,
            expose_value=False,
            callback=_configure,
            help="Configuration file instead of ./harness.toml or [tool.harness] in "
            "./pyproject.toml.",
        ),
        click.Option(
            ["--debug", "common_debug"],
            is_flag=True,
            expose_value=False,
            callback=_callback(lambda app, _: app.show_tracebacks()),
            help="Show tracebacks.",
        ),
        click.Option(
            ["--version", "common_version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_version,
            help="Show the version and exit.",
        ),
    ]


_COMMON = click.Command(
    "harness",
    params=list(common_options()),
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
"""Knows the common options, and leaves all other arguments as they are."""


def _take_common_options(context: click.Context, arguments: list[str]) -> list[str]:
    """Read the common options, wherever they stand before ``--``; returns the other arguments."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    with _COMMON.make_context(
        "harness",
        arguments[:end],
        obj=context.ensure_object(AppContext),
        resilient_parsing=context.resilient_parsing,
    ) as common:
        return [*common.args, *arguments[end:]]


class CommandGroup(click.Group):
    """The commands that plugins announce; a command's module is imported when it is used."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the common options, and then the name of the command."""
        others = _take_common_options(ctx, args)
        if ctx.resilient_parsing:  # a shell asks what can follow
            ctx.ensure_object(AppContext).load_for_completion()
        return super().parse_args(ctx, others)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return [entry.spec.name for entry in _entries(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Import a command and give it the common options.

        Raises:
            UnknownNameError: there is no such command.
            PluginError: it cannot be imported, or has an option of the harness's own.
        """
        registry = ctx.ensure_object(AppContext).load_registry()
        entry = registry.find("command", cmd_name)
        command: click.Command = copy(registry.load(entry))
        _check_options(entry, command)
        command.name = cmd_name
        command.help = command.help or entry.spec.summary
        command.params = [*command.params, *common_options()]
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin as typed, none of which is imported, and the options."""
        commands = [
            CompletionItem(entry.spec.name, help=entry.spec.summary)
            for entry in _entries(ctx)
            if entry.spec.name.startswith(incomplete)
        ]
        return [*commands, *super(click.Group, self).shell_complete(ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in the help without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.spec.name, entry.spec.summary) for entry in _entries(ctx)])


def _check_options(entry: "Entry", command: click.Command) -> None:
    """Refuse a command with an option that every command has."""
    common = {text for option in common_options() for text in option.opts}
    for parameter in command.params:
        for text in parameter.opts:
            if text in common:
                raise PluginError(
                    f"command {entry.spec.name!r} ({entry.owner}) has an option {text} of its own, "
                    "and every command has one; rename it"
                )


def _entries(context: click.Context) -> "list[Entry]":
    return context.ensure_object(AppContext).found.entries("command")


harness = CommandGroup(
    "harness",
    params=list(common_options()),
    help="Train and measure image denoisers that learn from noisy images alone.",
)
"""The whole command line."""
