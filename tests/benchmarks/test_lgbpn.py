"""LG-BPN against plain forms: the kernel shift by sampling every tap, and a step of training."""

import os
from time import perf_counter

import pytest
import torch
from plain_transformer import plain_blocks
from torch import Tensor
from torch.nn import functional as F

from harness_lgbpn.convolution import PatchMaskedConv2d
from harness_lgbpn.network import Branch, LocalGlobalNetwork
from harness_nets.layers import UNITS
from harness_nets.pixel_shuffle import pixel_shuffle_mosaic_down, pixel_shuffle_mosaic_up

SIDE = 128
ROUNDS = 5


def deformed(features: Tensor, weight: Tensor, bias: Tensor, ratio: float) -> Tensor:
    """The convolution as a deformable one computes it: four gathers per tap, then a product."""
    height, width = features.shape[-2:]
    size = weight.shape[-1]
    receptive_radius = size // 2
    padded = F.pad(features, [receptive_radius + 1] * 4, mode="reflect")
    flat = padded.flatten(2)
    row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    out = bias.view(1, -1, 1).expand(len(features), -1, height * width).clone()
    for tap in range(size * size):
        down = row + receptive_radius + 1 + ratio * (tap // size - receptive_radius)
        right = column + receptive_radius + 1 + ratio * (tap % size - receptive_radius)
        top, left = down.floor(), right.floor()
        read = torch.zeros(*features.shape[:2], height * width)
        for corner_row in (top, top + 1):
            for corner_column in (left, left + 1):
                share = (1 - (down - corner_row).abs()) * (1 - (right - corner_column).abs())
                index = (corner_row * padded.shape[-1] + corner_column).long()
                read += share.flatten() * flat[..., index.flatten()]
        out += weight[:, :, tap // size, tap % size] @ read
    return out.unflatten(2, (height, width))


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, os.cpu_count()], ids=["one thread", "all threads"])
@pytest.mark.parametrize(("size", "ratio"), [(9, 0.72), (21, 0.80)])
def test_the_merged_kernel_against_a_deformable_convolution(benchmark, size, ratio, threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    convolution = PatchMaskedConv2d(24, 128, size, dilation=1 if size == 9 else 2)
    features = torch.rand(1, 24, SIDE, SIDE)
    weight, bias = convolution.weight.detach(), convolution.bias.detach()

    @torch.no_grad()
    def merge() -> Tensor:
        convolution._shrunken.clear()  # the kernel is merged anew, as for the first image
        return convolution.shrunken(features, ratio)

    with torch.no_grad():
        start = perf_counter()
        expected = deformed(features, weight, bias, ratio)
        gathering = perf_counter() - start
    torch.testing.assert_close(merge(), expected, atol=1e-4, rtol=0)
    benchmark.pedantic(merge, rounds=ROUNDS)

    torch.set_num_threads(before)
    benchmark.extra_info["threads"] = threads
    benchmark.extra_info["seconds, deformable"] = gathering
    if benchmark.enabled:  # not side by side with other tests
        benchmark.extra_info["deformable / merged"] = gathering / benchmark.stats.stats.median


def test_the_gradient_of_a_dilated_kernel_on_one_thread_against_channels_last(benchmark):
    """A training step of the global branch's first layer, narrowed as the budget quick has it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    convolution = PatchMaskedConv2d(8, 16, 21, dilation=2)
    features = torch.rand(2, 8, 80, 80).to(memory_format=torch.channels_last)
    kernel = (convolution.weight * convolution.mask)[..., ::2, ::2].detach().requires_grad_()
    padded = F.pad(features, [10] * 4, mode="reflect").to(memory_format=torch.channels_last)

    start = perf_counter()
    F.conv2d(padded.requires_grad_(), kernel, dilation=2).sum().backward()
    last = perf_counter() - start
    benchmark.pedantic(
        lambda: convolution(features.requires_grad_()).sum().backward(), rounds=ROUNDS
    )

    torch.set_num_threads(before)
    if benchmark.enabled:  # not side by side with other tests
        ratio = last / benchmark.stats.stats.median
        benchmark.extra_info["channels last / contiguous"] = ratio


def plain_branch(branch: Branch, features: Tensor) -> Tensor:
    """All taps of the masked kernel are computed, and blocks are those of the plain transformer."""
    dense = branch.Maskconv
    padded = F.pad(features, [dense.kernel_size[0] // 2] * 4, mode="reflect")
    seen = F.conv2d(padded, dense.weight * dense.mask, dense.bias)
    stride, border = branch.passes.train.stride, branch.design.border_in_training
    mosaic = pixel_shuffle_mosaic_down(seen, stride, border)
    if branch.design.body == "conv":
        refined = branch.body(mosaic)
    else:
        refined = branch.body.output(plain_blocks(branch.body.encoder_level1, mosaic))
    return pixel_shuffle_mosaic_up(refined, stride, border)


def plain_network(network: LocalGlobalNetwork, noisy: Tensor) -> Tensor:
    features = network.head(UNITS * noisy)
    seen = [plain_branch(branch, features) for branch in network.branches]
    return network.tail(torch.cat(seen, dim=1)) / UNITS


def test_a_step_of_training_at_full_width(compare):
    torch.manual_seed(0)
    network, noisy = LocalGlobalNetwork(blocks=3, transformer_blocks=2), torch.rand(1, 3, 60, 60)

    with torch.no_grad():
        torch.testing.assert_close(network(noisy), plain_network(network, noisy))
    compare(
        lambda: network(noisy).abs().mean().backward(),
        lambda: plain_network(network, noisy).abs().mean().backward(),
        rounds=5,
    )
