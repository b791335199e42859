"""A denoiser of arrays: the same as on tensors, in the memory of a tile."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from harness import Method
from harness.data.images import to_tensor
from harness.evaluation.inference import denoise
from harness.evaluation.peak_memory import peak_memory
from harness.models.denoiser import Denoiser


class Blur(Method):
    """The mean of a window, in every phase of a box by itself."""

    def __init__(self, size_multiple, reach):
        super().__init__()
        self.size_multiple, self.reach = size_multiple, reach
        self.receptive_radius = reach * size_multiple + size_multiple - 1

    def denoise(self, noisy):
        phases = F.pixel_unshuffle(noisy, self.size_multiple)
        blurred = F.avg_pool2d(phases, 2 * self.reach + 1, 1, self.reach)
        return F.pixel_shuffle(blurred, self.size_multiple)


@pytest.mark.parametrize("multiple", [1, 8])
@pytest.mark.parametrize("reach", [0, 1])
@pytest.mark.parametrize("size", [(50, 61), (5, 3)])
def test_tiles_of_an_array_are_those_of_a_tensor(size, reach, multiple):
    image = np.random.default_rng(0).random((*size, 3), np.float32)
    method = Blur(multiple, reach)
    tile = 2 * method.receptive_radius + 3 * multiple
    expected = denoise(method, to_tensor(image)[None], tile=tile)[0].numpy().transpose(1, 2, 0)
    assert np.array_equal(Denoiser(method, tile=tile).denoise(image), expected)


def test_memory_is_that_of_the_result_and_of_a_tile():
    """The image as floats would take four times as much, and is never there."""
    denoiser = Denoiser(Blur(8, 1), tile=256)
    denoiser.denoise(np.zeros((512, 512, 3), np.uint8))
    image = np.zeros((3000, 3000, 3), np.uint8)
    taken = peak_memory(lambda: denoiser.denoise(image), torch.device("cpu"))
    if taken is None:
        pytest.skip("this system does not count the memory of a process")
    assert taken < 2 * image.nbytes
