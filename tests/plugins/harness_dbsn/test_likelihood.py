import pytest
import torch

from harness_dbsn.likelihood import (
    VARIANCE_FLOOR,
    diagonal_covariance,
    least_squares,
    negative_log_likelihood,
)

UPPER = torch.triu_indices(3, 3)


def pack(matrices):
    """N x H x W x 3 x 3 -> N x 6 x H x W."""
    return matrices[..., UPPER[0], UPPER[1]].movedim(-1, 1)


def random_covariances(sigma, shape=(2, 4, 5)):
    """Full covariances, N x H x W x 3 x 3, whose standard deviations are about ``sigma``."""
    generator = torch.Generator().manual_seed(0)
    factor = torch.randn(*shape, 3, 3, generator=generator, dtype=torch.float64)
    return sigma**2 * (factor @ factor.mT + torch.eye(3, dtype=torch.float64)) / 4


def random_images(channels, sigma):
    generator = torch.Generator().manual_seed(1)
    mean = torch.rand(2, channels, 4, 5, generator=generator, dtype=torch.float64)
    noise = torch.randn(mean.shape, generator=generator, dtype=torch.float64)
    return mean + sigma * noise, mean


def test_least_squares_is_the_released_loss(oracle):
    losses = oracle("dbsn.pt")["loss"]

    grey, colour = (
        least_squares(losses[kind]["inputs"]["target"], losses[kind]["inputs"]["mu"])
        for kind in ("gray", "color")
    )

    values = {kind: losses[kind]["value"]["L2Loss"]["value"] for kind in losses}
    torch.testing.assert_close(grey, values["gray"], rtol=1e-4, atol=0)
    pixels = losses["color"]["inputs"]["mu"].numel()  # the released loss of colour is a sum
    torch.testing.assert_close(colour * pixels, values["color"], rtol=1e-4, atol=0)


def test_the_grey_likelihood_is_half_the_released_loss(oracle):
    losses = oracle("dbsn.pt")["loss"]["gray"]
    reference = losses["value"]["MAPLoss"]
    inputs = losses["inputs"]
    mean = inputs["mu"].clone().requires_grad_()
    covariance = (inputs["sigma_mu"] + inputs["sigma_n"]).requires_grad_()

    loss = 2 * negative_log_likelihood(inputs["target"], mean, covariance)
    loss.backward()

    torch.testing.assert_close(loss, reference["value"], rtol=1e-4, atol=0)
    torch.testing.assert_close(mean.grad, reference["grad_mu"], rtol=1e-4, atol=1e-6)
    for name in ("grad_sigma_mu", "grad_sigma_n"):
        torch.testing.assert_close(covariance.grad, reference[name], rtol=1e-4, atol=1e-6)


def test_the_colour_likelihood_is_the_released_loss(oracle):
    losses = oracle("dbsn.pt")["loss"]["color"]
    reference = losses["value"]["MAPLoss"]
    inputs = losses["inputs"]
    mean = inputs["mu"].clone().requires_grad_()
    matrices = (inputs["sigma_mu"] + inputs["sigma_n"]).requires_grad_()

    loss = negative_log_likelihood(inputs["target"], mean, pack(matrices))
    loss.backward()

    torch.testing.assert_close(loss, reference["value"], rtol=1e-4, atol=0)
    torch.testing.assert_close(mean.grad, reference["grad_mu"], rtol=1e-4, atol=1e-6)
    # what stands below the diagonal is not read: its gradient shows above it
    symmetric = (matrices.grad + matrices.grad.mT) / 2
    for name in ("grad_sigma_mu", "grad_sigma_n"):
        expected = (reference[name] + reference[name].mT) / 2
        torch.testing.assert_close(symmetric, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("sigma", [5, 15, 25, 50])
def test_the_closed_form_equals_dense_linear_algebra(sigma):
    covariances = random_covariances(sigma / 255)
    noisy, mean = random_images(3, sigma / 255)

    residual = (noisy - mean).movedim(1, -1)[..., None]
    distance = (residual.mT @ torch.linalg.solve(covariances, residual))[..., 0, 0]
    expected = (0.5 * distance + 0.5 * torch.linalg.slogdet(covariances).logabsdet).mean()

    loss = negative_log_likelihood(noisy, mean, pack(covariances))
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("sigma", [5, 15, 25, 50])
@pytest.mark.parametrize("channels", [1, 3])
def test_its_gradients_are_right(channels, sigma):
    noisy, mean = random_images(channels, sigma / 255)
    packed = pack(random_covariances(sigma / 255))
    covariance = packed if channels == 3 else packed[:, :1]

    # steps are a small part of a standard deviation and of a variance
    assert torch.autograd.gradcheck(
        lambda offset, scale: negative_log_likelihood(
            noisy, mean + offset * sigma / 255, covariance * scale.exp()
        ),
        (torch.zeros_like(mean, requires_grad=True), torch.zeros_like(covariance).requires_grad_()),
    )


@pytest.mark.parametrize("sigma", [2, 5, 15, 25, 50])
def test_the_determinant_has_a_gradient_at_every_noise_level(sigma):
    factor = torch.full((1, 3, 1, 1), sigma / 255, dtype=torch.float64, requires_grad=True)
    noisy = torch.rand(1, 3, 1, 1, dtype=torch.float64)

    negative_log_likelihood(noisy, noisy, diagonal_covariance(factor)).backward()

    # without a residual the loss is the sum of log standard deviations
    expected = factor.detach() / (factor.detach() ** 2 + VARIANCE_FLOOR)
    torch.testing.assert_close(factor.grad, expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_least_where_mean_and_variance_are_true(channels):
    noise = torch.randn(1, channels, 100, 100, generator=torch.Generator().manual_seed(0))
    noise = noise / noise.square().mean((2, 3), keepdim=True).sqrt()

    losses = [
        negative_log_likelihood(
            0.1 * noise, offset + 0 * noise, diagonal_covariance(std + 0 * noise)
        )
        for offset, std in [(0.0, 0.1), (0.03, 0.1), (0.0, 0.08), (0.0, 0.13)]
    ]

    assert losses[0] == min(losses)


def test_a_dead_factor_still_gives_a_finite_loss_in_single_precision():
    noisy = torch.rand(1, 3, 4, 4)

    loss = negative_log_likelihood(noisy, torch.zeros_like(noisy), diagonal_covariance(0 * noisy))

    assert loss.isfinite()
