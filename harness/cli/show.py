"""``harness show``: all that is known of a name."""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from harness.cli import layout
from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name
from harness.cli.describe import as_json, plain_entry
from harness.cli.model import MODEL_SUFFIXES, model_text, plain_model, show_model
from harness.errors import HarnessError, ParameterError, PluginError, UnknownNameError
from harness.models.named import model_file
from harness.plugin.registry import Entry, Registry
from harness.plugin.selector import format_selector, format_value, parse_selector
from harness.results.serial import plain
from harness.specs import (
    KINDS,
    DatasetSpec,
    ModelSpec,
    Parameter,
    ProtocolSpec,
    Published,
    Value,
    type_of,
)
from harness.util.text import cut, did_you_mean

_SHOWN_APART = {"name", "summary", "parameters", "published", "notes"}


@click.command()
@click.argument("name", type=Name())
@click.option("--kind", type=click.Choice(list(KINDS)), help="If several kinds have the name.")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@pass_app
def command(app: AppContext, name: str, kind: str | None, json_: bool) -> None:
    """Show all that is known of NAME: parameters, notes, published values, origin.

    NAME may set parameters, as in 'mine[width=32]'; their defaults are then shown beside them.
    It may be a model that 'harness export' wrote, by its file, which ends in .safetensors or .onnx.
    It may also be a word or sign of the table of a run, as in '3 of 15 test images', and 'table'
    shows them all.
    """
    if name.endswith(MODEL_SUFFIXES):
        show_model(Path(name), is_json=json_)
        return
    from harness.cli.legend import marks_text, table_text
    from harness.runs.legend import LEGEND, TABLE, meanings

    everything = [mark for marks in LEGEND.values() for mark in marks]
    marks = [] if kind else everything if name == TABLE else meanings(name)
    try:
        choices = _chosen(app.registry, name, kind)
    except HarnessError:
        if not marks:
            raise
        choices = []
    if json_:
        entries = [_plain(choice, app.registry) for choice in choices]
        click.echo(as_json("show", entries=entries, marks=plain(marks)))
        return
    texts = [_text(choice, app.registry) for choice in choices]
    if marks:
        texts.append(table_text(app.registry) if name == TABLE else marks_text(marks))
    click.echo("\n\n".join(texts))


@dataclass(frozen=True)
class _Chosen:
    """What is shown: an entry, and the parameters that the selector sets."""

    entry: Entry
    given: Mapping[str, Value]


def _chosen(registry: Registry, text: str, kind: str | None) -> list[_Chosen]:
    """What a selector chooses: of one kind, or of every kind that has the name and parameters."""
    selector = parse_selector(text)
    name = selector.name
    entries = [registry.find(kind, name)] if kind else _of_any_kind(registry, name)
    if not selector.arguments:
        return [_Chosen(entry, {}) for entry in entries]
    choices: list[_Chosen] = []
    mistakes: list[HarnessError] = []
    for entry in entries:
        try:
            reference = registry.choose(entry.spec.kind, selector)
            values = reference.arguments()
            choices.append(_Chosen(entry, {key: values[key] for key, _ in selector.arguments}))
        except (ParameterError, PluginError) as mistake:
            mistakes.append(mistake)
    if not choices:
        raise mistakes[0]
    return choices


def _of_any_kind(registry: Registry, name: str) -> list[Entry]:
    everything = [entry for kind in KINDS for entry in registry.entries(kind)]
    found = [entry for entry in everything if entry.spec.name == name]
    if not found:
        names = {entry.spec.name for entry in everything}
        raise UnknownNameError(
            f"nothing is named {cut(name)!r}{did_you_mean(name, names) or '; see: harness list'}"
        )
    return found


def _plain(choice: _Chosen, registry: Registry) -> dict[str, Any]:
    """The spec, what was set, and all parameters, or the reason why they cannot be read."""
    data = {**plain_entry(choice.entry), "given": plain(choice.given)}
    try:
        if isinstance(choice.entry.spec, ModelSpec):
            data |= plain_model(model_file(choice.entry.spec.name, registry))
        return {**data, "parameters": plain(choice.entry.settable)}
    except HarnessError as error:
        return {**data, "problem": str(error)}


def _text(choice: _Chosen, registry: Registry) -> str:
    entry, spec = choice.entry, choice.entry.spec
    facts = [
        (field.name.replace("_", " "), _fact(getattr(spec, field.name)))
        for field in fields(spec)
        if field.name not in _SHOWN_APART
    ]
    if isinstance(spec, DatasetSpec) and spec.protocol:
        facts.append(("scores", _protocol(spec.protocol, registry)))
    facts.append(("from", str(entry.owner)))
    label = format_selector(spec.name, choice.given)
    parts = [
        f"{spec.kind} {label}\n{layout.wrapped(spec.summary, '  ')}",
        _table((f"{label}:", fact) for label, fact in facts if fact),
    ]
    if parameters := _parameters(choice):
        parts.append("parameters\n" + parameters)
    if published := getattr(spec, "published", ()):
        parts.append("published\n" + _table(_published_rows(published)))
    if spec.notes:
        parts.append("notes\n" + _wrapped(spec.notes))
    if isinstance(spec, ModelSpec):
        parts.append(_model(spec.name, registry))
    return "\n\n".join(parts)


def _model(name: str, registry: Registry) -> str:
    """What the file of a model says of itself, or why it cannot be read."""
    try:
        return model_text(model_file(name, registry))
    except HarnessError as error:
        return _wrapped(str(error))


def _protocol(name: str, registry: Registry) -> str:
    """What a dataset's protocol is, in a line; where its plugin is left out, that it is."""
    try:
        spec = registry.find("protocol", name).spec
    except UnknownNameError as error:
        return str(error)
    assert isinstance(spec, ProtocolSpec)
    how = spec.scored_by or f"{', '.join(spec.metrics)} with --protocol {name}"
    return f"{how} (see: harness show {name} --kind protocol)"


def _fact(value: Any) -> str:
    """A field's value in words; empty where there is nothing to say."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={format_value(item)}" for key, item in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _parameters(choice: _Chosen) -> str:
    """A row for each parameter, or the reason why they cannot be read; empty if there are none."""
    try:
        parameters = choice.entry.settable
    except PluginError as error:
        return _wrapped(str(error))
    rows = [_parameter_row(parameter, choice.given) for parameter in parameters]
    return _table(rows) if rows else ""


def _parameter_row(parameter: Parameter, given: Mapping[str, Value]) -> tuple[str, ...]:
    """Value, type and meaning; the default besides, where another value was given."""
    kind = type_of(parameter) or str
    value = given.get(parameter.name, parameter.default)
    default = f"default {format_value(parameter.default)}" if parameter.name in given else ""
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
    if parameter.only_with:
        values = " or ".join(map(format_value, parameter.only_with_values))
        limits.append(f"matters with {parameter.only_with}{values and f'={values}'}")
    if parameter.of_budget:
        limits.append("replaced by a budget in iterations or time")
    return (
        f"{parameter.name}={format_value(value)}",
        f"list of {kind.__name__}" if parameter.many else kind.__name__,
        "; ".join(filter(None, [default, parameter.help, *limits])),
    )


def _published_rows(
    published: Iterable[Published] | Mapping[str, Iterable[Published]],
) -> list[tuple[str, ...]]:
    """Rows of a method's published values, or of a suite's, which has them by method."""
    by_method = published if isinstance(published, Mapping) else {"": published}
    return [
        (
            method,
            each.dataset,
            each.metric,
            f"{each.value:g}",
            "; ".join(
                filter(None, [each.protocol and f"protocol {each.protocol}", *_origin(each)])
            ),
        )
        for method, values in by_method.items()
        for each in values
    ]


def _origin(value: Published) -> list[str]:
    """Where a value stands, and what it was trained on where that is said."""
    return [value.stands, *([value.training] if value.trained_on else [])]


def _table(rows: Iterable[Iterable[str]]) -> str:
    return layout.table([("", *row) for row in rows])


def _wrapped(text: str) -> str:
    paragraphs = textwrap.dedent(text).strip().split("\n\n")
    return "\n\n".join(layout.wrapped(paragraph, "  ") for paragraph in paragraphs)
