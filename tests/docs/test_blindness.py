"""The page on blindness keeps its word."""

import re
from pathlib import Path

import pytest

from harness.plugin.registry import load_registry

PAGE = (Path(__file__).parents[2] / "docs" / "blindness.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- table -->\n\n")[2].strip()


def test_the_example_is_a_test_that_passes():
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(source, "docs/blindness.md", "exec"), names)
    names["test_it_is_as_blind_as_it_claims"]()


def test_every_method_and_network_is_in_the_table():
    registry = load_registry()
    rows = [line.split(" | ")[0].removeprefix("| ") for line in TABLE.splitlines()]
    missing = [
        f"{kind} {entry.spec.name}"
        for kind in ("method", "network")
        for entry in registry.entries(kind)
        if not getattr(entry.spec, "oracle", False) and f"{kind} {entry.spec.name}" not in rows
    ]
    assert missing == []


@pytest.mark.slow
def test_the_table_is_what_the_command_prints(in_process):
    code, out, err = in_process("check", "--all", "--blindness", "--markdown")
    assert (code, err) == (0, "")
    assert without_leaks(out.strip()) == without_leaks(TABLE)


def without_leaks(table: str) -> str:
    """The table without the sizes of leaks, whose digits another processor may change."""
    return re.sub(r"\d(\.\d)?e-\d+ \|", "leak |", table)
