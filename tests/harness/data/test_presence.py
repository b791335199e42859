"""What there is of a dataset on this machine, found without reading a pixel."""

import numpy as np
import pytest

from harness import write_image
from harness.data.prepared import INDEX, store_folder
from harness.data.preparing import prepare_split
from harness.data.presence import state_of_dataset, states
from harness.data.roots import Roots
from harness.errors import UsageError
from harness.plugin.registry import load_registry


@pytest.fixture(scope="module")
def registry():
    return load_registry()


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)


@pytest.fixture
def images(tmp_path):
    for name in ("a", "b"):
        write_image(tmp_path / "images" / f"{name}.png", np.zeros((8, 8, 3), np.uint8))
    return tmp_path / "images"


def test_every_dataset_has_a_state_also_where_a_folder_cannot_be_read(registry, tmp_path):
    (tmp_path / "polyu").mkdir()
    found = {each.name: each for each in states(registry, Roots(base=tmp_path))}
    assert found.keys() == {entry.spec.name for entry in registry.entries("dataset")}
    assert found["polyu"].state == "not here"
    assert found["polyu"].folder == tmp_path / "polyu"
    assert found["camera"].words == "needs nothing"


def test_a_home_folder_that_nobody_has_is_told_of_the_dataset_alone(registry):
    found = {each.name: each for each in states(registry, Roots({"polyu": "~nobody-here/x"}))}
    assert found["polyu"].problem.startswith("cannot find the home folder in ~nobody-here/x")
    assert found["cc15"].problem == "no folder is known"


def test_a_dataset_is_whole_or_part_of_it(registry, tmp_path):
    for half in ("real", "mean"):
        write_image(tmp_path / f"d800_iso1600_1_{half}.png", np.zeros((8, 8, 3), np.uint8))
    cc15 = registry.choose("dataset", "cc15")
    state = state_of_dataset(registry, cc15, Roots({"cc15": tmp_path}))
    assert (state.state, state.words, state.origin) == ("partial", "partial (1 of 15)", "flag")


def test_splits_that_are_prepared_or_were_begun_are_named(registry, images):
    folder = registry.choose("dataset", "folder")
    roots = Roots({"folder": images})
    assert state_of_dataset(registry, folder, roots).prepared == ()
    prepare_split(registry, roots.rooted(folder, registry), "test")
    assert state_of_dataset(registry, folder, roots).prepared == ("test",)
    (store_folder(folder, "test") / INDEX).unlink()
    state = state_of_dataset(registry, folder, roots)
    assert (state.prepared, state.interrupted) == ((), ("test",))


def test_a_broken_configuration_is_no_state_of_a_dataset(registry, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "config.toml").write_text("[roots")
    with pytest.raises(UsageError, match=r"^cannot read the configuration "):
        states(registry, Roots())
