"""A number does not depend on what else a run measures, in which order, or how often."""

import numpy as np

import harness
from harness import Request, load_plugins
from harness.results.names import WEIGHTS, job_folder
from harness.util.files import digest_of

DRAWS = """
import torch

from harness import Method, MethodSpec, hookimpl


@hookimpl
def harness_register_methods():
    return MethodSpec(name="draws", target="draws:Draws", summary="s")


class Draws(Method):
    def denoise(self, noisy):
        return noisy + 0.01 * torch.randn_like(noisy)
"""


def test_two_runs_with_other_companions_order_metrics_and_repeats_are_bit_identical(tmp_path, toys):
    """What is compared: trained weights, every image's score, and the images that are kept."""
    (tmp_path / "draws.py").write_text(DRAWS)
    registry = load_plugins(str(toys), str(tmp_path / "draws.py"))

    def measured(name, **asked):
        run = harness.run(
            Request(datasets="scenes", budget="3it", device="cpu", out=tmp_path / name, **asked),
            registry,
        )
        numbers = {}
        for cell in (cell for cell in run.cells if cell.method in ("toy", "draws")):
            folder = job_folder(tmp_path / name, "cell", cell.key)
            numbers[cell.method] = (
                [score.value for score in cell.scores if score.metric == "psnr"],
                {path.name: digest_of(path) for path in sorted(folder.rglob("*.png"))},
            )
        weights = {
            fit.method: digest_of(job_folder(tmp_path / name, "fit", fit.key) / WEIGHTS)
            for fit in run.fits
        }
        return numbers, weights["toy"]

    alone = measured("alone", methods="toy,draws", metrics="psnr")
    beside = measured(
        "beside",
        methods="identity,toy[width=3],draws,toy",
        metrics="latency[size=32],ssim,parameters,psnr,psnr-float",
    )

    assert alone == beside
    (values, images) = alone[0]["draws"]
    assert np.isfinite(values).all()
    assert images
