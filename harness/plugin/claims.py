"""What a chosen method or network claims not to see, with its parameters filled in."""

from typing import Any

from harness.plugin.blind import Claim, parse_claim
from harness.plugin.registry import Registry
from harness.results.reference import Reference
from harness.specs import MethodSpec, NetworkSpec


def claim_of(registry: Registry, reference: Reference) -> Claim | None:
    """The claim of a method or network; None where it makes none.

    A parameter in braces stands for its value, and one that names a network for that network's
    claim.

    Args:
        registry: has the plugins.
        reference: what was chosen.

    Raises:
        PluginError: the claim cannot be read.
    """
    text = _text(registry, reference)
    return parse_claim(text) if text else None


def _text(registry: Registry, reference: Reference) -> str:
    spec = registry.find(reference.kind, reference.name).spec
    assert isinstance(spec, MethodSpec | NetworkSpec)
    values: dict[str, Any] = {
        name: _text(registry, value) if isinstance(value, Reference) else value
        for name, value in reference.parameters.items()
    }
    return spec.blind.format(**values)
