import pytest
import torch

from harness_nets.layers import (
    WIDE,
    CentreMaskedConv2d,
    DilatedResidual,
    planes_if_learning,
    planes_if_wide,
)


def test_the_stored_weight_of_the_masked_centre_has_no_influence():
    convolution = CentreMaskedConv2d(channels=4, kernel_size=5)
    images = torch.rand(1, 4, 9, 9)
    before = convolution(images)

    with torch.no_grad():
        convolution.weight[:, :, 2, 2] = 1000

    assert torch.equal(convolution(images), before)


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_a_centre_masked_convolution_sees_its_window_but_for_the_centre(kernel_size, influence):
    convolution = CentreMaskedConv2d(channels=2, kernel_size=kernel_size).double()
    half = kernel_size // 2

    seen = influence(convolution, (1, 2, 11, 11)) > 0

    window = torch.zeros(11, 11, dtype=torch.bool)
    window[5 - half : 6 + half, 5 - half : 6 + half] = True
    window[5, 5] = False
    assert torch.equal(seen, window)


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_dilated_residual_sees_its_centre_and_pixels_one_dilation_away(dilation, influence):
    seen = influence(DilatedResidual(4, dilation).double(), (1, 4, 11, 11)) > 0

    assert seen.sum() == 9
    assert seen[5 - dilation :: dilation, 5 - dilation :: dilation][:3, :3].all()


def test_a_dilated_residual_adds_what_its_body_makes_to_the_features():
    block = DilatedResidual(4, 2)
    features = torch.rand(1, 4, 8, 8)

    assert list(block.state_dict()) == [
        "body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias"
    ]  # fmt: skip
    torch.testing.assert_close(block(features) - features, block.body(features))
    assert block.body(features).min() < 0  # nothing cuts it off


@pytest.mark.parametrize(
    ("width", "learning", "order"),
    [
        (WIDE, True, torch.contiguous_format),
        (WIDE, False, torch.channels_last),
        (WIDE - 1, True, torch.channels_last),
        (WIDE - 1, False, torch.channels_last),
    ],
)
def test_planes_follow_each_other_where_a_wide_network_learns(width, learning, order):
    with torch.set_grad_enabled(learning):
        images = planes_if_learning(torch.rand(2, 3, 4, 5), width)

    assert images.is_contiguous(memory_format=order)


@pytest.mark.parametrize(
    ("width", "order"), [(WIDE, torch.contiguous_format), (WIDE - 1, torch.channels_last)]
)
def test_planes_follow_each_other_in_passes_too_where_convolutions_are_dilated(width, order):
    with torch.no_grad():
        images = planes_if_wide(torch.rand(2, 3, 4, 5), width)

    assert images.is_contiguous(memory_format=order)


def test_channels_are_last_on_other_devices():
    images = planes_if_learning(torch.rand(2, 3, 4, 5, device="meta"), WIDE)

    assert images.is_contiguous(memory_format=torch.channels_last)
