"""What a fit and a cell draw, whatever this process drew before."""

import random
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch

from harness.results.names import job_folder
from harness.runs.api import load_plugins, plan
from harness.runs.request import Request
from harness.worker.cell import test as carry_out_cell
from harness.worker.fit import train

TOYS = Path(__file__).parents[2] / "toys"

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


def disturb(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def results(root: Path, disturbance: int, seed: int = 0) -> tuple[str, float]:
    """The digest of the weights, and the score."""
    registry = load_plugins(str(TOYS / "drawing.py"), str(TOYS / "toys.py"))
    request = Request(
        methods="drawing", datasets="scenes", metrics="psnr", device="cpu", seeds=[seed]
    )
    (cell,) = plan(request, registry).cells
    assert cell.fit
    folders = {job.kind: job_folder(root, job.kind, job.key) for job in (cell.fit, cell)}
    for folder in folders.values():
        folder.mkdir(parents=True)
    disturb(disturbance)
    fit = train(cell.fit, folders["fit"], registry, Event())
    disturb(disturbance)
    (score,) = carry_out_cell(cell, folders["cell"], registry).scores
    return fit.files["weights.safetensors"], score.value


def test_all_generators_are_seeded_before_a_method_is_made_and_looks_and_denoises(tmp_path):
    first = results(tmp_path / "first", 1)

    assert results(tmp_path / "second", 2) == first
    other = results(tmp_path / "other", 1, seed=1)
    assert other[0] != first[0]
    assert other[1] != first[1]


def test_a_fit_draws_what_the_pixels_say_however_they_are_made(tmp_path):
    registry = load_plugins(str(TOYS / "drawing.py"), str(TOYS / "toys.py"))
    request = Request(methods="drawing", datasets="scenes", metrics="psnr", device="cpu")
    planned = plan(request, registry).cells[0].fit
    assert planned

    def weights(content: str, fingerprint: str) -> str:
        data = replace(planned.data, content=content, fingerprint=fingerprint)
        folder = tmp_path / f"{content}-{fingerprint}"
        folder.mkdir()
        fit = train(replace(planned, data=data), folder, registry, Event())
        return fit.files["weights.safetensors"]

    assert weights("pixels", "made so") == weights("pixels", "made otherwise")
    assert weights("", "made so") != weights("", "made otherwise")
