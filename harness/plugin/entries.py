"""What can be chosen: a spec, who announced it, and the parameters of its target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from harness.errors import PluginError
from harness.plugin.discovery import Owner
from harness.plugin.loading import load_target
from harness.plugin.validation import parameter_mistakes
from harness.specs import Parameter, Spec, Value


@dataclass(frozen=True)
class Entry:
    """A spec and who announced it."""

    spec: Spec
    owner: Owner

    def __str__(self) -> str:
        return f"{self.spec.kind} {self.spec.name!r}"

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the target; it is imported unless the spec declares them.

        Raises:
            PluginError: the target cannot be imported, or the spec does not fit its parameters.
        """
        from harness.plugin.parameters import declared_parameters, parameters_of_target

        if not self.spec.target:
            return ()
        declared = declared_parameters(self.spec)
        if declared is not None:
            return declared
        target = load_target(self.spec, self.owner, self.spec.target)
        parameters = parameters_of_target(target)
        for mistake in parameter_mistakes(self.spec, parameters):
            raise PluginError(f"{self} ({self.owner}) {mistake}")
        return parameters

    @property
    def settable(self) -> tuple[Parameter, ...]:
        """What users can set: the parameters, and the root of a dataset's files; raises as they."""
        from harness.plugin.parameters import with_root  # which listing plugins need not import

        return with_root(self.spec, self.parameters)

    @property
    def defaults(self) -> dict[str, Value]:
        """The default of every parameter; raises as :attr:`parameters`."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def idle(self, values: Mapping[str, object], *, is_limited: bool) -> set[str]:
        """The parameters that do not matter.

        Args:
            values: of all parameters.
            is_limited: the budget is in iterations or time.
        """
        return {
            parameter.name
            for parameter in self.parameters
            if (parameter.of_budget and is_limited) or not parameter.matters(values)
        }

    @property
    def of_images(self) -> tuple[str, ...]:
        """The parameters that are set to the number of channels of the images."""
        return tuple(parameter.name for parameter in self.parameters if parameter.of_images)
