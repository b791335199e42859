import subprocess
import sys

import pytest

from harness import Dataset, DatasetSpec, Roots
from harness.plugin.registry import active_registry
from harness.plugin.selector import parse_selector
from harness_datasets.hooks import harness_register_datasets

SPECS = harness_register_datasets()


def by_name(spec: DatasetSpec) -> str:
    return spec.name


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_a_target_is_a_dataset_that_takes_its_parameters(spec, tmp_path):
    registry = active_registry()
    reference = registry.choose("dataset", spec.name)
    rooted = Roots(base=tmp_path.parent, named={spec.name: tmp_path}).rooted(reference, registry)
    assert isinstance(registry.build(rooted), Dataset)


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_what_is_trained_on_by_default_is_announced(spec):
    assert spec.trains_on is None or parse_selector(spec.trains_on).name in map(by_name, SPECS)


def test_announcing_needs_neither_numpy_nor_torch():
    code = (
        "import sys; from harness_datasets.hooks import harness_register_datasets as announce; "
        "announce(); sys.exit(bool({'numpy', 'torch', 'PIL', 'skimage'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
