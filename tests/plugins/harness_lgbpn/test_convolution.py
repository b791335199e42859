import pytest
import torch
from torch.nn import functional as F

from harness_lgbpn.convolution import PatchMaskedConv2d, patch_mask, shrunken_kernel

RATIOS = [(9, 0.72, 7), (9, 0.46, 5), (9, 0.5, 5), (9, 0.4, 5)]
RATIOS += [(21, 0.8, 17), (21, 0.43, 11), (21, 0.65, 15), (21, 0.35, 9)]
"""Size of the kernel, ratio, size of the shrunken kernel."""


def interpolated(features, weight, bias, ratio):
    """The convolution, tap by tap, from features that are interpolated between pixels."""
    batch, _, height, width = features.shape
    receptive_radius = weight.shape[-1] // 2
    padded = F.pad(features, [receptive_radius] * 4, mode="reflect")
    out = bias.view(1, -1, 1, 1).expand(batch, -1, height, width).clone()
    for row in range(-receptive_radius, receptive_radius + 1):
        for column in range(-receptive_radius, receptive_radius + 1):
            rows = torch.arange(height, dtype=torch.float64) + receptive_radius + ratio * row
            columns = torch.arange(width, dtype=torch.float64) + receptive_radius + ratio * column
            grid = torch.stack(
                [
                    (2 * columns / (padded.shape[-1] - 1) - 1).expand(height, width),
                    (2 * rows / (padded.shape[-2] - 1) - 1).view(-1, 1).expand(height, width),
                ],
                dim=-1,
            )
            read = F.grid_sample(padded, grid.expand(batch, -1, -1, -1), align_corners=True)
            out += torch.einsum(
                "oi,nihw->nohw",
                weight[..., row + receptive_radius, column + receptive_radius],
                read,
            )
    return out


def layer(size, **options):
    return PatchMaskedConv2d(2, 3, size, **options).double()


@pytest.mark.parametrize(
    ("size", "dilation", "taps"),
    [(9, 1, 40), (9, 2, 12), (21, 1, 400), (21, 2, 108), (21, 3, 45)],
)
def test_as_many_taps_are_kept_as_the_paper_counts(size, dilation, taps):
    """In the FLOPS of Table 2(a), but for the 9x9 kernel of dilation 2, which fits 20."""
    assert patch_mask(size, dilation=dilation).sum() == taps


def test_a_radius_of_zero_hides_the_centre_alone():
    mask = patch_mask(3, radius=0)

    assert mask.sum() == 8
    assert mask[1, 1] == 0


@pytest.mark.parametrize(("size", "dilation"), [(9, 1), (9, 2), (21, 2), (21, 3)])
def test_the_grid_of_taps_computes_the_masked_dense_kernel(size, dilation):
    masked = layer(size, dilation=dilation)
    with torch.no_grad():
        masked.weight.normal_()
    features = torch.rand(2, 2, 24, 27, dtype=torch.float64)

    padded = F.pad(features, [size // 2] * 4, mode="reflect")
    dense = F.conv2d(padded, masked.weight * masked.mask, masked.bias)

    torch.testing.assert_close(masked(features), dense)


@pytest.mark.parametrize(("size", "ratio", "shrunken_size"), RATIOS)
def test_the_shrunken_kernel_computes_the_interpolated_convolution(size, ratio, shrunken_size):
    masked = layer(size, dilation=1 if size == 9 else 2)
    features = torch.rand(1, 2, 14, 17, dtype=torch.float64)

    expected = interpolated(features, masked.weight, masked.bias, ratio)

    assert shrunken_kernel(masked.weight, ratio).shape[-1] == shrunken_size
    torch.testing.assert_close(masked.shrunken(features, ratio), expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("size", "ratio", "shrunken_size"), RATIOS)
def test_the_shrunken_kernel_stays_blind_to_the_pixel(size, ratio, shrunken_size):
    kernel = shrunken_kernel(layer(size).weight, ratio)

    assert not kernel[..., shrunken_size // 2, shrunken_size // 2].any()


def test_a_ratio_of_one_changes_nothing():
    kernel = torch.rand(3, 2, 9, 9)

    assert torch.equal(shrunken_kernel(kernel, 1.0), kernel)


def test_the_shrunken_kernel_follows_the_weights():
    masked = layer(9)
    features = torch.rand(1, 2, 12, 12, dtype=torch.float64)
    with torch.no_grad():
        before = masked.shrunken(features, 0.72)
        masked.weight.mul_(2)
        masked.bias.mul_(2)

        after = masked.shrunken(features, 0.72)

    torch.testing.assert_close(after, 2 * before)


def test_what_masked_taps_hold_enters_the_test_only_if_the_mask_is_left_out():
    features = torch.rand(1, 2, 12, 12, dtype=torch.float64)
    masked, unmasked = layer(9), layer(9, masked_in_test=False)
    unmasked.load_state_dict(masked.state_dict())
    clean = masked.shrunken(features, 0.72)
    with torch.no_grad():
        for convolution in (masked, unmasked):
            convolution.weight[..., 4, 4] = 1

    assert torch.equal(masked.shrunken(features, 0.72), clean)
    assert not torch.allclose(unmasked.shrunken(features, 0.72), clean)


def test_training_leaves_masked_taps_at_zero():
    masked = layer(9)
    optimizer = torch.optim.Adam(masked.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        masked(torch.rand(1, 2, 12, 12, dtype=torch.float64)).square().sum().backward()
        optimizer.step()

    assert not (masked.weight * (1 - masked.mask)).any()
    assert (masked.weight[..., 0, 0] != 0).all()


@pytest.mark.parametrize(("device", "order"), [("cpu", "planes"), ("meta", "channels last")])
def test_one_thread_changes_the_order_of_memory_on_a_cpu_alone(device, order, monkeypatch):
    """A GPU's kernels have their own favourite, whatever the threads of the host."""
    seen = []
    pad, convolve = F.pad, F.conv2d

    def padding(images, *arguments, **options):  # "meta" pads to planes, as no real device does
        padded = pad(images, *arguments, **options)
        return padded.contiguous(memory_format=torch.channels_last)

    def noting(images, *arguments, **options):
        seen.append("planes" if images.is_contiguous() else "channels last")
        return convolve(images, *arguments, **options)

    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    monkeypatch.setattr("harness_lgbpn.convolution.F.pad", padding)
    monkeypatch.setattr("harness_lgbpn.convolution.F.conv2d", noting)
    masked = layer(21, dilation=3).to(device)
    masked(torch.rand(1, 2, 32, 32, device=device, dtype=torch.float64))
    assert masked.grid > 1
    assert seen == [order]
