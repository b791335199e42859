import pytest
import torch

from harness import DataError
from harness_nets.pixel_shuffle import pixel_shuffle_down, pixel_shuffle_up


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
