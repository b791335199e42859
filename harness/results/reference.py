"""A chosen plugin: what the user named, with all that its results depend on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from harness.results.keys import UNKEYED
from harness.specs import Value

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A plugin with all its parameters, as plain values that mean the same in any process.

    Attributes:
        kind: such as ``method``.
        name: of the plugin.
        label: the canonical selector, as tables print it. What the user spelled out though it
            would have been so anyway is left out, so equal choices have equal labels.
        selector: chooses the same again, whatever the budget.
        parameters: every parameter by name; a network in a parameter is a reference itself. What
            the images decide is left out.
        narrowed: the parameters that the budget ``quick`` set, as text.
        narrowed_on: the images that these were chosen on, in words; empty where nobody says.
        plugin: the plugin that brings it, by which a job's process finds it.
        version: of the distribution that holds it.
        sources: digest of the sources that its results depend on; empty until it is planned with.
    """

    kind: str
    name: str
    label: str = field(metadata=UNKEYED, default="")
    selector: str = field(metadata=UNKEYED, default="")
    parameters: "Mapping[str, Value | Reference]" = field(default_factory=lambda: _NOTHING)
    narrowed: Mapping[str, str] = field(metadata=UNKEYED, default_factory=lambda: _NOTHING)
    narrowed_on: str = field(metadata=UNKEYED, default="")
    plugin: str = field(metadata=UNKEYED, default="")
    version: str = ""
    sources: str = ""

    def __hash__(self) -> int:
        return hash((self.kind, self.selector))

    @property
    def is_default(self) -> bool:
        """Every parameter has the default that its declaration says."""
        return self.selector == self.name

    @property
    def nested(self) -> "tuple[Reference, ...]":
        """The networks that its parameters name."""
        return tuple(value for value in self.parameters.values() if isinstance(value, Reference))

    def walk(self) -> "Iterator[Reference]":
        """This reference, and all that are nested in it."""
        yield self
        for reference in self.nested:
            yield from reference.walk()

    def arguments(self) -> dict[str, Value]:
        """The keyword arguments of the plugin's target, which takes networks by selector."""
        return {
            name: value.selector if isinstance(value, Reference) else value
            for name, value in self.parameters.items()
        }
