"""A network that breaks its contract is caught by a message that names the cause."""

import pytest

from harness.testing.contracts import NetworkContract

SOUND = """
import torch
from torch import nn
from harness import Channels, NetworkSpec, hookimpl

@hookimpl
def harness_register_networks():
    return NetworkSpec(name="mine", target="PLUGIN:Mine", summary="One.", roles=("denoiser",))

class Mine(nn.Module):
    '''A convolution.

    Args:
        channels: number of channels of the images.
    '''

    def __init__(self, channels: Channels = 3):
        super().__init__()
        self.layer = nn.Conv2d(channels, channels, 3, padding=1)
        self.receptive_radius = 1

    def forward(self, noisy):
        return self.layer(noisy)
"""


def test_a_sound_network_passes(failures):
    assert failures(NetworkContract, SOUND) == {}


@pytest.mark.parametrize(
    ("before", "after", "test", "says"),
    [
        pytest.param(
            ', roles=("denoiser",)',
            "",
            "test_it_plays_a_role",
            "no method can use a network without a role",
            id="no-role",
        ),
        pytest.param(
            "self.layer(noisy)",
            "self.layer(noisy).round()",
            "test_it_learns",
            "no parameter has a gradient",
            id="rounds",
        ),
        pytest.param(
            "(channels, channels, 3, padding=1)",
            "(channels, channels, 5, padding=2)",
            "test_tiles_give_what_the_whole_image_gives",
            "depends on more than the 1 pixels",
            id="sees-further-than-it-says",
        ),
        pytest.param(
            "padding=1",
            "padding=0",
            "test_images_of_any_size_keep_their_shape",
            "returned shape (1, 1, 30, 30)",
            id="changes-size",
        ),
        pytest.param(
            "noisy):\n        return ",
            "noisy):\n        return self.gain * ",
            "test_its_weights_are_all_that_it_is",
            "must be in parameters or buffers",
            id="not-saved",
        ),
    ],
)
def test_a_mutant_is_caught(failures, before, after, test, says):
    source = SOUND.replace(
        "self.receptive", "self.gain = float(torch.rand(()))\n        self.receptive"
    )
    caught = failures(NetworkContract, source.replace(before, after, 1), test)
    assert says in caught[test]
