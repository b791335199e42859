"""What can be chosen, and a choice: an entry with the parameters that the user set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.errors import PluginError
from harness.plugin.discovery import Owner
from harness.plugin.loading import load_target
from harness.plugin.parameters import declared_parameters, parameters_of_target, with_root
from harness.plugin.selector import format_selector
from harness.plugin.validation import parameter_mistakes
from harness.specs import VIEWS, Parameter, Spec, Value, View


@dataclass(frozen=True)
class Entry:
    """A spec and who announced it."""

    spec: Spec
    owner: Owner

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the target; it is imported unless the spec declares them.

        Raises:
            PluginError: the target cannot be imported, or the spec does not fit its parameters.
        """
        if not self.spec.target:
            return ()
        declared = declared_parameters(self.spec)
        if declared is not None:
            return declared
        target = load_target(self.spec, self.owner, self.spec.target)
        parameters = parameters_of_target(target)
        for mistake in parameter_mistakes(self.spec, parameters):
            raise PluginError(f"{self.spec.kind} {self.spec.name!r} ({self.owner}) {mistake}")
        return parameters

    @property
    def settable(self) -> tuple[Parameter, ...]:
        """What users can set: the parameters, and the root of a dataset's files; raises as they."""
        return with_root(self.spec, self.parameters)

    @property
    def defaults(self) -> dict[str, Value]:
        """The default of every parameter; raises as :attr:`parameters`."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def of_images(self) -> tuple[str, ...]:
        """The parameters that are set to the number of channels of the images."""
        return tuple(parameter.name for parameter in self.parameters if parameter.of_images)


@dataclass(frozen=True)
class Choice:
    """An entry with the parameters that the user set.

    Attributes:
        entry: what was chosen.
        given: the parameters set, with the types that the target declares.
    """

    entry: Entry
    given: Mapping[str, Value] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.spec.kind, self.label))

    @property
    def spec(self) -> Any:
        """The spec chosen; of the class that belongs to its kind."""
        return self.entry.spec

    @property
    def name(self) -> str:
        """Name of the plugin."""
        return self.entry.spec.name

    @property
    def label(self) -> str:
        """The canonical selector: what tables print and what chooses the same again."""
        return format_selector(self.name, self.given)

    def parameters(self, overrides: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """All parameters of the target.

        Args:
            overrides: go before the defaults and after what the user set, such as the
                narrowed configuration of the budget ``quick``.
        """
        return {**self.entry.defaults, **(overrides or {}), **self.given}

    def view(self, parameters: Mapping[str, Value]) -> View:
        """The most that training sees of a method with these parameters."""
        seen: list[View] = [self.spec.view]
        for parameter in self.entry.parameters:
            value = parameters[parameter.name]
            if value in parameter.views:
                seen.append(parameter.views[value])
        return max(seen, key=VIEWS.index)

    def plain(self) -> Choice:
        """The same choice without what is set to its default."""
        defaults = self.entry.defaults
        given = {n: v for n, v in self.given.items() if n not in defaults or defaults[n] != v}
        return replace(self, given=given)

    def with_given(self, **more: Value) -> Choice:
        """The same entry with more parameters set."""
        return replace(self, given={**self.given, **more})
