import pytest
import torch
from torch.nn import functional as F

from harness_ssid.adaptive import adaptive_coefficients


def by_unfolding(estimate):
    """Eqs. 2 and 3 as they are written, window by window."""
    grey = 255 * estimate.double().mean(1, keepdim=True)
    windows = F.pad(grey, [3] * 4, mode="reflect").unfold(2, 7, 1).unfold(3, 7, 1)
    deviation = windows.flatten(-2).std(-1, correction=0)
    alpha = torch.full_like(deviation, 0.5)
    alpha = torch.where(deviation < 1, (deviation - 1).sigmoid(), alpha)
    return torch.where(deviation > 5, (deviation - 5).sigmoid(), alpha).float()


def test_it_computes_what_the_released_code_computes(oracle):
    reference = oracle("ssid.pt")["alpha"]

    alpha = adaptive_coefficients(reference["input"] / 255)

    torch.testing.assert_close(alpha, reference["output"], atol=2e-6, rtol=0)


@pytest.mark.parametrize("contrast", [0.001, 0.01, 0.1, 1])
def test_it_is_the_deviation_of_every_window(contrast):
    estimate = 0.9 + contrast * (torch.rand(2, 3, 20, 31) - 0.9)

    torch.testing.assert_close(
        adaptive_coefficients(estimate), by_unfolding(estimate), atol=1e-6, rtol=0
    )


def test_a_flat_image_has_the_smallest_coefficient_however_bright():
    estimate = torch.tensor([0.0, 0.3, 1.0]).view(3, 1, 1, 1).expand(3, 3, 8, 8)

    alpha = adaptive_coefficients(estimate)

    torch.testing.assert_close(alpha, torch.full((3, 1, 8, 8), 0.26894), atol=1e-4, rtol=0)


def test_texture_has_a_coefficient_of_one():
    checks = (torch.arange(16)[:, None] + torch.arange(16)) % 2

    alpha = adaptive_coefficients(checks.float().expand(1, 3, 16, 16))

    assert alpha.min() > 0.999


def test_it_has_no_gradient():
    estimate = torch.rand(1, 3, 8, 8, requires_grad=True)

    assert not adaptive_coefficients(estimate).requires_grad


def test_four_pixels_are_enough():
    assert adaptive_coefficients(torch.rand(1, 1, 4, 4)).shape == (1, 1, 4, 4)
