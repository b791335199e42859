"""What a metric's probe may return, and what is made of it."""

import pytest

from harness.plugin.probing import probe_metric
from harness.plugin.registry import load_registry
from harness.specs import LoadSettings, MetricData

PLUGIN = """
import os

from harness import MetricData, MetricSpec, hookimpl


@hookimpl
def harness_register_metrics():
    return MetricSpec(
        name="mine", target="probed:mine", probe={probe}, summary="s", label="M", protocol="{{a}}",
        higher_is_better=True, decimals=2, tolerance=0.01,
    )


def mine(denoised, clean, *, a: str = "x"):
    return (denoised - clean).mean((1, 2, 3))


def probe(*, a):
    if a == "nothing":
        return None
    if a == "fails":
        raise SystemExit("on purpose")
    if a == "offline":
        return os.environ.get("HARNESS_OFFLINE", "")
    return "it is not here" if a == "reason" else MetricData(digest=a, mark="old")
"""


@pytest.fixture
def probe(tmp_path):
    def probe(selector: str, probe: str = "'probed:probe'"):
        (tmp_path / "probed.py").write_text(PLUGIN.format(probe=probe))
        registry = load_registry(LoadSettings(plugins=(str(tmp_path / "probed.py"),)))
        return probe_metric(registry, registry.choose("metric", selector))

    return probe


def test_a_metric_without_a_probe_depends_on_nothing(probe):
    assert probe("mine", "None") == MetricData()


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("mine[a=nothing]", MetricData()),
        ("mine[a=reason]", "it is not here"),
        ("mine[a=fails]", "SystemExit: on purpose"),
        ("mine[a=abc]", MetricData(digest="abc", mark="old")),
    ],
)
def test_a_probe_says_why_not_or_what_the_numbers_depend_on(probe, selector, found):
    assert probe(selector) == found


def test_a_probe_that_cannot_be_found_is_a_reason(probe):
    assert "'probed:nothing' cannot be found" in probe("mine", "'probed:nothing'")
