"""Carrying out the tests of a contract on plugins that keep it, and on ones that break it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.testing.contracts import Contract
from harness.testing.contracts.carrying_out import carry_out


@pytest.fixture
def failures(tmp_path: Path, fresh_accelerate: None) -> Callable[..., dict[str, str]]:
    """Maps the tests that a plugin of one file fails to what they say.

    In the source, ``PLUGIN`` stands for the name of its module; ``only`` is a test that is carried
    out alone.
    """

    def failures(
        contract: type[Contract], source: str, only: str = "", **attributes: object
    ) -> dict[str, str]:
        plugin = tmp_path / "one_file.py"
        plugin.write_text(source.replace("PLUGIN", plugin.stem))
        attributes = {"name": "mine", "plugin": str(plugin), **attributes}
        others = [name for name in dir(contract) if name.startswith("test_") and name != only]
        left_out = dict.fromkeys(others if only else ())
        verdicts = carry_out(type("TestMine", (contract,), {**attributes, **left_out}))
        return {each.test: each.said for each in verdicts if each.outcome == "failed"}

    return failures
