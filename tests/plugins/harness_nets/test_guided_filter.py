import torch

from harness_classical.guided_filter import GuidedFilter
from harness_nets.guided_filter import guided_filter


def test_it_is_what_the_method_of_its_name_does():
    noisy = torch.rand(2, 3, 12, 9)

    assert torch.equal(
        guided_filter(noisy, 2, 0.03), GuidedFilter(radius=2, eps=0.03).denoise(noisy)
    )


def test_a_constant_image_stays_as_it_is():
    flat = torch.full((1, 3, 9, 11), 0.37)

    torch.testing.assert_close(guided_filter(flat, 1, 0.01), flat)
