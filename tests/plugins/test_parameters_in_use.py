"""Time, parameters and FLOPs of the built-in methods describe one and the same network."""

import pytest
import torch

from harness.evaluation import Subject
from harness.plugin.registry import load_registry

REGISTRY = load_registry()


def parameters(selector, *parts):
    """What takes part, what the method has, and what its parts have, in its quick configuration."""
    method = REGISTRY.build(REGISTRY.choose("method", selector, quick=True), 3)
    subject = Subject(method, example=torch.rand(1, 3, 40, 48))
    own = sum(p.numel() for part in parts for p in getattr(method, part).parameters())
    return subject.parameters_in_use(), subject.parameters(), own


@pytest.mark.parametrize(
    ("selector", "parts"),
    [
        ("ssid", ["denoiser"]),
        ("ssid[output=bnn]", ["bnn"]),
        ("ssid[output=fusion]", ["bnn", "lan"]),
        ("dbsn[distill=true]", ["student"]),
    ],
)
def test_what_only_training_needs_takes_no_part(selector, parts):
    used, held, own = parameters(selector, *parts)
    assert used == own < held


@pytest.mark.parametrize(
    "selector",
    [
        "amsnet",
        "amsnet[variant=b]",
        "apbsn",
        "dbsn",
        "lgbpn",
        "lgbpn[r3=false]",
        "n2c",
        "n2v",
    ],
)
def test_all_of_a_method_that_is_one_network_takes_part(selector):
    used, held, _ = parameters(selector)
    assert used == held > 0


def test_the_variances_take_no_part_where_bayes_rule_is_left_out():
    used, held, _ = parameters("dbsn[bayes=false]")
    assert 0 < used < held


@pytest.mark.parametrize("selector", ["guided-filter", "nlm", "tv", "identity"])
def test_a_method_that_learns_nothing_has_no_parameters(selector):
    assert parameters(selector)[:2] == (0, 0)
