import pytest
import torch

from harness.errors import ParameterError, PluginError, UnknownNameError
from harness.methods.networks import build_network, receptive_radius_of, size_multiple_of
from harness.plugin.registry import LoadSettings, active_registry, load_registry
from harness.runs.planning import make_plan
from harness.runs.request import Request

PLUGIN = """
from torch import nn

from harness import Method, MethodSpec, NetworkSpec, Parameter, build_network, hookimpl
from parts_helper import BIAS


@hookimpl
def harness_register_networks():
    return [
        NetworkSpec(
            name="tiny",
            target="parts:tiny",
            summary="s",
            roles=("denoiser",),
            parameters=(Parameter(name="channels", default=3), Parameter(name="kernel", default=1)),
            quick={"kernel": 3},
        ),
        NetworkSpec(name="sightless", target="parts:tiny", summary="s", roles=("blind",)),
        NetworkSpec(name="nothing", target="parts:nothing", summary="s", roles=("denoiser",)),
    ]


@hookimpl
def harness_register_methods():
    part = Parameter(name="denoiser", default="tiny", role="denoiser")
    return MethodSpec(name="uses-part", target="parts:UsesPart", summary="s", parameters=(part,))


def tiny(channels=3, kernel=1):
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=BIAS)


def nothing():
    return None


class UsesPart(Method):
    def __init__(self, denoiser="tiny"):
        super().__init__()
        self.net = build_network(denoiser, "denoiser")

    def denoise(self, noisy):
        return self.net(noisy)
"""


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "parts.py").write_text(PLUGIN)
    (tmp_path / "parts_helper.py").write_text("BIAS = True\n")
    return load_registry(LoadSettings(plugins=(str(tmp_path / "parts.py"),)))


def test_a_network_is_built_by_name_with_the_channels_of_the_images(registry):
    assert active_registry() is registry
    assert build_network("tiny", "denoiser").weight.shape == (3, 3, 1, 1)
    assert build_network("tiny[kernel=3]", "denoiser", channels=1).weight.shape == (1, 1, 3, 3)
    assert build_network("tiny[channels=2]", "denoiser", channels=1).weight.shape == (2, 2, 1, 1)


def test_a_network_that_does_not_exist_suggests_one_that_does(registry):
    with pytest.raises(UnknownNameError, match=r"no network 'tini'; did you mean 'tiny'\?"):
        build_network("tini", "denoiser")


def test_a_network_plays_its_roles_and_no_other(registry):
    with pytest.raises(ParameterError, match="network 'sightless' cannot play the role 'denoiser'"):
        build_network("sightless", "denoiser")


def test_what_is_no_network_is_refused(registry):
    with pytest.raises(PluginError, match="network 'nothing' is a NoneType"):
        build_network("nothing", "denoiser")


def test_a_parameter_that_names_a_network_is_checked_when_it_is_read(registry):
    choice = registry.choose("method", "uses-part[denoiser=tiny[kernel=3]]")
    assert choice.label == "uses-part[denoiser=tiny[kernel=3]]"
    assert registry.choose("method", choice.label) == choice
    method = registry.build(choice)
    assert method.denoise(torch.zeros(1, 3, 4, 4)).shape == (1, 3, 4, 4)
    for wrong in ("tini", "sightless", "tiny[kernal=3]"):
        with pytest.raises((UnknownNameError, ParameterError)):
            registry.choose("method", f"uses-part[denoiser={wrong}]")


@pytest.mark.parametrize(
    ("method", "budget", "network"),
    [
        ("uses-part", "quick", "tiny[kernel=3]"),
        ("uses-part", "paper", "tiny"),
        ("uses-part[denoiser=tiny[channels=3]]", "quick", "tiny[channels=3,kernel=3]"),
        ("uses-part[denoiser=tiny[kernel=5]]", "quick", "tiny[kernel=5]"),
    ],
)
def test_the_budget_quick_narrows_the_network_of_a_method(registry, method, budget, network):
    request = Request(methods=method, datasets="camera", metrics="psnr", budget=budget)

    (cell,) = make_plan(request, registry).cells

    assert cell.method.arguments() == {"denoiser": network}
    assert cell.method.label == method


def test_a_change_in_the_sources_of_a_network_changes_the_key(registry, tmp_path):
    def key() -> str:
        request = Request(methods="uses-part", datasets="camera", metrics="psnr")
        return make_plan(request, registry).cells[0].key

    before = key()
    assert key() == before
    (tmp_path / "parts_helper.py").write_text("BIAS = False\n")
    assert key() != before


def test_a_network_that_says_nothing_of_sizes_takes_any_and_may_see_everything():
    network = torch.nn.Identity()
    assert (size_multiple_of(network), receptive_radius_of(network)) == (1, None)
    network.size_multiple, network.receptive_radius = 8, 5
    assert (size_multiple_of(network), receptive_radius_of(network)) == (8, 5)
