"""Parameters take part where an operation reads them, however they are used."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from harness.evaluation.participants import Participants


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Conv2d(1, 1, 1, bias=False)
        self.idle = nn.Conv2d(1, 1, 1, bias=False)


@pytest.fixture
def layers():
    return Layers()


IMAGE = torch.rand(1, 1, 4, 4)

WAYS = {
    "its module": lambda layer: layer(IMAGE),
    "its weight alone": lambda layer: F.conv2d(IMAGE, layer.weight),
    "a part of it": lambda layer: layer.weight[:, :1] * 2,
    "its data": lambda layer: layer.weight.data * 2,
    "another precision": lambda layer: layer.weight.half(),
    "NumPy": lambda layer: layer.weight.detach().numpy().sum(),
    "a list": lambda layer: torch.cat([layer.weight, layer.weight]),
}


@pytest.mark.parametrize("use", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_a_parameter_that_is_read_takes_part_and_no_other(layers, use, context):
    with context(), Participants(layers.parameters()) as participants:
        use(layers.used)

    (found,) = participants.found
    assert found is layers.used.weight


def test_under_autocast_a_weight_is_found_as_well(layers):
    with (
        torch.no_grad(),
        torch.autocast("cpu", torch.bfloat16),
        Participants(layers.parameters()) as participants,
    ):
        layers.used(IMAGE)

    assert len(participants.found) == 1


def test_what_is_read_twice_counts_once(layers):
    twice = [*layers.parameters(), *layers.parameters()]

    with torch.no_grad(), Participants(twice) as participants:
        layers.used(IMAGE)
        layers.used(IMAGE)

    assert len(participants.found) == 1


def test_what_is_read_before_and_after_takes_no_part(layers):
    participants = Participants(layers.parameters())
    layers.used(IMAGE)
    with participants:
        IMAGE * 2
    layers.idle(IMAGE)

    assert participants.found == []
