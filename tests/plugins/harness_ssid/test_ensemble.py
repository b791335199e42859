import pytest
import torch

from harness_ssid.ensemble import self_ensemble


def one_by_one(noisy, denoise):
    results = []
    for rows in (False, True):
        for columns in (False, True):
            for rotated in (False, True):
                image = noisy.flip(2) if rows else noisy
                image = image.flip(3) if columns else image
                image = denoise(image.rot90(1, (2, 3)) if rotated else image)
                image = image.rot90(-1, (2, 3)) if rotated else image
                image = image.flip(3) if columns else image
                results.append(image.flip(2) if rows else image)
    return torch.stack(results).mean(0)


@pytest.mark.parametrize("size", [(8, 8), (6, 10)])
def test_it_is_the_mean_over_eight_transforms(size):
    network = torch.nn.Conv2d(3, 3, 3, padding=1)
    noisy = torch.rand(2, 3, *size)

    torch.testing.assert_close(self_ensemble(noisy, network), one_by_one(noisy, network))


@pytest.mark.parametrize(("size", "shapes"), [((8, 8), [16]), ((6, 10), [8, 8])])
def test_square_images_come_in_one_batch(size, shapes):
    seen = []

    def denoise(images):
        seen.append(len(images))
        return images

    noisy = torch.rand(2, 3, *size)

    torch.testing.assert_close(self_ensemble(noisy, denoise), noisy)
    assert seen == shapes
