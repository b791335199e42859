"""``harness plugins``: who brings what, and what is wrong."""

import sys

import click

from harness.cli import layout
from harness.cli.application import AppContext, pass_app
from harness.cli.describe import as_json
from harness.plugin.registry import Plugin, Registry
from harness.results.serial import plain

_PARTS = ("plugins", "blocked", "problems")


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON, with tracebacks of problems.")
@pass_app
def command(app: AppContext, json_: bool) -> None:
    """List plugins, where they come from, what they announce, and their problems."""
    registry = app.load_registry()
    if json_:
        parts = {name: plain(getattr(registry, name)) for name in _PARTS}
        click.echo(as_json("plugins", **parts))
        return
    click.echo(_text(registry, tracebacks=app.debug))


def _text(registry: Registry, *, tracebacks: bool) -> str:
    rows = [
        (plugin.owner.plugin, plugin.owner.distribution, plugin.owner.version, _brings(plugin))
        for plugin in registry.plugins
    ]
    headers = ("plugin", "from", "version", "announces")
    parts = [layout.table(rows, headers, "simple")]
    if registry.blocked:
        parts.append(layout.wrapped(f"left out: {', '.join(registry.blocked)}", hanging="  "))
    if registry.problems:
        lines = ["problems:"]
        for problem in registry.problems:
            lines.append(_problem_line(str(problem)))
            if tracebacks and problem.traceback:
                lines.append(problem.traceback)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _problem_line(text: str) -> str:
    """A problem for people at a terminal, or on one line for programs that search."""
    return layout.wrapped(text, "  ", "    ") if sys.stdout.isatty() else f"  {text}"


def _brings(plugin: Plugin) -> str:
    parts = [f"{kind}s: {', '.join(names)}" for kind, names in plugin.announces.items()]
    if plugin.observes:
        parts.append(f"events: {', '.join(plugin.observes)}")
    return "; ".join(parts) or "nothing"
