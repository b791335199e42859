"""Known receptive fields are measured as they are."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from harness.testing.receptive_field import (
    NoGradientError,
    influence,
    reach_of,
    receptive_field,
    wake,
)


def masked(hidden, radius=1, dilation=1):
    """A convolution that hides the offsets of a mask, 1 where hidden."""
    kernel = torch.rand(3, 3, 2 * radius + 1, 2 * radius + 1, dtype=torch.float64) + 0.5
    for row, column in hidden:
        kernel[..., radius + row, radius + column] = 0
    return lambda noisy: F.conv2d(noisy, kernel, padding=radius * dilation, dilation=dilation)


def square(radius):
    steps = range(-radius, radius + 1)
    return [(row, column) for row in steps for column in steps]


def test_a_convolution_with_a_masked_centre_is_blind_to_its_pixel_and_reaches_one():
    field = receptive_field(masked([(0, 0)]), 32)
    assert str(field.patch) == "1x1"
    assert (field.reach, field.leak, field.others, field.step) == (1, 0, 0, 1)
    assert field.lattice is None
    assert not field.sees_all


def test_an_ordinary_convolution_is_blind_to_nothing():
    field = receptive_field(masked([]), 32)
    assert (field.patch, field.lattice, field.reach) == (None, None, 1)


def test_a_square_is_told_from_a_diamond():
    diamond = [(row, column) for row, column in square(2) if abs(row) + abs(column) <= 2]
    assert str(receptive_field(masked(square(2), 3), 32).patch) == "5x5"
    assert str(receptive_field(masked(diamond, 3), 32).patch) == "diamond 2"


def test_what_moves_in_steps_is_seen_in_steps():
    field = receptive_field(masked([(0, 0)], dilation=3), 32)
    assert (field.step, field.reach, str(field.patch)) == (3, 3, "5x5")


def test_a_blind_lattice_is_found_within_the_reach():
    even = [(row, column) for row, column in square(5) if row % 2 == 0 and column % 2 == 0]
    field = receptive_field(masked(even, 5), 40)
    assert (field.lattice, field.reach, str(field.patch)) == (2, 5, "1x1")


def test_a_mean_over_the_image_is_a_leak_everywhere():
    blind = masked([(0, 0)])

    def leaking(noisy):
        return blind(noisy) + 0.01 * noisy.mean((1, 2, 3), keepdim=True)

    field = receptive_field(leaking, 32)
    assert str(field.patch) == "1x1"
    assert 1e-7 < field.leak < 1e-3
    assert field.sees_all
    assert field.reach is None
    assert field.others == 0


def test_a_statistic_of_the_batch_shows_the_other_images():
    norm = nn.BatchNorm2d(3).double()
    blind = masked([(0, 0)])
    assert receptive_field(lambda noisy: norm(blind(noisy)), 32).others > 1e-8
    norm.eval()
    assert receptive_field(lambda noisy: norm(blind(noisy)), 32).others == 0


def test_phases_are_measured_apart():
    def every_other(noisy):
        return noisy[..., ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3)

    field = receptive_field(every_other, 32)
    middle = field.by_phase[:, field.radius, field.radius] > 0
    assert middle.any()
    assert not middle.all()
    assert field.patch is None


def test_what_leaves_torch_cannot_be_measured():
    with pytest.raises(NoGradientError):
        receptive_field(lambda noisy: torch.from_numpy(noisy.numpy()), 32)
    with pytest.raises(NoGradientError):
        receptive_field(torch.no_grad()(lambda noisy: noisy * 2), 32)


def test_other_errors_of_torch_are_not_hidden():
    with pytest.raises(RuntimeError, match="size of tensor"):
        receptive_field(lambda noisy: noisy + torch.zeros(5), 32)


def test_one_pixel_is_measured_where_it_is_asked_for():
    seen = influence(masked([(0, 0)]), (1, 3, 9, 9), (2, 3))
    assert seen.nonzero().tolist() == [[2 + r, 3 + c] for r, c in square(1) if (r, c) != (0, 0)]
    assert reach_of(influence(masked([]), (1, 3, 9, 9))) == 1


def test_two_measurements_are_joined_phase_by_phase():
    right = receptive_field(masked([each for each in square(1) if each != (0, 1)]), 32)
    below = receptive_field(masked([each for each in square(1) if each != (1, 0)]), 32)
    both = right.joined(below)
    assert both.phases == right.phases
    assert (both.seen > 0).nonzero().tolist() == [
        [both.radius, both.radius + 1],
        [both.radius + 1, both.radius],
    ]


def test_a_module_that_is_awake_hides_nothing_that_it_can_see():
    dead = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 1)).double()
    nn.init.constant_(dead[0].bias, -100)
    nn.init.zeros_(dead[2].weight)
    assert not receptive_field(dead, 32).seen.any()
    wake(dead)
    assert receptive_field(dead, 32).reach == 1


def test_a_sigmoid_that_saturates_is_seen_through_with_a_small_gain():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 3, 1)
            self.gate = nn.Conv2d(3, 3, 1)

        def forward(self, noisy):
            features = self.first(255 * noisy)
            return features * torch.sigmoid(self.gate(features.mean((2, 3), keepdim=True)))

    def sees_all(gain):
        gated = Gated().double()
        wake(gated, gain)
        return receptive_field(gated, 32).sees_all

    assert not sees_all(1.0)
    assert sees_all(0.1)


def test_pixels_beyond_what_is_seen_are_no_lattice():
    corners = [(row, column) for row, column in square(2) if (abs(row), abs(column)) != (2, 2)]
    field = receptive_field(masked(corners, 2), 32)  # seen every two rows and columns
    assert (str(field.patch), field.step, field.lattice) == ("diamond 3", 2, None)
