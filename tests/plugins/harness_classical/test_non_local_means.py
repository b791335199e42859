import pytest
import torch

from harness_classical.non_local_means import NonLocalMeans


@pytest.fixture
def clean():
    rows = torch.linspace(0.2, 0.8, 48)
    return ((rows[:, None] + rows[None, :]) / 2).expand(1, 3, 48, 48)


def noise_like(images):
    return 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))


def test_it_lowers_the_error_of_a_noisy_image(clean):
    noisy = clean + noise_like(clean)

    error = (NonLocalMeans().denoise(noisy) - clean).square().mean()

    assert error < 0.25 * (noisy - clean).square().mean()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, 0.5, 130 / 255])
def test_an_image_without_noise_stays_as_it_is(level):
    flat = torch.full((1, 3, 24, 24), level)

    torch.testing.assert_close(NonLocalMeans().denoise(flat), flat)


def test_more_strength_smooths_more(clean):
    noisy = clean + noise_like(clean)

    weak, strong = (NonLocalMeans(strength=s).denoise(noisy).diff().abs().mean() for s in (0.4, 2))

    assert strong < weak
