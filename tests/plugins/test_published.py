"""What the built-in plugins state of published values."""

from itertools import chain

import pytest

from harness.plugin.registry import load_registry

REGISTRY = load_registry()
STATED = [
    (entry.spec.name, value)
    for entry in REGISTRY.entries("method")
    for value in entry.spec.published
] + [
    (method, value)
    for entry in REGISTRY.entries("suite")
    for method, value in chain.from_iterable(
        ((method, value) for value in values) for method, values in entry.spec.published.items()
    )
]


@pytest.mark.parametrize(
    ("method", "value"), STATED, ids=lambda each: getattr(each, "source", each)
)
def test_a_value_states_its_training_data_unless_others_report_it_without(method, value):
    assert value.trained_on or (value.origin == "report" and method.startswith("amsnet"))
