"""The plugin of pytest: a plugin's author holds scores to a baseline in a test of their own."""

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import harness
import pytest

TOLERANT = {{"psnr": 20, "ssim": 1}}
ASKED = {{"methods": "mine", "datasets": "scenes", "metrics": "psnr"}}

@pytest.fixture
def registry():
    return harness.load_plugins({toys!r}, "./mine.py")

def test_held(harness_baseline, registry):
    harness_baseline("baseline.json", registry=registry, **ASKED)

def test_tolerant(harness_baseline, registry):
    outcome = harness_baseline("baseline.json", registry=registry, tolerances=TOLERANT, **ASKED)
    assert outcome is None or not outcome.failing

def test_without(harness_baseline, registry):
    harness_baseline("other.json", registry=registry, **ASKED)
"""
METHOD = """
from harness import Method, MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(name="mine", target="mine:Mine", summary="A share of the noisy image.")

class Mine(Method):
    def denoise(self, noisy):
        return noisy * {factor}
"""


@pytest.fixture
def suite(pytester, toys):
    """Runs the tests of an author whose method multiplies by a factor."""
    pytester.makepyfile(test_mine=TESTS.format(toys=str(toys)))

    def suite(factor, *arguments):
        pytester.makepyfile(mine=METHOD.format(factor=factor))
        installed = entry_points(group="pytest11", name="harness")
        plugin = () if installed else ("-p", "harness.testing.pytest_plugin")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *plugin, *arguments)

    return suite


def test_scores_are_held_to_a_baseline_that_is_written_on_demand(suite, pytester):
    suite(0.9, "--harness-update", "-k", "not without").assert_outcomes(passed=2, deselected=1)
    before = (pytester.path / "baseline.json").read_text()
    result = suite(0.8)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "1 of 1 fail: 1 worse.",
            "mine on scenes: PSNR (8bit) worse: *",
            "there is no baseline *other.json: write it with pytest --harness-update",
        ]
    )
    assert (pytester.path / "baseline.json").read_text() == before
    suite(0.9, "-k", "held").assert_outcomes(passed=1, deselected=2)
