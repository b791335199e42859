"""Carrying out the tests of a contract on plugins that keep it, and on ones that break it."""

from collections.abc import Callable
from pathlib import Path
from unittest import SkipTest

import pytest

from harness.testing.contracts import Contract


@pytest.fixture
def failures(tmp_path: Path, fresh_accelerate: None) -> Callable[..., dict[str, str]]:
    """Maps the tests that a plugin of one file fails to what they say.

    In the source, ``PLUGIN`` stands for the name of its module.
    """

    def carry_out(contract: type[Contract], source: str, **attributes: object) -> dict[str, str]:
        plugin = tmp_path / "one_file.py"
        plugin.write_text(source.replace("PLUGIN", plugin.stem))
        attributes = {"name": "mine", "plugin": str(plugin), **attributes}
        tested = type("TestMine", (contract,), attributes)
        said = {}
        for test in (name for name in dir(tested) if name.startswith("test_")):
            try:
                getattr(tested(), test)()
            except AssertionError as error:
                said[test] = str(error)
            except SkipTest:
                continue
        return said

    return carry_out
