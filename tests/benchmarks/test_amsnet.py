"""AMSNet against plain forms: its refinement as released, by index in a batch, and its steps."""

import subprocess
import sys

import pytest
import torch
from plain_transformer import plain_restormer
from torch.nn import functional as F

from harness import NoisyBatch
from harness_amsnet.masks import denoise_by_masks
from harness_amsnet.method import AMSNet
from harness_amsnet.stages import drawn_for, total_variation
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up
from harness_nets.refinement import batches_within, mean_over_passes

TIMES = 8
MASKS = 2
PROBABILITY = 0.16
SIDE = 64
MEBIBYTE = 2**20

MEMORY_OF_A_PASS = """
import torch
from harness.evaluation.peak_memory import peak_memory
from harness_amsnet.method import AMSNet

torch.set_num_threads(1)
method = AMSNet(denoiser="restormer[width=8,blocks=[1,1,1,1],refinement=0]", variant="{variant}")
noisy = torch.rand(1, 3, {side}, {side})
with torch.inference_mode():
    print(peak_memory(lambda: method.eval().denoise(noisy), torch.device("cpu")))
"""


def released(denoiser, mixtures, drawn):
    """All copies in one batch; what every mask hides is taken and put back by index."""
    denoised = torch.zeros_like(mixtures)
    for mask in range(MASKS):
        hidden = (drawn == mask).expand_as(mixtures)
        denoised[hidden] = denoiser(mixtures * ~hidden)[hidden]
    return denoised.mean(0, keepdim=True)


@torch.inference_mode()
def test_refinement_one_pass_at_a_time(compare):
    torch.manual_seed(0)
    method = AMSNet(denoiser="restormer[width=8,blocks=[1,1,1,1],refinement=0]").eval()
    noisy, estimate = torch.rand(1, 3, SIDE, SIDE), torch.rand(1, 3, SIDE, SIDE)
    replaced = torch.rand(TIMES, 1, 1, SIDE, SIDE) < PROBABILITY
    drawn = torch.randint(MASKS, (TIMES, 1, SIDE, SIDE))

    def ours():
        return mean_over_passes(
            noisy,
            estimate,
            replaced,
            lambda mixtures, passes: denoise_by_masks(
                method.denoiser, mixtures, drawn[passes], MASKS
            ),
            batches=batches_within(8.0, TIMES, noisy.device),
        )

    def plain():
        return released(method.denoiser, torch.where(replaced[:, 0], noisy, estimate), drawn)

    torch.testing.assert_close(ours(), plain(), atol=1e-5, rtol=1e-5)
    compare(ours, plain, rounds=3)


@pytest.mark.skipif(sys.platform != "linux", reason="the system counts no peak memory")
def test_peak_memory_of_refinement_is_that_of_one_pass(benchmark):
    def peak(variant):
        script = MEMORY_OF_A_PASS.format(variant=variant, side=320)
        output = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        return int(output.stdout) / MEBIBYTE

    refined = benchmark.pedantic(lambda: peak("b-e"), rounds=1)
    unrefined = peak("b")

    benchmark.extra_info["MiB with refinement, 320x320"] = refined
    benchmark.extra_info["MiB without"] = unrefined
    assert refined < 2 * unrefined


def plain_mask_step(stage, noisy):
    """One mask of a plain network; what it hides is taken by index."""
    subimages = pixel_shuffle_down(noisy, stage.stride)
    hidden = (drawn_for(subimages, stage.masks) == 0).expand_as(subimages)
    return F.l1_loss(
        plain_restormer(stage.denoiser, subimages * ~hidden)[hidden], subimages[hidden]
    )


def plain_fine_tuning(stage, noisy):
    """All masks of a plain network; what they hide is taken and put back by index."""
    subimages = pixel_shuffle_down(noisy, stage.stride)
    drawn = drawn_for(subimages, stage.masks)
    estimates = torch.zeros_like(subimages)
    for mask in range(MASKS):
        hidden = (drawn == mask).expand_as(subimages)
        estimates[hidden] = plain_restormer(stage.denoiser, subimages * ~hidden)[hidden]
    denoised = pixel_shuffle_up(estimates, stage.stride)
    return F.l1_loss(denoised, noisy) + stage.smoothness * total_variation(denoised)


@pytest.mark.parametrize(
    ("number", "plain"), [(0, plain_mask_step), (1, plain_fine_tuning)], ids=["mask", "fine-tune"]
)
def test_a_step_of_training(compare, number, plain):
    torch.manual_seed(0)
    method = AMSNet(denoiser="restormer[blocks=[1,1,1,1],refinement=1]")
    stage, noisy = method.stages()[number], torch.rand(1, 3, 80, 80)
    batch = NoisyBatch(noisy=noisy, image=torch.zeros(1, dtype=torch.long))

    def loss(function):
        torch.manual_seed(0)
        return function()

    torch.testing.assert_close(
        loss(lambda: stage(batch)), loss(lambda: plain(stage, noisy)), atol=1e-5, rtol=1e-4
    )
    compare(
        lambda: stage(batch).backward(),
        lambda: plain(stage, noisy).backward(),
        rounds=5,
    )
