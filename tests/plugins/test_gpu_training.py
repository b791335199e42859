"""The benchmark of training on a GPU counts right, and says what it could not measure."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NARROW = "n2v[crop=16,batch_size=1,denoiser=unet[width=2,levels=1,tail=2]]"


@pytest.fixture
def benchmark_of(monkeypatch):
    """Imports a module of the folder of benchmarks."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield import_module
    for name in ("gpu_training", "training_steps"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("fresh_accelerate")
def test_every_row_is_measured_or_says_why_not(benchmark_of, monkeypatch, tmp_path):
    steps, out = benchmark_of("training_steps"), tmp_path / "rows.jsonl"
    monkeypatch.setattr(steps, "PRODUCT_SIDE", {"cpu": 8})
    options = ["--device", "cpu", "--precisions", "fp32,int8", "--compiled", "", "--out", str(out)]

    done = CliRunner().invoke(benchmark_of("gpu_training").main, [*options, "--methods", NARROW])

    assert done.exit_code == 0, done.output
    about, measured, failed = map(json.loads, out.read_text().splitlines())
    assert about["peaks"]["fp32"] > 0
    assert measured["milliseconds"] > 0
    assert measured["gigaflop"] > 0
    assert measured["share"] > 0
    assert measured["stage"] == "masking"
    assert not measured["error"]
    assert failed["milliseconds"] is None
    assert failed["error"]


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_a_step_of_a_convolution_takes_three_times_its_pass(benchmark_of, kind, groups):
    counter = benchmark_of("training_steps").new_counter()
    with counter:
        kind(8, 4, 3, groups=groups)(torch.rand(2, 8, 5, 5, requires_grad=True)).sum().backward()

    pixels = 2 * (5 * 5 if kind is nn.ConvTranspose2d else 3 * 3)
    assert counter.get_total_flops() == 3 * 2 * pixels * 3 * 3 * 8 * 4 // groups
