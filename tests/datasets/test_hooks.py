import re
import subprocess
import sys
from pkgutil import resolve_name

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


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_a_spec_says_what_there_is_and_on_what_terms(spec):
    for name in ("summary", "images", "groups", "licence"):
        assert getattr(spec, name), name


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.needs_root], ids=by_name)
def test_a_dataset_of_files_says_how_to_get_it_and_draws_its_tree(spec):
    for name in ("size", "obtain"):
        assert getattr(spec, name), name
    if spec.name != "folder":  # of which nobody but its owner knows
        assert spec.homepage.startswith("http")
        assert spec.licence_link.startswith("http")
    text = resolve_name(spec.target).__doc__
    tree = re.search(r"``root``[^.]*::\n\n((?:        .*\n)+)", text)
    assert tree, "its docstring draws no tree of its root"
    assert re.search(r"\.(png|jpg|JPG|tif|mat|MAT|PNG)\b", tree[1])


@pytest.mark.parametrize("spec", SPECS, ids=by_name)
def test_what_else_is_trained_on_can_be_chosen(spec):
    for selector in spec.also_trained_on:
        active_registry().choose("dataset", selector)


def test_announcing_needs_neither_numpy_nor_torch():
    code = (
        "import sys; from harness_datasets.hooks import harness_register_datasets as announce; "
        "announce(); sys.exit(bool({'numpy', 'torch', 'PIL', 'skimage'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
