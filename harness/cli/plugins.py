"""``harness plugins``: who brings what, and what is wrong."""

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.describe import as_json, plain
from harness.plugin.registry import Plugin, Registry


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON, with tracebacks of problems.")
@pass_app
def command(app: AppContext, json_: bool) -> None:
    """List plugins, where they come from, what they announce, and their problems."""
    registry = app.load_registry()
    if json_:
        click.echo(
            as_json(
                {
                    "plugins": plain(registry.plugins),
                    "blocked": plain(registry.blocked),
                    "problems": plain(registry.problems),
                }
            )
        )
        return
    click.echo(_text(registry, tracebacks=app.debug))


def _text(registry: Registry, *, tracebacks: bool) -> str:
    from tabulate import tabulate

    rows = [
        (plugin.owner.plugin, plugin.owner.distribution, plugin.owner.version, _brings(plugin))
        for plugin in registry.plugins
    ]
    headers = ("plugin", "from", "version", "announces")
    parts = [tabulate(rows, headers, tablefmt="simple", disable_numparse=True)]
    if registry.blocked:
        parts.append(f"left out: {', '.join(registry.blocked)}")
    if registry.problems:
        lines = ["problems:"]
        for problem in registry.problems:
            lines.append(f"  {problem}")
            if tracebacks and problem.traceback:
                lines.append(problem.traceback)
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _brings(plugin: Plugin) -> str:
    parts = [f"{kind}s: {', '.join(names)}" for kind, names in plugin.announces.items()]
    if plugin.observes:
        parts.append(f"events: {', '.join(plugin.observes)}")
    return "; ".join(parts) or "nothing"
