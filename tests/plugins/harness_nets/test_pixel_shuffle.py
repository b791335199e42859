import pytest
import torch
from torch.nn import functional as F

from harness import DataError
from harness_nets.pixel_shuffle import (
    pixel_shuffle_down,
    pixel_shuffle_mosaic_down,
    pixel_shuffle_mosaic_up,
    pixel_shuffle_up,
)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_up_is_the_exact_inverse_of_down(stride):
    images = torch.rand(2, 3, 12, 24)

    assert torch.equal(pixel_shuffle_up(pixel_shuffle_down(images, stride), stride), images)


@pytest.mark.parametrize("stride", [2, 3, 5])
def test_a_sub_image_holds_every_stride_th_pixel_in_the_order_of_image_row_and_column(stride):
    images = torch.rand(2, 3, 30, 60)

    subimages = pixel_shuffle_down(images, stride)

    assert subimages.shape == (2 * stride**2, 3, 30 // stride, 60 // stride)
    for image in range(2):
        for row in range(stride):
            for column in range(stride):
                subimage = subimages[image * stride**2 + row * stride + column]
                assert torch.equal(subimage, images[image, :, row::stride, column::stride])


def test_a_stride_of_one_changes_nothing():
    images = torch.rand(2, 3, 5, 7)

    assert torch.equal(pixel_shuffle_down(images, 1), images)
    assert torch.equal(pixel_shuffle_up(images, 1), images)


def test_a_size_that_is_no_multiple_of_the_stride_is_refused():
    message = "images of 9x8 pixels by a stride of 4: width and height must be multiples"

    with pytest.raises(DataError, match=message):
        pixel_shuffle_down(torch.rand(1, 3, 8, 9), 4)


def test_a_number_of_sub_images_that_makes_no_image_is_refused():
    with pytest.raises(DataError, match="cannot put 6 sub-images together with a stride of 2"):
        pixel_shuffle_up(torch.rand(6, 3, 8, 8), 2)


@pytest.mark.parametrize("border", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_a_mosaic_is_put_together_again_exactly(stride, border):
    images = torch.rand(2, 3, 12, 24)

    mosaics = pixel_shuffle_mosaic_down(images, stride, border)

    assert mosaics.shape == (2, 3, 12 + 2 * border * stride, 24 + 2 * border * stride)
    assert torch.equal(pixel_shuffle_mosaic_up(mosaics, stride, border), images)


@pytest.mark.parametrize("border", [0, 2])
@pytest.mark.parametrize("stride", [2, 3, 5])
def test_a_mosaic_has_the_sub_image_of_a_phase_at_its_block_row_and_column(stride, border):
    images = torch.rand(2, 3, 30, 60)
    high, wide = 30 // stride + 2 * border, 60 // stride + 2 * border

    mosaics = pixel_shuffle_mosaic_down(images, stride, border)

    for row in range(stride):
        for column in range(stride):
            block = mosaics[..., row * high : (row + 1) * high, column * wide : (column + 1) * wide]
            subimage = F.pad(images[..., row::stride, column::stride], [border] * 4)
            assert torch.equal(block, subimage)


def test_a_mosaic_and_a_batch_hold_the_same_sub_images():
    images = torch.rand(2, 3, 6, 9)

    mosaics = pixel_shuffle_mosaic_down(images, 3)
    subimages = pixel_shuffle_down(images, 3)

    assert torch.equal(mosaics[1, :, 2:4, 3:6], subimages[9 + 1 * 3 + 1])


def test_a_mosaic_of_a_size_that_is_no_multiple_of_the_stride_is_refused():
    message = "images of 9x8 pixels by a stride of 4: width and height must be multiples"

    with pytest.raises(DataError, match=message):
        pixel_shuffle_mosaic_down(torch.rand(1, 3, 8, 9), 4)


def test_a_mosaic_that_does_not_divide_into_blocks_is_refused():
    message = "a mosaic of 12x10 pixels does not divide into 4x4 sub-images"

    with pytest.raises(DataError, match=message):
        pixel_shuffle_mosaic_up(torch.rand(1, 3, 10, 12), 4, border=1)
