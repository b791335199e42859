import importlib
import inspect
import subprocess
import sys

import pytest

from harness.metrics.hooks import harness_register_metrics
from harness.plugin.registry import active_registry

SPECS = {spec.name: spec for spec in harness_register_metrics()}


def attribute(target):
    module, name = target.split(":")
    return getattr(importlib.import_module(module), name)


def test_all_metrics_are_announced():
    assert set(SPECS) == {
        "psnr",
        "psnr-float",
        "ssim",
        "colour",
        "upsnr",
        "lpips",
        "latency",
        "throughput",
        "memory",
        "parameters",
        "flops",
    }


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_the_protocol_is_filled_in_from_the_parameters(spec):
    protocol = spec.protocol.format(**active_registry().find("metric", spec.name).defaults)

    assert bool(protocol) == (spec.name != "parameters")  # a count of parameters is a count
    assert "{" not in protocol


def test_the_probe_takes_the_parameters_of_its_metric():
    probe = inspect.signature(attribute(SPECS["lpips"].probe))

    assert set(probe.parameters) == set(active_registry().find("metric", "lpips").defaults)


def test_announcing_imports_nothing_heavy():
    script = (
        "import sys, harness.metrics.hooks as hooks; hooks.harness_register_metrics();"
        "print(sorted({'torch', 'numpy', 'scipy', 'skimage', 'lpips'} & set(sys.modules)))"
    )

    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout

    assert output.strip() == "[]"
