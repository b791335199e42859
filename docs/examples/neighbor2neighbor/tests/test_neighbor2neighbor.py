"""The contract of a method, and what this one promises beyond it."""

import pytest
import torch
from torch import nn

from harness import NoisyBatch, ParameterError, Recipe
from harness.testing.contracts import MethodContract
from harness_neighbor2neighbor.method import Neighbor2Neighbor, Neighbours
from harness_neighbor2neighbor.sampling import PAIRS, draw_pairs, sub_sample

CELLS = 64


class TestNeighbor2Neighbor(MethodContract):
    name = "neighbor2neighbor[denoiser=unet[width=4,levels=2,tail=4],crop=32]"


@pytest.fixture
def noisy():
    return torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(3))


def test_the_two_sub_images_hold_neighbours_of_the_same_cell():
    rows, columns = torch.meshgrid(torch.arange(8), torch.arange(12), indexing="ij")
    places = torch.stack([rows, columns])[None].double()

    first, second = sub_sample(places, draw_pairs(places))

    cells = torch.stack([rows[::2, ::2], columns[::2, ::2]])[None] // 2
    assert torch.equal(first.floor_divide(2), cells)
    assert torch.equal(second.floor_divide(2), cells)
    assert torch.all((first - second).abs().sum(1) == 1)


def test_every_ordered_pair_of_neighbours_is_drawn_as_often():
    torch.manual_seed(0)
    image = torch.arange(4).reshape(1, 1, 2, 2).repeat(1, 1, CELLS, CELLS)

    first, second = sub_sample(image, draw_pairs(image))

    drawn = torch.bincount((4 * first + second).flatten(), minlength=16)
    pairs = sorted(4 * one + other for one, other in PAIRS)
    assert drawn.nonzero().flatten().tolist() == pairs
    expected = CELLS**2 / len(PAIRS)
    assert (drawn[pairs] - expected).square().sum() / expected < 24.3  # chi-square, p = 0.001


def test_channels_are_taken_from_the_same_place(noisy):
    grey = noisy[:, :1].expand(-1, 3, -1, -1)

    for sub_image in sub_sample(grey, draw_pairs(grey)):
        assert torch.equal(sub_image[:, 0], sub_image[:, 2])


def made_stage(gamma):
    """A stage whose network multiplies the image by a number."""
    recipe = Recipe(iterations=1, batch_size=2, crop=8, learning_rate=1e-3)
    network = nn.Conv2d(3, 3, 1, groups=3, bias=False)
    nn.init.constant_(network.weight, 0.7)
    return Neighbours(network, gamma, recipe)


def loss_of(stage, noisy, full):
    """The loss by the paper's formula; ``full`` is f(y)."""
    torch.manual_seed(5)
    pairs = draw_pairs(noisy)
    (g1, g2), (f1, f2) = sub_sample(noisy, pairs), sub_sample(full, pairs)
    residual = stage.network(g1) - g2
    return (residual**2).mean() + stage.gamma * ((residual - (f1 - f2)) ** 2).mean()


def gradient_of(stage, loss):
    (gradient,) = torch.autograd.grad(loss, stage.network.weight)
    return gradient


def test_the_loss_is_the_formula_and_passes_no_gradient_through_the_whole_image(noisy):
    stage = made_stage(gamma=2.0)
    stage.progress.fill_(1)
    torch.manual_seed(5)
    loss = stage(NoisyBatch(noisy, torch.zeros(2)))

    expected = loss_of(stage, noisy, stage.network(noisy).detach())
    through = loss_of(stage, noisy, stage.network(noisy))
    torch.testing.assert_close(loss, expected)
    gradient = gradient_of(stage, loss)
    torch.testing.assert_close(gradient, gradient_of(stage, expected))
    assert not torch.allclose(gradient, gradient_of(stage, through))


def test_the_regulariser_grows_linearly_with_training():
    stage = made_stage(gamma=2.0)
    weights = []
    for progress in (0, 0.25, 0.5):
        stage.progress.fill_(progress)
        weights.append(float(stage.weight()))
    assert weights == [0, 0.5, 1]


def test_a_crop_whose_half_the_denoiser_cannot_take_is_refused():
    with pytest.raises(ParameterError, match="crop must be a multiple of 8, not 36"):
        Neighbor2Neighbor(denoiser="unet[width=4,levels=2,tail=4]", crop=36)
