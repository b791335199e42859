import torch
from torch import nn

from harness import NoisyBatch, Recipe
from harness_nets.self_supervised import SelfSupervisedStage

RECIPE = Recipe(iterations=1, batch_size=1, crop=8, learning_rate=1e-3)


def batch_of(noisy):
    return NoisyBatch(noisy=noisy, image=torch.zeros(len(noisy), dtype=torch.long))


def test_the_loss_is_the_mean_absolute_error_against_the_noisy_images_in_8_bit_intensities():
    noisy = torch.rand(2, 3, 8, 8)
    network = nn.Conv2d(3, 3, 1)

    loss = SelfSupervisedStage(network, RECIPE)(batch_of(noisy))

    torch.testing.assert_close(loss, (255 * network(noisy) - 255 * noisy).abs().mean())


def test_it_learns_from_noisy_images_alone():
    assert SelfSupervisedStage(nn.Identity(), RECIPE).view == "noisy"


def test_the_error_is_taken_in_single_precision_where_the_network_runs_in_half():
    stage = SelfSupervisedStage(nn.Conv2d(3, 3, 1), RECIPE)

    with torch.autocast("cpu", torch.bfloat16):
        loss = stage(batch_of(torch.rand(1, 3, 8, 8)))

    assert loss.dtype == torch.float32
