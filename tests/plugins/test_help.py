"""What ``harness show`` says of the parameters of the plugins that come with the harness."""

import pytest

from harness.plugin.discovery import DISTRIBUTION
from harness.plugin.registry import load_registry
from harness.specs import KINDS, LoadSettings

PREPOSITIONS = {"of", "in", "to", "for", "from", "with", "by", "on", "at"}

ENTRIES = [
    entry
    for kind in KINDS
    for entry in load_registry(LoadSettings(autoload=False)).entries(kind)
    if entry.owner.distribution == DISTRIBUTION and kind != "command"
]
"""All but commands, whose options are click's."""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.spec.kind}-{entry.spec.name}")
def test_the_help_of_a_parameter_stands_on_its_own(entry):
    for parameter in entry.settable:
        assert parameter.help, f"{parameter.name} has no help"
        assert parameter.help.split()[0] not in PREPOSITIONS, f"{parameter.name}: {parameter.help}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.spec.kind}-{entry.spec.name}")
def test_the_budget_quick_sets_parameters_that_there_are(entry):
    assert set(getattr(entry.spec, "quick", ())) <= {parameter.name for parameter in entry.settable}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.spec.kind}-{entry.spec.name}")
def test_a_parameter_is_declared_in_the_signature_alone(entry):
    assert not entry.spec.parameters
