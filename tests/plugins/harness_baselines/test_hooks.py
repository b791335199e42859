import inspect

import pytest

from harness_baselines.hooks import harness_register_methods
from harness_baselines.n2c import NoiseToClean
from harness_baselines.n2v import Noise2Void


@pytest.mark.parametrize(("name", "method"), [("n2c", NoiseToClean), ("n2v", Noise2Void)])
def test_the_specs_state_the_defaults_of_the_methods(name, method):
    (spec,) = (spec for spec in harness_register_methods() if spec.name == name)
    signature = inspect.signature(method).parameters

    assert {p.name: p.default for p in spec.parameters} == {
        name: parameter.default for name, parameter in signature.items()
    }
    assert set(spec.quick) <= set(signature)
