"""From a selector to a reference: every parameter with its value, nested networks included."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.plugin.entries import Entry
from harness.plugin.parameters import resolve_parameters
from harness.plugin.selector import Selector, format_selector, format_value
from harness.results.reference import Reference
from harness.specs import VIEWS, MethodSpec, Value, View

Nested = Callable[[str | Selector, str, bool], Reference]
"""Chooses the network of a selector that plays a role, narrowed or not."""

_Parameters = dict[str, Value | Reference]


def refer(entry: Entry, selector: Selector, nested: Nested, *, quick: bool = False) -> Reference:
    """The reference that a selector means.

    Args:
        entry: what the selector names.
        selector: with arguments as the user wrote them.
        nested: chooses the networks that parameters name.
        quick: set what the budget ``quick`` sets, where the user has not.

    Raises:
        ParameterError: an argument is unknown or has the wrong type.
        PluginError: the target cannot be imported.
    """
    given = resolve_parameters(str(entry), entry.settable, selector.arguments)
    narrow: Mapping[str, Value] = getattr(entry.spec, "quick", {}) if quick else {}
    defaults = _with_networks(entry, entry.defaults, nested, quick=False)
    anyway = _with_networks(entry, {**entry.defaults, **narrow}, nested, quick=quick)
    parameters = anyway | _with_networks(entry, given, nested, quick=quick)
    for name in entry.of_images:
        for known in (defaults, anyway, *([] if name in given else [parameters])):
            known.pop(name, None)
    chosen = {name: parameters[name] for name in given if not _same(name, parameters, anyway)}
    exact = {name: parameters[name] for name in parameters if not _same(name, parameters, defaults)}
    return Reference(
        kind=entry.spec.kind,
        name=entry.spec.name,
        label=_text(entry, chosen, lambda network: network.label),
        selector=_text(entry, exact, lambda network: network.selector),
        parameters=parameters,
        narrowed=_narrowed({n: v for n, v in narrow.items() if n not in chosen}, parameters),
        narrowed_on=getattr(entry.spec, "quick_chosen_on", "") if narrow else "",
        plugin=entry.owner.plugin,
    )


def view_of(entry: Entry, reference: Reference) -> View:
    """The most that training sees of a method with the parameters of a reference."""
    assert isinstance(entry.spec, MethodSpec)
    seen: list[View] = [entry.spec.view]
    if not reference.parameters:  # nor are those of a method known that cannot be imported
        return entry.spec.view
    for parameter in entry.parameters:
        value = reference.parameters.get(parameter.name)
        if not isinstance(value, Reference) and value in parameter.views:
            seen.append(parameter.views[value])
    return max(seen, key=VIEWS.index)


def _with_networks(
    entry: Entry, values: Mapping[str, Any], nested: Nested, *, quick: bool
) -> _Parameters:
    """Parameters, with a reference in the place of every selector of a network."""
    roles = {parameter.name: parameter.role for parameter in entry.parameters if parameter.role}
    return {
        name: nested(value, roles[name], quick) if name in roles and value is not None else value
        for name, value in values.items()
    }


def _same(name: str, first: _Parameters, second: _Parameters) -> bool:
    """Whether a parameter has the same value in both; networks are told by exact selectors."""
    if name not in second:
        return False
    one, other = first[name], second[name]
    if isinstance(one, Reference) and isinstance(other, Reference):
        return one.selector == other.selector
    return one == other


def _text(entry: Entry, values: _Parameters, network: Callable[[Reference], str]) -> str:
    """A selector of an entry; its networks are written as ``network`` does."""
    written = {
        name: network(value) if isinstance(value, Reference) else value
        for name, value in values.items()
    }
    return format_selector(entry.spec.name, written)


def _narrowed(narrow: Mapping[str, Value], parameters: _Parameters) -> dict[str, str]:
    """What the budget set, as text: of the plugin itself, and of the networks in its parameters."""
    own = {name: format_value(value) for name, value in narrow.items()}
    networks = {
        name: value.selector
        for name, value in parameters.items()
        if isinstance(value, Reference) and value.narrowed
    }
    return own | networks
