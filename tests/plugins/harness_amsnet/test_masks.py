import pytest
import torch
from torch import nn
from torch.nn import functional as F

from harness_amsnet.masks import Masks, denoise_by_masks, predict


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


class Mixing(nn.Module):
    """Every output pixel depends on all pixels and channels around it, and on itself."""

    def forward(self, images):
        return F.avg_pool2d(images, 3, stride=1, padding=1) + images.mean(1, keepdim=True)


SHARES = [(2, 1 / 2), (2, 0.1), (2, 0.9), (3, 1 / 3), (3, 0.5), (5, 0.04), (7, 1 / 7)]


@pytest.mark.parametrize(("number", "share"), SHARES)
def test_masks_are_disjoint_and_hide_every_pixel_once(number, share):
    drawn = Masks(number, share).draw(2, 64, 48, seeded())

    hidden = torch.stack([drawn == mask for mask in range(number)])
    assert torch.equal(hidden.sum(0), torch.ones(2, 1, 64, 48, dtype=torch.long))


@pytest.mark.parametrize(("number", "share"), SHARES)
def test_the_first_mask_hides_its_share_and_the_others_share_the_rest(number, share):
    drawn = Masks(number, share).draw(4, 128, 128, seeded())

    shares = [float((drawn == mask).float().mean()) for mask in range(number)]
    assert shares[0] == pytest.approx(share, abs=0.01)
    assert shares[1:] == pytest.approx([(1 - share) / (number - 1)] * (number - 1), abs=0.01)


def test_every_image_has_masks_of_its_own():
    drawn = Masks(2, 0.5).draw(3, 16, 16, seeded())

    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[1], drawn[2])


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_a_seed_gives_the_same_masks_again(share):
    masks = Masks(2, share)

    assert torch.equal(masks.draw(1, 9, 9, seeded(3)), masks.draw(1, 9, 9, seeded(3)))
    assert not torch.equal(masks.draw(1, 9, 9, seeded(3)), masks.draw(1, 9, 9, seeded(4)))


@pytest.mark.parametrize(("key", "batch"), [("mask_forward", 1), ("infer_B", 4)])
def test_a_seed_gives_the_masks_of_the_released_code(oracle, key, batch):
    reference = oracle("amsnet.pt")[key]
    height, width = reference["mask_index"].shape[-2:]

    drawn = Masks(2, 0.5).draw(batch, height, width, seeded(reference["seed"]))

    assert torch.equal(drawn, reference["mask_index"])


def test_the_denoiser_sees_zero_in_all_channels_where_pixels_are_hidden():
    images = torch.rand(2, 3, 8, 8) + 1
    hidden = Masks(2, 0.5).draw(2, 8, 8, seeded()) == 0

    seen = predict(nn.Identity(), images, hidden)

    assert torch.equal(seen == 0, hidden.expand_as(images))
    assert torch.equal(seen[seen != 0], images[~hidden.expand_as(images)])


@pytest.mark.parametrize(("number", "share"), SHARES)
def test_no_pixel_of_the_output_depends_on_itself(number, share, influence):
    drawn = Masks(number, share).draw(1, 9, 9, seeded())

    seen = influence(lambda noisy: denoise_by_masks(Mixing(), noisy, drawn, number), (1, 3, 9, 9))

    assert influence(Mixing(), (1, 3, 9, 9))[4, 4] > 0
    assert seen[4, 4] == 0


def test_every_pixel_is_taken_from_the_pass_that_hides_it():
    images = torch.rand(2, 3, 8, 8)
    drawn = Masks(3, 1 / 3).draw(2, 8, 8, seeded())

    denoised = denoise_by_masks(Mixing(), images, drawn, 3)

    for mask in range(3):
        hidden = (drawn == mask).expand_as(images)
        one_pass = Mixing()(torch.where(hidden, 0, images))
        assert torch.equal(denoised[hidden], one_pass[hidden])


def test_the_result_is_in_single_precision_where_the_denoiser_outputs_half():
    convolution = nn.Conv2d(3, 3, 3, padding=1)
    images = torch.rand(1, 3, 8, 8)

    with torch.autocast("cpu", torch.bfloat16):
        assert convolution(images).dtype == torch.bfloat16
        denoised = denoise_by_masks(convolution, images, Masks(2, 0.5).draw(1, 8, 8), 2)

    assert denoised.dtype == torch.float32
