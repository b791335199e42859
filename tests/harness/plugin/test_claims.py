"""A claim refers to parameters, and to networks, which have claims of their own."""

import pytest

from harness.errors import PluginError
from harness.plugin.claims import claim_of
from harness.runs.api import load_plugins

FAULTY = """
from harness import MethodSpec, NetworkSpec, hookimpl

@hookimpl
def harness_register_networks():
    return NetworkSpec(name="odd", target="faulty:Odd", summary="s", blind="nearly")

@hookimpl
def harness_register_methods():
    return MethodSpec(name="off", target="faulty:Off", summary="s", blind="{width}x{width}")

class Off:
    def __init__(self, size: int = 3):
        pass
"""


@pytest.fixture
def leaky(toys):
    return load_plugins(str(toys.with_name("leaky.py")))


def claimed(registry, kind, selector):
    claim = claim_of(registry, registry.choose(kind, selector))
    return claim and claim.text


def test_parameters_in_braces_are_their_values(leaky):
    assert claimed(leaky, "network", "window") == "3x3"
    assert claimed(leaky, "network", "window[size=7]") == "7x7"
    assert claimed(leaky, "method", "learner[stride=4]") == "1x1 stride 4"


def test_a_parameter_that_names_a_network_is_that_networks_claim(leaky):
    assert claimed(leaky, "method", "echo") == "1x1"
    assert claimed(leaky, "method", "echo[network=window[size=5]]") == "5x5"
    assert claimed(leaky, "method", "echo[network=unsaid]") is None


def test_a_spec_without_a_claim_claims_nothing(leaky):
    assert claimed(leaky, "network", "unsaid") is None


def test_a_claim_that_cannot_be_read_leaves_the_plugin_out(tmp_path):
    (tmp_path / "faulty.py").write_text(FAULTY)
    registry = load_plugins(str(tmp_path / "faulty.py"))
    assert any(
        "returned network 'odd', which claims to be blind to 'nearly'" in str(problem)
        for problem in registry.problems
    )


def test_a_claim_refers_to_parameters_that_there_are(tmp_path):
    (tmp_path / "faulty.py").write_text(
        FAULTY.replace("class Off:", "class Off(Method):").replace(
            "import MethodSpec", "import Method, MethodSpec"
        )
    )
    registry = load_plugins(str(tmp_path / "faulty.py"))
    with pytest.raises(PluginError, match="refers to the parameter 'width' in blind without"):
        registry.choose("method", "off")
