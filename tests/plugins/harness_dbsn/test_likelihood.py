import pytest
import torch

from harness_dbsn.covariance import FLOOR, diagonal, full
from harness_dbsn.likelihood import least_squares, negative_log_likelihood

ROWS, COLUMNS = torch.triu_indices(3, 3)
RELEASED = {"plain": "MAPLoss", "constrained": "DBSNLoss"}
LEVELS = [5, 15, 25, 50]


def pack(matrices):
    """N x H x W x 3 x 3 -> N x 6 x H x W."""
    return matrices[..., ROWS, COLUMNS].movedim(-1, 1)


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


@pytest.mark.parametrize("likelihood", RELEASED)
@pytest.mark.parametrize("frozen", [False, True])
def test_the_grey_likelihoods_are_half_the_released_losses(likelihood, frozen, oracle):
    losses = oracle("dbsn.pt")["loss"]["gray"]
    reference = losses["value"][RELEASED[likelihood] + "_Pretrain" * frozen]
    inputs = {name: value.clone().requires_grad_() for name, value in losses["inputs"].items()}
    mean = inputs["mu"].detach() if frozen else inputs["mu"]

    terms = negative_log_likelihood(
        inputs["target"], mean, inputs["sigma_mu"], inputs["sigma_n"], likelihood
    )
    loss = 2 * terms.mean()
    loss.backward()

    torch.testing.assert_close(loss, reference["value"], rtol=1e-4, atol=0)
    if not frozen:
        torch.testing.assert_close(inputs["mu"].grad, reference["grad_mu"], rtol=1e-4, atol=1e-6)
    for name in ("sigma_mu", "sigma_n"):
        torch.testing.assert_close(
            inputs[name].grad, reference[f"grad_{name}"], rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("likelihood", RELEASED)
@pytest.mark.parametrize("frozen", [False, True])
def test_the_colour_likelihoods_are_the_released_losses(likelihood, frozen, oracle):
    losses = oracle("dbsn.pt")["loss"]["color"]
    reference = losses["value"][RELEASED[likelihood] + "_Pretrain" * frozen]
    inputs = {name: value.clone().requires_grad_() for name, value in losses["inputs"].items()}
    mean = inputs["mu"].detach() if frozen else inputs["mu"]

    loss = negative_log_likelihood(
        inputs["target"], mean, pack(inputs["sigma_mu"]), pack(inputs["sigma_n"]), likelihood
    ).mean()
    loss.backward()

    torch.testing.assert_close(loss, reference["value"], rtol=1e-4, atol=0)
    if not frozen:
        torch.testing.assert_close(inputs["mu"].grad, reference["grad_mu"], rtol=1e-4, atol=1e-6)
    # what stands below the diagonal is not read: its gradient shows above it; the released trace
    # is of the inverse of the noise's covariance plus 1e-6, which changes gradients by 4e-5
    for name in ("sigma_mu", "sigma_n"):
        found, expected = inputs[name].grad, reference[f"grad_{name}"]
        torch.testing.assert_close(found + found.mT, expected + expected.mT, rtol=1e-4, atol=5e-5)


@pytest.mark.parametrize("likelihood", RELEASED)
@pytest.mark.parametrize("entries", [1, 3, 6])
@pytest.mark.parametrize("sigma", LEVELS)
def test_gradients_are_right(likelihood, entries, sigma):
    generator = torch.Generator().manual_seed(0)

    def draw(count):
        drawn = torch.randn(2, count, 2, 3, generator=generator, dtype=torch.float64)
        return drawn.requires_grad_()

    channels = min(entries, 3)
    level = sigma / 255
    make = full if entries == 6 else diagonal

    # the arguments are of the order of one: residuals in standard deviations, and factors
    assert torch.autograd.gradcheck(
        lambda residual, of_mean, of_noise: negative_log_likelihood(
            level * residual,
            0 * residual,
            make(0.3 * level * of_mean),
            make(level * of_noise),
            likelihood,
        ),
        (draw(channels), draw(entries), draw(entries)),
    )


@pytest.mark.parametrize("likelihood", RELEASED)
@pytest.mark.parametrize("sigma", [2, *LEVELS])
def test_the_determinant_has_a_gradient_at_every_noise_level(likelihood, sigma):
    factor = torch.full((1, 3, 1, 1), sigma / 255, dtype=torch.float64, requires_grad=True)
    noisy = torch.rand(1, 3, 1, 1, dtype=torch.float64)

    loss = negative_log_likelihood(noisy, noisy, 0 * factor, diagonal(factor), likelihood)
    loss.sum().backward()

    # without a residual the loss is the sum of log standard deviations
    expected = factor.detach() / (factor.detach() ** 2 + FLOOR)
    torch.testing.assert_close(factor.grad, expected)


@pytest.mark.parametrize("likelihood", RELEASED)
@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_least_where_mean_and_variance_are_true(likelihood, channels):
    noise = torch.randn(1, channels, 100, 100, generator=torch.Generator().manual_seed(0))
    noise = noise / noise.square().mean((2, 3), keepdim=True).sqrt()

    losses = [
        negative_log_likelihood(
            0.1 * noise, offset + 0 * noise, 0 * noise, diagonal(std + 0 * noise), likelihood
        ).mean()
        for offset, std in [(0.0, 0.1), (0.03, 0.1), (0.0, 0.08), (0.0, 0.13)]
    ]

    assert losses[0] == min(losses)


def test_the_plain_likelihood_sees_the_sum_of_both_covariances_alone():
    noisy, mean = torch.rand(2, 1, 3, 4, 4)
    small, large = diagonal(torch.full_like(mean, 0.05)), diagonal(torch.full_like(mean, 0.1))

    torch.testing.assert_close(
        negative_log_likelihood(noisy, mean, small, large),
        negative_log_likelihood(noisy, mean, large, small),
    )


def test_the_constrained_likelihood_favours_noise_over_doubt():
    noisy, mean = torch.rand(2, 1, 3, 4, 4)
    small, large = diagonal(torch.full_like(mean, 0.05)), diagonal(torch.full_like(mean, 0.1))

    favoured = negative_log_likelihood(noisy, mean, small, large, "constrained")
    other = negative_log_likelihood(noisy, mean, large, small, "constrained")

    assert (favoured < other).all()


@pytest.mark.parametrize("likelihood", RELEASED)
@pytest.mark.parametrize("entries", [3, 6])
def test_dead_factors_still_give_a_finite_loss_in_single_precision(likelihood, entries):
    noisy = torch.rand(1, 3, 4, 4)
    dead = torch.zeros(1, entries, 4, 4)
    covariance = full(dead) if entries == 6 else diagonal(dead)

    loss = negative_log_likelihood(noisy, 0 * noisy, covariance, covariance, likelihood)

    assert loss.isfinite().all()
