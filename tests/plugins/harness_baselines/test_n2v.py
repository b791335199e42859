import pytest
import torch
from torch import nn

from harness import NoisyBatch, ParameterError
from harness.evaluation.inference import denoise
from harness_baselines.n2v import BlindSpotMasking, Noise2Void, hide_pixels

SMALL = "dncnn[width=4,layers=3]"


def batch(*shape):
    return NoisyBatch(torch.rand(shape), torch.zeros(shape[0], dtype=torch.long))


class Constant(nn.Module):
    """Outputs one value everywhere."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, noisy):
        return torch.full_like(noisy, self.value)


def test_about_one_pixel_is_hidden_in_every_box():
    hidden = hide_pixels(torch.rand(8, 3, 128, 128), box=8, radius=2).hidden
    per_box = hidden.view(8, 16, 8, 16, 8).sum((2, 4))

    assert per_box.max() == 1
    assert 0.9 < per_box.float().mean() < 1  # less, where a replacement was to be hidden, too


def test_no_place_in_a_box_is_preferred():
    hidden = hide_pixels(torch.rand(64, 1, 96, 96), box=3, radius=2).hidden
    by_place = hidden.view(64, 32, 3, 32, 3).float().mean((0, 1, 3))

    assert by_place.max() < 1.1 * by_place.min()


@pytest.mark.parametrize("size", [(20, 31), (5, 3), (2, 2)])
def test_sizes_need_not_be_multiples_of_the_box(size):
    images = torch.rand(16, 1, *size)

    masked, hidden = hide_pixels(images, box=4, radius=2)

    assert masked.shape == hidden.shape == images.shape


def test_a_hidden_pixel_becomes_another_one_of_its_window_in_all_channels():
    places = torch.arange(24.0).expand(24, 24)
    images = torch.stack([places.T, places]).expand(32, 2, 24, 24).contiguous()

    masked, hidden = hide_pixels(images, box=2, radius=2)

    moves = (masked - images).permute(0, 2, 3, 1)[hidden[:, 0]]
    assert moves.abs().max() == 2
    assert len(moves.unique(dim=0)) == 5 * 5 - 1
    assert moves.any(1).all()  # never the pixel itself
    assert torch.equal(masked * ~hidden, images * ~hidden)


def test_all_of_a_window_is_equally_likely_even_in_a_corner():
    images = torch.arange(16.0).view(1, 1, 4, 4).repeat(20_000, 1, 1, 1)

    masked, hidden = hide_pixels(images, box=4, radius=2)

    corner = masked[:, 0, 0, 0][hidden[:, 0, 0, 0]]
    values, counts = corner.unique(return_counts=True)
    assert values.tolist() == [1, 2, 4, 5, 6, 8, 9, 10]
    assert counts.max() < 1.5 * counts.min()


def test_no_hidden_value_is_left_in_what_the_denoiser_sees():
    images = torch.rand(4, 2, 32, 32, requires_grad=True)

    masked, hidden = hide_pixels(images, box=2, radius=3)
    (gradient,) = torch.autograd.grad(masked.sum(), images)

    assert hidden.any()
    assert not (gradient * hidden).any()
    assert (gradient * ~hidden != 0).sum() == 2 * (~hidden).sum()


def test_the_loss_depends_on_a_hidden_pixel_as_a_target_alone():
    method = Noise2Void(denoiser="dncnn[width=8,layers=5,batch_norm=false]", masked_share=0.04)
    (stage,) = method.stages()
    noisy = torch.rand(2, 3, 32, 32, requires_grad=True)

    torch.manual_seed(1)
    loss = stage(NoisyBatch(noisy, torch.zeros(2, dtype=torch.long)))
    (gradient,) = torch.autograd.grad(loss, noisy)

    torch.manual_seed(1)
    masked, hidden = hide_pixels(noisy.detach(), box=5, radius=2)
    as_target = 2 * (noisy - method.denoiser(masked)) / (3 * hidden.sum())
    torch.testing.assert_close(gradient * hidden, as_target * hidden)


def test_the_loss_is_the_squared_error_of_the_hidden_pixels_alone():
    noisy = batch(2, 3, 16, 16)
    stage = BlindSpotMasking(Constant(0.25), 1, 4, 2, Noise2Void(denoiser=SMALL).recipe)

    torch.manual_seed(1)
    loss = stage(noisy)

    torch.manual_seed(1)
    hidden = hide_pixels(noisy.noisy, 4, 2).hidden.expand(-1, 3, -1, -1)
    torch.testing.assert_close(loss, (noisy.noisy[hidden] - 0.25).square().mean())


def test_a_seed_hides_the_same_pixels_again():
    (stage,) = Noise2Void(denoiser=SMALL).stages()
    noisy = batch(1, 3, 32, 32)

    losses = []
    for seed in (1, 2, 1):
        torch.manual_seed(seed)
        losses.append(stage(noisy).item())

    assert losses[0] == losses[2] != losses[1]


def test_where_nothing_is_hidden_there_is_no_loss():
    stage = BlindSpotMasking(Constant(0.0), 1, 1000, 2, Noise2Void(denoiser=SMALL).recipe)

    assert stage(batch(1, 3, 2, 2)) == 0


def test_the_stride_applies_in_training_and_test():
    method = Noise2Void(denoiser=SMALL, stride=4)
    (stage,) = method.stages()
    seen = []
    method.denoiser.register_forward_pre_hook(lambda module, images: seen.append(images[0].shape))

    stage(batch(2, 3, 32, 48))
    denoised = denoise(method, torch.rand(1, 3, 17, 19))

    assert seen == [(32, 3, 8, 12), (16, 3, 5, 5)]
    assert denoised.shape == (1, 3, 17, 19)
    assert (method.size_multiple, method.receptive_radius) == (4, 12)


def test_its_default_hides_the_share_of_the_authors_example():
    assert 1 / Noise2Void(denoiser=SMALL).box ** 2 == pytest.approx(0.00198, rel=0.05)


@pytest.mark.parametrize("share", [0, -0.1, 0.3, 1])
def test_a_share_that_leaves_too_little_to_see_is_refused(share):
    with pytest.raises(ParameterError, match=f"above 0 and at most 0.25, not {share}"):
        Noise2Void(denoiser=SMALL, masked_share=share)


def test_crops_that_stride_and_network_cannot_take_are_refused():
    with pytest.raises(ParameterError, match=r"n2v: crop=64 .* multiple of 24, such as 72"):
        Noise2Void(denoiser="unet[width=2,levels=3,tail=2]", stride=3)
