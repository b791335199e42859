import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from harness_noise import ceiling_of
from harness_noise.statistics import ChannelStatistics, describe_image


def statistics_of(images, clipped=(0, 0)):
    statistics = ChannelStatistics(images[0].shape[2])
    for image in images:
        statistics.add(image, *clipped)
    return statistics.result()


def test_mean_strength_and_correlation_are_those_of_numpy(generator):
    noise = generator.multivariate_normal(
        [-5, 0, 2], [[9, 3, 1], [3, 4, 0], [1, 0, 16]], size=(40, 50)
    )
    found = statistics_of([noise])
    values = noise.reshape(-1, 3)
    np.testing.assert_allclose(found.mean, values.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.std, values.std(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.correlation, np.corrcoef(values.T), atol=1e-12)


def test_a_mean_that_differs_between_images_is_no_strength_and_no_correlation(generator):
    images = [generator.normal(0, 2, (200, 200, 3)) + shift for shift in (-30, 0, 30)]
    found = statistics_of(images)
    np.testing.assert_allclose(found.std, 2, atol=0.02)
    np.testing.assert_allclose(found.correlation, np.eye(3), atol=0.02)


def test_clipped_samples_are_counted_over_all_channels():
    found = statistics_of([np.zeros((10, 10, 3)), np.ones((10, 20, 3))], clipped=(9, 18))
    assert found.at_black == pytest.approx(2 * 9 / 900)
    assert found.at_white == pytest.approx(2 * 18 / 900)


def test_a_channel_without_noise_correlates_with_none(generator):
    noise = generator.normal(0, 2, (20, 20, 3))
    noise[..., 1] = 3
    found = statistics_of([noise])
    assert math.isnan(found.correlation[0][1])
    assert found.correlation[0][2] == pytest.approx(0, abs=0.2)


def test_the_ceiling_is_the_score_of_the_clean_image_plus_the_mean_noise(generator):
    clean = generator.uniform(0, 255, (256, 256, 3))
    noise = generator.normal([-5, 1, 3], 20, (256, 256, 3))
    denoised = clean + noise.mean(axis=(0, 1))
    expected = peak_signal_noise_ratio(clean, denoised, data_range=255)
    assert ceiling_of(noise) == pytest.approx(expected, abs=1e-9)


def test_means_of_blocks_do_not_make_up_for_one_another():
    noise = np.full((256, 512, 3), 5.0)
    noise[:, 256:] = -5
    assert ceiling_of(noise) == pytest.approx(20 * math.log10(255 / 5))


def test_every_pixel_counts_where_blocks_are_not_of_one_size():
    noise = np.zeros((3, 700, 1))  # blocks of 234, 233 and 233 columns
    noise[:, :234] = 2
    assert ceiling_of(noise) == pytest.approx(10 * math.log10(255**2 / (4 * 234 / 700)))


def test_noise_of_zero_mean_has_no_ceiling():
    noise = np.ones((16, 16, 3))
    noise[:, ::2] = -1
    assert ceiling_of(noise) == math.inf


def test_an_image_is_described_with_scores_only_where_the_ground_truth_is_known(generator):
    noise = generator.normal(3, 10, (64, 64, 3))
    known = describe_image("a", noise, ground_truth=True)
    assert known.psnr == pytest.approx(10 * math.log10(255**2 / np.mean(noise**2)))
    assert known.ceiling == ceiling_of(noise)
    unknown = describe_image("a", noise, ground_truth=False)
    assert (unknown.psnr, unknown.ceiling) == (None, None)
    assert unknown.std == known.std == pytest.approx(10, abs=0.2)
