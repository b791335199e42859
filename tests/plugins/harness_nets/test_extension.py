import pytest
import torch

from harness_nets.extension import extended


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({}, (5, 8)),
        ({"multiple": 4}, (8, 8)),
        ({"at_least": 7}, (7, 8)),
        ({"multiple": 3, "at_least": 7}, (9, 9)),
    ],
)
def test_a_function_sees_images_of_the_size_it_needs_and_its_result_is_cropped(options, seen):
    images, sizes = torch.rand(2, 3, 5, 8), []

    def twice(larger):
        sizes.append(tuple(larger.shape[-2:]))
        return torch.cat([larger, larger], dim=1)

    assert torch.equal(extended(twice, images, **options), torch.cat([images, images], dim=1))
    assert sizes == [seen]


def test_images_are_extended_by_reflection_at_the_bottom_and_at_the_right():
    images = torch.arange(6.0).view(1, 1, 2, 3)
    larger = []

    extended(lambda image: larger.append(image) or image, images, multiple=4)

    assert larger[0][0, 0, :3].tolist() == [[0, 1, 2, 1], [3, 4, 5, 4], [0, 1, 2, 1]]
