import subprocess
import sys

import torch
from torch import nn

from harness.methods.construction import without_memory

CONSTRUCT_ALL = """
import sys
from harness.methods.construction import without_memory
from harness.plugin.registry import LoadSettings, load_registry

registry = load_registry(LoadSettings(autoload=False))
for kind in ("method", "network"):
    for entry in registry.entries(kind):
        choice = registry.choose(kind, entry.spec.name)
        with without_memory():
            registry.build(choice)
        assert "sympy" not in sys.modules, f"{kind} {entry.spec.name} imports it"
"""


def test_tensors_have_shapes_and_no_values():
    with without_memory():
        layer = nn.Conv2d(3, 8, 3)
        drawn = nn.init.kaiming_normal_(layer.weight)

    assert drawn is layer.weight
    assert drawn.is_meta
    assert drawn.shape == (8, 3, 3, 3)


def test_tensors_with_values_are_set_as_ever():
    weight = torch.ones(3, device="cpu")

    with without_memory():
        weight.mul_(2)

    assert weight.tolist() == [2, 2, 2]


def test_tensors_have_values_afterwards():
    with without_memory():
        pass

    assert torch.ones(2).fill_(3).tolist() == [3, 3]


def test_no_method_or_network_of_the_harness_imports_sympy_as_it_is_planned():
    subprocess.run([sys.executable, "-c", CONSTRUCT_ALL], check=True)
