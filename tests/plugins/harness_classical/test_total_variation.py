import numpy as np
import pytest
import torch
from skimage.restoration import denoise_tv_chambolle

from harness.data.images import to_8bit, to_tensor
from harness.data.split import open_split
from harness.metrics.psnr import psnr
from harness.plugin.registry import load_registry
from harness_classical.noise_level import correlation_ratio, noise_level
from harness_classical.total_variation import MOST, WHITE, TotalVariation


@pytest.fixture
def clean():
    rows = torch.linspace(0.2, 0.8, 48)
    return ((rows[:, None] + rows[None, :]) / 2).expand(1, 3, 48, 48)


def white(images):
    return 0.1 * torch.randn(images.shape, generator=torch.Generator().manual_seed(0))


def correlated(images):
    """Noise of which neighbours share much, of the same strength as the white one."""
    smooth = torch.nn.functional.avg_pool2d(white(images), 3, stride=1, padding=1)
    return smooth * (0.1 / smooth.std())


def pixels(images):
    return images[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("noise", [white, correlated])
def test_it_lowers_the_error_of_a_noisy_image(clean, noise):
    noisy = clean + noise(clean)

    error = (TotalVariation().denoise(noisy) - clean).square().mean()

    assert error < 0.3 * (noisy - clean).square().mean()


@pytest.mark.filterwarnings("ignore:image is size")  # scikit-image takes a side for channels
@pytest.mark.parametrize("size", [(2, 3), (3, 3), (5, 4)])
def test_tiny_images_are_denoised(size):
    assert TotalVariation().denoise(torch.rand(1, 3, *size)).isfinite().all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("level", [0.0, 0.5, 130 / 255])
def test_an_image_without_noise_stays_as_it_is(level):
    flat = torch.full((1, 3, 24, 24), level)

    torch.testing.assert_close(TotalVariation().denoise(flat), flat)


def test_the_ratio_of_levels_is_one_for_white_noise_and_more_for_correlated(clean):
    assert correlation_ratio(pixels(clean + white(clean))) == pytest.approx(1, abs=0.1)
    assert correlation_ratio(pixels(clean + correlated(clean))) > 1.7


def test_the_weight_follows_the_formula(clean):
    image = pixels(clean + white(clean))
    expected = noise_level(image) * WHITE * correlation_ratio(image) ** 5
    assert TotalVariation().weight_for(image) == pytest.approx(expected)
    assert TotalVariation(strength=2).weight_for(image) == pytest.approx(2 * expected)


def test_the_weight_has_a_bound(clean):
    image = pixels(clean + correlated(clean))
    assert TotalVariation().weight_for(image) == pytest.approx(MOST * noise_level(image))


def test_a_weight_that_is_given_is_that_of_scikit_image(clean):
    noisy = clean + white(clean)
    expected = denoise_tv_chambolle(pixels(noisy), weight=0.2, channel_axis=-1)
    np.testing.assert_array_equal(pixels(TotalVariation(weight=0.2).denoise(noisy)), expected)


def test_more_strength_smooths_more(clean):
    noisy = clean + white(clean)

    weak, strong = (TotalVariation(s).denoise(noisy).diff().abs().mean() for s in (0.5, 3))

    assert strong < weak


def test_on_camera_it_scores_what_is_documented():
    registry = load_registry()
    scores = []
    for sample in open_split(registry, registry.choose("dataset", "camera"), "test"):
        noisy, clean = to_tensor(sample.noisy())[None], to_tensor(sample.clean())[None]
        scores.append(float(psnr(to_8bit(TotalVariation().denoise(noisy)), to_8bit(clean))))
    assert np.mean(scores) == pytest.approx(28.4, abs=0.1)
