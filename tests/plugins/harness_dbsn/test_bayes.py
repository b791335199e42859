import pytest
import torch

from harness_dbsn.bayes import posterior_mean
from harness_dbsn.covariance import diagonal, full
from harness_dbsn.noise_model import LEAST_DEVIATION

ROWS, COLUMNS = torch.triu_indices(3, 3)


def dense(packed):
    """N x 6 x H x W -> N x H x W x 3 x 3."""
    matrices = packed.new_zeros(*packed.movedim(1, -1).shape[:-1], 3, 3)
    matrices[..., ROWS, COLUMNS] = packed.movedim(1, -1)
    matrices[..., COLUMNS, ROWS] = packed.movedim(1, -1)
    return matrices


def released_covariances(kind, inputs):
    """What the released colour script makes of the outputs of its networks."""
    of_mean, of_noise = inputs["raw_sigma_mu"], inputs["raw_sigma_n"]
    if kind == "multivariate_gaussian":
        return tuple(full(raw).mean((2, 3), keepdim=True) for raw in (of_mean, of_noise))
    if kind == "gaussian":
        of_noise = of_noise.mean((2, 3), keepdim=True)
    deviation = torch.nn.functional.softplus(of_noise - 4) + LEAST_DEVIATION
    return tuple(diagonal(factor.expand(-1, 3, -1, -1)) for factor in (of_mean, deviation))


@pytest.mark.parametrize("gamma", [1.0, 0.9])
def test_grey_outputs_are_the_released_ones(gamma, oracle):
    reference = oracle("dbsn.pt")["bayes"]["gray"]
    inputs = reference["inputs"]

    output = posterior_mean(
        inputs["target"], inputs["mu"], inputs["sigma_mu"], inputs["sigma_n"], gamma
    )

    torch.testing.assert_close(output, reference["output"][gamma], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("gamma", [1.0, 0.9])
@pytest.mark.parametrize("kind", ["gaussian", "poisson_gaussian", "multivariate_gaussian"])
def test_colour_outputs_are_the_released_ones(kind, gamma, oracle):
    reference = oracle("dbsn.pt")["bayes"]["color"][kind]
    inputs = reference["inputs"]

    output = posterior_mean(inputs["y"], inputs["mu"], *released_covariances(kind, inputs), gamma)

    # the released code adds 1e-6 in three places
    torch.testing.assert_close(output, reference["output"][gamma], atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("sigma", [5, 25, 50])
def test_the_closed_form_is_the_mean_of_the_product_of_both_gaussians(sigma):
    noisy, mean = torch.rand(2, 2, 3, 4, 5, dtype=torch.float64)
    of_mean, of_noise = (full(sigma / 255 * torch.randn(2, 6, 4, 5).double()) for _ in range(2))

    output = posterior_mean(noisy, mean, of_mean, of_noise)

    first, second = torch.linalg.inv(dense(of_mean)), torch.linalg.inv(dense(of_noise))
    y, mu = (image.movedim(1, -1)[..., None] for image in (noisy, mean))
    expected = torch.linalg.solve(first + second, first @ mu + second @ y)
    torch.testing.assert_close(output.movedim(1, -1)[..., None], expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_it_lies_between_the_mean_and_the_noisy_image(channels):
    noisy, mean, of_mean, of_noise = torch.rand(4, 2, channels, 4, 5)

    output = posterior_mean(noisy, mean, of_mean + 0.01, of_noise + 0.01)

    lowest, highest = torch.minimum(noisy, mean), torch.maximum(noisy, mean)
    assert ((output >= lowest - 1e-6) & (output <= highest + 1e-6)).all()


@pytest.mark.parametrize(("channels", "trusts_noisy"), [(1, True), (3, False)])
def test_a_gamma_below_one_trusts_the_noisy_image_more_for_grey_and_less_for_colour(
    channels, trusts_noisy
):
    noisy, mean = torch.ones(1, channels, 1, 1), torch.zeros(1, channels, 1, 1)
    variance = torch.full_like(mean, 0.01)

    output = posterior_mean(noisy, mean, variance, variance, gamma=0.5)

    assert bool((output > 0.5).all()) is trusts_noisy
