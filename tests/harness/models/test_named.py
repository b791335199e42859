"""Models that come along with a plugin are found by their name, wherever a file would be."""

import logging
from pathlib import Path

import numpy as np
import pytest
from made_models import write_model

import harness
from harness.errors import DataError, UsageError
from harness.models.named import default_model, model_file
from harness.plugin.registry import LoadSettings, load_registry

TOYS = Path(__file__).parents[2] / "toys" / "toys.py"

PLUGIN = """
from pathlib import Path
from harness import ModelSpec, hookimpl

@hookimpl
def harness_register_models():
    target = f"{__name__}:path"
    return [
        ModelSpec(name=name, target=target, summary="A toy.", default=name != "third")
        for name in NAMES
    ]

def path():
    return Path(FILE)
"""


@pytest.fixture
def model(tmp_path):
    """A model of a toy, of sources that are no longer those of the toy."""
    path = tmp_path / "model.safetensors"
    write_model(path, harness.load_plugins(str(TOYS)), sources="other")
    return path


@pytest.fixture
def bringing(tmp_path, model):
    """A registry of the toys and of a plugin that brings the model under some names."""

    def load(*names, file=model):
        plugin = tmp_path / f"brings_{'_'.join(names)}.py"  # a module is imported once
        plugin.write_text(f"NAMES, FILE = {names!r}, {str(file)!r}\n{PLUGIN}")
        return load_registry(LoadSettings(plugins=("no:baselines", str(TOYS), str(plugin))))

    return load


def test_a_name_stands_for_the_file_of_its_plugin_and_all_else_for_a_path(bringing, model):
    registry = bringing("mine")
    assert model_file("mine", registry) == model
    assert model_file("./mine", registry) == Path("mine")
    assert model_file("other.safetensors", registry) == Path("other.safetensors")


def test_a_model_is_loaded_by_its_name_as_by_its_path(bringing, model):
    registry = bringing("mine")
    noisy = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    named, filed = (harness.load_model(each, registry) for each in ("mine", model))
    assert np.array_equal(named.denoise(noisy), filed.denoise(noisy))


def test_changed_sources_are_said_unless_the_plugin_of_the_method_brings_the_model(
    bringing, model, caplog, monkeypatch
):
    registry = bringing("mine")
    with caplog.at_level(logging.WARNING):
        harness.load_model("mine", registry)
        assert "the sources of method toy changed" in caplog.text
        caplog.clear()
        monkeypatch.setattr("harness.models.model.plugin_of", lambda *_: "toys")
        harness.load_model("mine", registry)
        assert not caplog.text


def test_a_name_without_a_file_is_said_in_a_line(bringing, tmp_path):
    registry = bringing("mine", file=tmp_path / "gone.safetensors")
    with pytest.raises(
        DataError,
        match=r"^the model mine of plugin 'brings_mine' has no file: .*gone.safe",
    ):
        model_file("mine", registry)


def test_there_is_one_default_or_none(bringing):
    assert default_model(bringing("third")) == ""
    assert default_model(bringing("first", "third")) == "first"
    with pytest.raises(UsageError, match=r"^several models are the default, so say --model: f"):
        default_model(bringing("first", "second"))
