import subprocess
import sys

import pytest

from harness import Dataset, DatasetSpec
from harness.plugin.registry import active_registry
from harness.plugin.selector import parse_selector
from harness_datasets.hooks import harness_register_datasets

SPECS = harness_register_datasets()


def by_name(spec: DatasetSpec) -> str:
    return spec.name


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_a_target_is_a_dataset_that_takes_its_parameters(spec, tmp_path):
    choice = active_registry().choose("dataset", spec.name)
    root = {"root": tmp_path} if spec.needs_root else {}
    dataset = active_registry().load(choice)(**choice.parameters(), **root)
    assert isinstance(dataset, Dataset)


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_what_is_trained_on_by_default_is_announced(spec):
    assert spec.trains_on is None or parse_selector(spec.trains_on).name in map(by_name, SPECS)


def test_announcing_needs_neither_numpy_nor_torch():
    code = (
        "import sys; from harness_datasets.hooks import harness_register_datasets as announce; "
        "announce(); sys.exit(bool({'numpy', 'torch', 'PIL', 'skimage'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
