import numpy as np
import pytest
from made_records import ready

from harness.data.dataset import Sample
from harness.evaluation import Subject, evaluate
from harness.methods.method import Method
from harness.metrics.hooks import harness_register_metrics
from harness.metrics.psnr import psnr
from harness.metrics.ssim import ssim

SPECS = {spec.name: spec for spec in harness_register_metrics()}


class Identity(Method):
    def denoise(self, noisy):
        return noisy


@pytest.fixture(scope="module")
def blocks():
    pixels = np.random.default_rng(0).integers(0, 256, (65, 256, 256, 3), np.uint8)
    return [
        Sample(
            name=str(index),
            scene=str(index),
            noisy=lambda index=index: pixels[index],
            clean=lambda index=index: pixels[index + 1],
        )
        for index in range(64)
    ]


def test_64_blocks_are_scored(benchmark, blocks):
    metrics = [
        ready(SPECS["psnr"], psnr),
        ready(SPECS["ssim"], ssim, protocol="skimage"),
    ]

    evaluation = benchmark.pedantic(
        evaluate, args=(Subject(Identity()), blocks, metrics), rounds=3, warmup_rounds=1
    )

    assert [score.count for score in evaluation.scores] == [64, 64]
