"""Random-replacing refinement in batches, beside the same passes one after another."""

from statistics import median
from time import perf_counter

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from harness_nets.refinement import random_replacing_refinement

TIMES = 8
PROBABILITY = 0.16
WIDTH = 32


def one_after_another(noisy, initial, denoise, generator):
    refined = []
    for _ in range(TIMES):
        replaced = torch.rand(noisy.shape, generator=generator) < PROBABILITY
        mixture = torch.where(replaced, noisy, initial)
        refined.append(denoise(F.pad(mixture, [2] * 4, mode="reflect"))[..., 2:-2, 2:-2])
    return torch.stack(refined).mean(0)


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, WIDTH, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(WIDTH, 3, 1),
    ).to(memory_format=torch.channels_last)


@pytest.mark.parametrize("threads", [1, "all"])
@pytest.mark.parametrize("side", [64, 256])
@torch.no_grad()
def test_refinement_in_batches_against_one_pass_after_another(benchmark, side, threads):
    denoise = network()
    noisy, initial = torch.rand(1, 3, side, side), torch.rand(1, 3, side, side)
    plain, batched = [], []
    before = torch.get_num_threads()

    def both():  # in turn, so that both see the same machine
        start = perf_counter()
        expected = one_after_another(noisy, initial, denoise, torch.Generator().manual_seed(0))
        middle = perf_counter()
        refined = random_replacing_refinement(
            noisy, initial, denoise, generator=torch.Generator().manual_seed(0)
        )
        batched.append(perf_counter() - middle)
        plain.append(middle - start)
        torch.testing.assert_close(refined, expected)

    try:
        torch.set_num_threads(torch.multiprocessing.cpu_count() if threads == "all" else threads)
        benchmark.pedantic(both, rounds=7, warmup_rounds=1)
    finally:
        torch.set_num_threads(before)

    benchmark.extra_info["milliseconds, one after another"] = 1e3 * median(plain)
    benchmark.extra_info["milliseconds, in batches"] = 1e3 * median(batched)
    benchmark.extra_info["in batches / one after another"] = median(batched) / median(plain)
