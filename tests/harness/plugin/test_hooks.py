"""Hooks modules are light, and hooks say what they are for."""

import importlib.metadata
import inspect
import subprocess
import sys

import pytest

from harness.plugin import hooks
from harness.specs import KINDS

HEAVY = ("torch", "numpy", "PIL", "rich", "accelerate", "skimage", "scipy", "lpips")
OURS = sorted(
    point.value
    for point in importlib.metadata.entry_points(group=hooks.GROUP)
    if point.dist is not None and point.dist.name == "denoise-harness"
)


@pytest.mark.parametrize("module", ["harness", "harness.plugin.registry", "harness.cli", *OURS])
def test_what_every_command_imports_is_light(module):
    program = f"import sys, {module}; print(*(set({HEAVY}) & sys.modules.keys()))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []


def test_every_kind_has_a_hook_that_announces_it():
    announcing = {name for name in vars(hooks) if name.startswith("harness_register_")}
    assert announcing == {f"harness_register_{kind}s" for kind in KINDS}


@pytest.mark.parametrize("name", [name for name in vars(hooks) if name.startswith("harness_")])
def test_every_hook_is_documented(name):
    assert inspect.getdoc(getattr(hooks, name))
