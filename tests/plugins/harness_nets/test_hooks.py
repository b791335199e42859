import pytest
import torch

from harness import build_network
from harness.plugin.selector import format_selector
from harness_nets.hooks import harness_register_networks
from harness_nets.released import recognised

SPECS = {spec.name: spec for spec in harness_register_networks()}

NETWORKS = pytest.mark.parametrize("name", SPECS)
CHANNELS = pytest.mark.parametrize("channels", [1, 3])


def quick(name, channels=3):
    return build_network(format_selector(name, SPECS[name].quick), "denoiser", channels=channels)


@NETWORKS
def test_every_parameter_learns(name, fill_by_rule):
    network = quick(name).train()
    network.load_state_dict(network.state_dict() | fill_by_rule(dict(network.named_parameters())))

    network(torch.rand(2, 3, 32, 32)).square().mean().backward()

    still = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not [name for name in still if not absorbed(network, name)]


def absorbed(network, name):
    """A bias that batch normalisation behind it takes away; rounding may leave it a gradient."""
    layer, _, kind = name.rpartition(".")
    modules = dict(network.named_modules())
    names = list(modules)
    following = modules[names[min(names.index(layer) + 1, len(names) - 1)]]
    return kind == "bias" and isinstance(following, torch.nn.BatchNorm2d)


@NETWORKS
def test_the_network_is_told_by_the_names_of_its_weights(name):
    assert recognised(quick(name).state_dict()) == name
