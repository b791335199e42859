"""The page on blindness keeps its word."""

import re
from pathlib import Path

import pytest

from harness.plugin.claims import claim_of
from harness.plugin.discovery import DISTRIBUTION
from harness.plugin.registry import load_registry
from harness.specs import LoadSettings

PAGE = (Path(__file__).parents[2] / "docs" / "blindness.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (method|network) (\S+) \| (.+?) \| training", PAGE, re.MULTILINE)
REGISTRY = load_registry(LoadSettings(autoload=False))


def test_the_example_is_a_test_that_passes():
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(source, "docs/blindness.md", "exec"), names)
    names["test_it_is_as_blind_as_it_claims"]()


@pytest.mark.parametrize("kind", ["method", "network"])
def test_all_are_in_the_table(kind):
    told = set(re.findall(rf"^\| {kind} (\S+) \|", PAGE, re.MULTILINE))
    entries = [
        entry for entry in REGISTRY.entries(kind) if entry.owner.distribution == DISTRIBUTION
    ]
    assert told == {each.spec.name for each in entries if not getattr(each.spec, "oracle", False)}


def test_the_table_has_the_claims_of_the_specs():
    assert ROWS
    for kind, name, told in ROWS:
        claim = claim_of(REGISTRY, REGISTRY.choose(kind, name, quick=True))
        assert told == (claim.text if claim else "–"), name
