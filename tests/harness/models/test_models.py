"""A model is a file: exported from a real run, read without PyTorch, loaded, and tested again."""

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import harness
from harness.data.images import read_image
from harness.errors import DataError, UnknownNameError, UsageError
from harness.methods.weights import save_model
from harness.models.export import choose_fit, export_model
from harness.models.model import load_model
from harness.results import model as model_module
from harness.results.model import read_model_header
from harness.results.names import WEIGHTS
from harness.runs.folder import load_run

METHODS = "toy,toy[stages=2],identity"


@pytest.fixture(scope="module")
def registry(toys_file):
    return harness.load_plugins(str(toys_file))


@pytest.fixture(scope="module")
def toys_file():
    return Path(__file__).parents[2] / "toys" / "toys.py"


@pytest.fixture(scope="module")
def run(tmp_path_factory, registry):
    """A run of two trained methods, two seeds, and one that does not train."""
    request = harness.Request(
        methods=METHODS,
        datasets="scenes",
        metrics="psnr,parameters",
        seeds=(0, 1),
        out=tmp_path_factory.mktemp("models") / "runs",
    )
    return harness.run(request, registry)


@pytest.fixture
def exported(run, registry, tmp_path):
    path = tmp_path / "toy.safetensors"
    export_model(run, choose_fit(run, "toy", seed=1), path, registry, licence="CC0")
    return path


def test_a_model_says_what_it_is_and_how_it_was_trained(run, exported):
    header = read_model_header(exported)
    fit = choose_fit(run, "toy", seed=1)
    assert header.method == fit.job.method
    assert header.method.narrowed == {"width": "2"}
    assert header.parameters == fit.parameters
    assert (header.seed, header.view, header.budget) == (1, "noisy", "quick")
    assert (header.trained_on, header.train_split) == ("scenes", "train")
    assert header.stages == fit.stages
    assert header.trained_parameters == fit.trained_parameters
    assert (header.licence, header.channels) == ("CC0", 3)
    (psnr, parameters) = header.scores
    cell = next(each for each in run.cells if each.job.fit and each.job.fit.key == fit.key)
    assert (psnr.dataset, psnr.split, psnr.score) == ("scenes", "test", "PSNR (8bit)")
    assert (psnr.value, psnr.unit) == (cell.scores[0].value, "dB")
    assert parameters.value == cell.scores[1].value


def test_a_header_is_read_without_pytorch(exported):
    code = (
        "import sys; from pathlib import Path; from harness.results.model import *;"
        f"print(read_model_header(Path({str(exported)!r})).method.label, 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "toy False\n"


def test_a_model_denoises_bit_for_bit_as_in_the_run(run, exported, registry):
    fit = choose_fit(run, "toy", seed=1)
    cell = next(each for each in run.cells if each.job.fit and each.job.fit.key == fit.key)
    sample = registry.build(registry.choose("dataset", "scenes")).samples("test")[0]
    expected = read_image(harness.pictures_of(run, cell, sample.name).denoised)
    denoised = load_model(exported, registry).denoise(sample.noisy(), sample.name)
    assert np.array_equal(denoised, expected)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("size", [(1, 1), (7, 33), (64, 48)])
def test_an_array_comes_back_in_its_own_shape_and_type(exported, registry, kind, size):
    white = 1.0 if np.issubdtype(kind, np.floating) else np.iinfo(kind).max
    image = (np.random.default_rng(0).random((*size, 3)) * white).astype(kind)
    denoised = load_model(exported, registry).denoise(image)
    assert (denoised.shape, denoised.dtype) == (image.shape, image.dtype)
    assert denoised.max() > white / 4


def test_depths_agree_within_their_rounding(exported, registry):
    model = load_model(exported, registry)
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    of_floats = model.denoise(image / 255)
    assert np.abs(model.denoise(image) - of_floats.clip(0, 1) * 255).max() <= 0.5001
    deep = model.denoise(image.astype(np.uint16) * 257)
    assert np.abs(deep / 257 - of_floats.clip(0, 1) * 255).max() <= 0.01


def test_grey_images_are_denoised_with_and_without_an_axis_of_channels(tmp_path, registry):
    made = registry.build(registry.choose("method", "toy"), 1)
    header = replace(
        _header(registry), parameters=registry.arguments(registry.choose("method", "toy"), 1)
    )
    path = _written(tmp_path, made, header)
    model = load_model(path, registry)
    flat = np.random.default_rng(0).random((9, 8)).astype(np.float32)
    assert np.array_equal(model.denoise(flat), model.denoise(flat[..., None])[..., 0])


def test_a_caller_keeps_its_random_numbers(exported, registry):
    def draws():
        return random.random(), np.random.rand(), float(torch.rand(()))

    model = load_model(exported, registry)
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    expected = draws()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(5)
    model.denoise(np.zeros((8, 8, 3), np.uint8))
    assert draws() == expected


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((8, 8), np.uint8), "3 channels, and this one has 1"),
        (np.zeros((8, 8, 4), np.uint8), r"this is of shape \(8, 8, 4\)"),
        (np.full((8, 8, 3), np.nan), "infinite or NaN"),
        (np.zeros((8, 8, 3), np.int64), "of type int64"),
    ],
)
def test_what_is_no_image_for_it_is_refused(exported, registry, image, message):
    with pytest.raises(DataError, match=message):
        load_model(exported, registry).denoise(image)


def test_a_model_is_tested_again_without_its_parameters(run, exported, registry, tmp_path):
    request = harness.Request(
        methods="toy", datasets="scenes", metrics="psnr", weights={"toy": exported}, out=tmp_path
    )
    again = harness.run(request, registry)
    fit = choose_fit(run, "toy", seed=1)
    (before,) = (c for c in run.cells if c.job.fit and c.job.fit.key == fit.key)
    (cell,) = again.cells
    assert (cell.status, cell.method, cell.weights) == ("done", "toy", exported.name)
    assert cell.parameters == before.parameters
    assert cell.scores[0].value == before.scores[0].value


def test_weights_of_another_method_or_with_other_parameters_are_refused(exported, registry):
    for asked in ("supervised", "toy[width=5]"):
        request = harness.Request(methods=asked, datasets="scenes", weights={asked: exported})
        with pytest.raises(UsageError, match=r"this model is of toy\[width=2\]"):
            harness.plan(request, registry)


def test_a_fit_is_chosen_by_label_dataset_and_seed(run):
    assert choose_fit(run, "toy[stages=2]").job.method.parameters["stages"] == 2
    assert choose_fit(run, "toy", "scenes", 1).seed == 1


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (("toi",), "no trained method 'toi'; did you mean 'toy'"),
        (("identity",), "no trained method 'identity'; it has toy, toy"),
        (("toy", "camera"), "has not tested toy on 'camera'"),
        (("toy", "", 7), "no toy of seed 7; it has 0, 1"),
    ],
)
def test_a_fit_that_is_not_there_is_said_with_those_that_are(run, chosen, message):
    with pytest.raises((UnknownNameError, UsageError), match=message):
        choose_fit(run, *chosen)


def test_weights_that_are_not_those_of_the_run_are_not_exported(run, registry, tmp_path):
    fit = choose_fit(run, "toy[stages=2]")
    weights = run.folder_of(fit) / WEIGHTS
    content = weights.read_bytes()
    try:
        weights.write_bytes(content[:-1] + b"\x00")
        with pytest.raises(DataError, match="damaged, or no longer of this run"):
            export_model(run, fit, tmp_path / "x.safetensors", registry)
        weights.unlink()
        with pytest.raises(DataError, match="the weights of this run are gone"):
            export_model(run, fit, tmp_path / "x.safetensors", registry)
    finally:
        weights.write_bytes(content)
    assert not (tmp_path / "x.safetensors").exists()


def test_a_model_of_a_newer_harness_says_so(run, registry, tmp_path, monkeypatch):
    from harness.methods import weights

    path = tmp_path / "newer.safetensors"
    monkeypatch.setattr(weights, "MODEL_SCHEMA", model_module.MODEL_SCHEMA + 1)
    export_model(run, choose_fit(run, "toy"), path, registry)
    with pytest.raises(
        DataError, match=r"written by a newer harness .*version 2, this one reads 1"
    ):
        read_model_header(path)


def test_a_model_of_a_missing_plugin_says_which(exported):
    with pytest.raises(DataError, match=r"needs the method toy\[width=2\] of the plugin toys"):
        load_model(exported, harness.load_plugins())


def test_a_model_of_changed_sources_says_so_and_is_loaded(exported, registry, caplog):
    header = read_model_header(exported)
    changed = replace(header, method=replace(header.method, sources="0" * 64))
    save_model(exported, changed, exported)
    with caplog.at_level("WARNING", "harness"):
        model = load_model(exported, registry)
    assert "sources of method toy changed since the model" in caplog.text
    assert model.denoise(np.zeros((8, 8, 3), np.uint8)).shape == (8, 8, 3)


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_a_truncated_model_is_refused_in_one_line(exported, registry, length):
    exported.write_bytes(exported.read_bytes()[:length])
    with pytest.raises(DataError, match=r"cannot read the model .*toy\.safetensors: [^\n]+$"):
        load_model(exported, registry)


def test_mutated_models_never_fail_in_another_way(exported, registry):
    """Of a hundred mutations each is refused in one line, or changes nothing but numbers."""
    content = exported.read_bytes()
    chance = random.Random(0)
    image = np.zeros((8, 8, 3), np.float32)
    for _ in range(100):
        mutated = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            mutated[chance.randrange(len(mutated))] = chance.randrange(256)
        exported.write_bytes(bytes(mutated))
        said = ""
        try:
            load_model(exported, registry).denoise(image)
        except harness.HarnessError as error:
            said = str(error)
        assert "\n" not in said


def test_published_weights_are_no_model(tmp_path, registry):
    from safetensors.torch import save_file

    path = tmp_path / "published.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    assert read_model_header(path) is None
    with pytest.raises(DataError, match="is no model that harness export wrote"):
        load_model(path, registry)
    with pytest.raises(DataError, match="there is no model file"):
        load_model(tmp_path / "gone.safetensors", registry)


def test_the_commands_export_show_and_test_again(run, in_process, toys_file, tmp_path):
    path = tmp_path / "here.safetensors"
    plugin = ("--plugin", str(toys_file))
    export = ("export", str(run.folder), *plugin, "--method", "toy", "--out", str(path))
    assert in_process(*export)[:2] == (0, f"{path}  toy trained on scenes, seed 0\n")
    code, _, said = in_process(*export)
    assert (code, "is there already: say another --out, or --force" in said) == (2, True)
    assert in_process(*export, "--force")[0] == 0

    code, shown, _ = in_process("show", str(path))
    assert code == 0
    for text in ("toy[width=2]", "scenes, split train", "PSNR (8bit)", "not stated"):
        assert text in shown
    data = json.loads(in_process("show", str(path), "--json")[1])
    assert data["model"]["method"]["name"] == "toy"

    again = in_process(
        "run", *plugin, "--weights", str(path), "--datasets", "scenes", "--out", str(tmp_path / "r")
    )
    assert again[0] == 0
    (cell,) = load_run(tmp_path / "r" / "latest").cells
    assert (cell.method, cell.weights) == ("toy", "here.safetensors")


def _header(registry):
    method = registry.choose("method", "toy")
    return harness.ModelHeader(
        method=method,
        parameters={},
        seed=0,
        trained_on="x",
        train_split="train",
        budget="1it",
        libraries={},
    )


def _written(tmp_path, method, header):
    from harness.methods.weights import save_weights

    weights = tmp_path / "weights.safetensors"
    save_weights(method, weights, dict(header.parameters))
    save_model(weights, header, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"
