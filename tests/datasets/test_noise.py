import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.random import RandomState

from harness import ParameterError
from harness_datasets.noise import (
    Gaussian,
    HeteroscedasticGaussian,
    MultivariateGaussian,
    PoissonGaussian,
    multivariate_gaussian,
    noise_model,
    random_of_image,
    validation_multivariate_gaussian,
)

LEVELS = {"sigma": 25.0, "alpha": 40.0, "delta": 10.0, "peak": 100.0}


def flat(level, channels=1, side=256):
    """An image of one level."""
    return np.full((side, side, channels), level, np.float32)


def noise_of(model, clean, seed=0):
    return model.add(clean, RandomState(seed)).astype(np.float64) - clean


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(
    ("noise", "variance"),
    [  # in grey levels of 255, by the formulas of the models
        ("awgn", lambda x: 25.0**2),
        ("hg-release", lambda x: 40.0**2 * x**2 + 10.0**2),
        ("hg-paper", lambda x: 40.0**2 * x + 10.0**2),
        ("poisson-gaussian", lambda x: 255.0**2 * x / 100.0 + 25.0**2),
    ],
)
def test_noise_has_zero_mean_and_the_variance_of_its_formula(noise, variance, level):
    drawn = noise_of(noise_model(noise, **LEVELS), flat(level))

    expected = variance(level) / 255**2
    assert drawn.mean() == pytest.approx(0, abs=4 * np.sqrt(expected / drawn.size))
    assert drawn.var() == pytest.approx(expected, rel=0.03)


def test_noise_is_not_clipped():
    for level in (0.0, 1.0):
        noisy = Gaussian(25.0).add(flat(level), RandomState(0))
        assert noisy.dtype == np.float32
        assert np.mean((noisy < 0) | (noisy > 1)) == pytest.approx(0.5, abs=0.02)


def test_multivariate_noise_has_its_covariance_between_channels():
    model = validation_multivariate_gaussian()

    drawn = noise_of(model, flat(0.5, channels=3, side=512))

    np.testing.assert_allclose(np.cov(drawn.reshape(-1, 3).T), model.covariance, atol=7e-4)


def test_the_validation_covariance_is_the_published_one():
    np.testing.assert_allclose(
        np.array(validation_multivariate_gaussian().covariance) * 255**2,
        [[3438.88, 175.26, 286.06], [175.26, 3701.21, 289.12], [286.06, 289.12, 3360.48]],
        atol=0.01,
    )


def test_a_drawn_covariance_is_a_covariance_within_the_scale():
    for seed in range(20):
        random = RandomState(seed)
        model = multivariate_gaussian(random, random)
        eigenvalues = np.linalg.eigvalsh(np.array(model.covariance))
        assert eigenvalues.min() >= 0
        assert np.trace(model.covariance) <= 3 * (75 / 255) ** 2


def test_multivariate_noise_refuses_grey_images():
    with pytest.raises(ParameterError, match=r"^noise 'mg' correlates three channels, but the"):
        validation_multivariate_gaussian().add(flat(0.5), RandomState(0))


def test_an_unknown_noise_is_named():
    with pytest.raises(ParameterError, match=r"^there is no noise 'hg'; there is awgn, hg-release"):
        noise_model("hg", **LEVELS)


def test_what_a_noise_is_called_tells_its_parameters():
    assert repr(noise_model("hg-paper", **LEVELS)) == (
        "HeteroscedasticGaussian(alpha=40.0, delta=10.0, power=1)"
    )
    assert repr(PoissonGaussian(30.0, 0.0)) != repr(PoissonGaussian(31.0, 0.0))


def test_the_noise_of_an_image_belongs_to_its_name_and_the_seed():
    def draw(seed, name):
        return random_of_image(seed, name).standard_normal(4).tolist()

    assert draw(0, "a") == draw(0, "a")
    assert len({tuple(draw(seed, name)) for seed in (0, 1) for name in ("a", "b")}) == 4


def test_the_noise_of_an_image_is_the_same_in_every_process():
    code = (
        "from harness_datasets.noise import random_of_image; "
        "print(random_of_image(0, 'kodim01').randint(2**31, size=4).tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert done.stdout.strip() == str(random_of_image(0, "kodim01").randint(2**31, size=4).tolist())


@pytest.fixture(scope="module")
def oracle():
    """Noisy samples of D-BSN's released code, by kind of image and noise."""
    folder = os.environ.get("HARNESS_ORACLES", Path(__file__).parents[3] / "shared" / "oracles")
    file = Path(folder) / "dbsn.pt"
    if not file.is_file():
        pytest.skip(f"no reference numbers at {file}; set HARNESS_ORACLES to their folder")
    return torch.load(file, weights_only=True)["noise"]


@pytest.mark.parametrize("kind", ["gray", "color"])
@pytest.mark.parametrize(
    ("noise", "model", "sample", "seed"),
    [
        ("gaussian", Gaussian(25.0), "noisy_val", 0),
        ("gaussian", Gaussian(25.0), "noisy_train_after_np_seed_123", 123),
        (
            "poisson_gaussian",
            HeteroscedasticGaussian(40.0, 10.0, power=2),
            "noisy_train_after_np_seed_123",
            123,
        ),
    ],
)
def test_noise_equals_that_of_the_released_code(oracle, kind, noise, model, sample, seed):
    numbers = oracle[f"{kind}_{noise}"]

    noisy = model.add(as_image(numbers["clean"]), RandomState(seed))

    np.testing.assert_allclose(noisy, as_image(numbers[sample]), rtol=0, atol=1.2e-7)


def test_multivariate_noise_equals_that_of_the_released_code(oracle):
    numbers = oracle["color_multivariate_gaussian"]
    clean = as_image(numbers["clean"])
    random = RandomState(123)
    drawn: MultivariateGaussian = multivariate_gaussian(random, random)

    in_training = drawn.add(clean, random)
    in_validation = validation_multivariate_gaussian().add(clean, RandomState(0))

    reference = as_image(numbers["noisy_train_after_np_seed_123"])
    np.testing.assert_allclose(in_training, reference, rtol=0, atol=1.2e-7)
    reference = as_image(numbers["noisy_val"])
    np.testing.assert_allclose(in_validation, reference, rtol=0, atol=1.2e-7)


def as_image(tensor):
    """C x H x W to H x W x C."""
    return tensor.permute(1, 2, 0).numpy()
