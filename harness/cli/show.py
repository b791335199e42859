"""``harness show``: all that is known of a name."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.describe import as_json, plain, plain_entry
from harness.errors import PluginError, UnknownNameError
from harness.plugin.parameters import type_of
from harness.plugin.registry import Entry, Registry
from harness.plugin.selector import format_value
from harness.specs import KINDS, Parameter, Published
from harness.util.text import did_you_mean

_WIDTH = 100
_HELP_WIDTH = 60
_SHOWN_APART = {"name", "summary", "parameters", "published", "notes"}


@click.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), help="If several kinds have the name.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@pass_app
def command(app: AppContext, name: str, kind: str | None, json_: bool) -> None:
    """Show all that is known of NAME: parameters, notes, published values, origin."""
    entries = [app.registry.find(kind, name)] if kind else _of_any_kind(app.registry, name)
    if json_:
        click.echo(as_json([_plain(entry) for entry in entries]))
    else:
        click.echo("\n\n".join(map(_text, entries)))


def _of_any_kind(registry: Registry, name: str) -> list[Entry]:
    everything = [entry for kind in KINDS for entry in registry.entries(kind)]
    found = [entry for entry in everything if entry.spec.name == name]
    if not found:
        names = {entry.spec.name for entry in everything}
        raise UnknownNameError(
            f"nothing is named {name!r}{did_you_mean(name, names) or '; see: harness list'}"
        )
    return found


def _plain(entry: Entry) -> dict[str, Any]:
    """The spec, with the parameters of its target, or the reason why they cannot be read."""
    try:
        return {**plain_entry(entry), "parameters": plain(entry.settable)}
    except PluginError as error:
        return {**plain_entry(entry), "problem": str(error)}


def _text(entry: Entry) -> str:
    spec = entry.spec
    facts = [
        (field.name.replace("_", " "), _fact(getattr(spec, field.name)))
        for field in fields(spec)
        if field.name not in _SHOWN_APART
    ]
    facts.append(("from", str(entry.owner)))
    parts = [
        f"{spec.kind} {spec.name}\n  {spec.summary}",
        _table((f"{label}:", fact) for label, fact in facts if fact),
    ]
    if parameters := _parameters(entry):
        parts.append("parameters\n" + parameters)
    if published := getattr(spec, "published", ()):
        parts.append("published\n" + _table(_published_rows(published)))
    if spec.notes:
        parts.append("notes\n" + _wrapped(spec.notes))
    return "\n\n".join(parts)


def _fact(value: Any) -> str:
    """A field's value in words; empty where there is nothing to say."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={format_value(item)}" for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _parameters(entry: Entry) -> str:
    """A row for each parameter, or the reason why they cannot be read; empty if there are none."""
    try:
        return _table(map(_parameter_row, entry.settable))
    except PluginError as error:
        return _wrapped(str(error))


def _parameter_row(parameter: Parameter) -> tuple[str, ...]:
    kind = type_of(parameter) or str
    limits = []
    if parameter.choices:
        limits.append("one of " + ", ".join(map(format_value, parameter.choices)))
    if parameter.minimum is not None:
        limits.append(f"at least {parameter.minimum:g}")
    if parameter.maximum is not None:
        limits.append(f"at most {parameter.maximum:g}")
    if parameter.role:
        limits.append(f"a network of the role {parameter.role}")
    if parameter.of_images:
        limits.append("set from the images")
    return (
        f"{parameter.name}={format_value(parameter.default)}",
        f"list of {kind.__name__}" if parameter.many else kind.__name__,
        textwrap.fill("; ".join(filter(None, [parameter.help, *limits])), _HELP_WIDTH),
    )


def _published_rows(
    published: Iterable[Published] | Mapping[str, Iterable[Published]],
) -> list[tuple[str, ...]]:
    """Rows of a method's published values, or of a suite's, which has them by method."""
    by_method = published if isinstance(published, Mapping) else {"": published}
    return [
        (method, each.dataset, each.metric, f"{each.value:g}", each.protocol or "", each.source)
        for method, values in by_method.items()
        for each in values
    ]


def _table(rows: Iterable[Iterable[str]]) -> str:
    from tabulate import tabulate

    return tabulate([("", *row) for row in rows], tablefmt="plain", disable_numparse=True)


def _wrapped(text: str) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(
        textwrap.fill(
            paragraph, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
        for paragraph in paragraphs
    )
