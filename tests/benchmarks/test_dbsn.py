"""D-BSN against plain forms: closed forms for colour against dense linear algebra, and a step."""

import pytest
import torch

from harness import NoisyBatch
from harness_dbsn.bayes import posterior_mean
from harness_dbsn.covariance import full
from harness_dbsn.likelihood import negative_log_likelihood
from harness_dbsn.method import DBSN

SIDE = 256
ROWS, COLUMNS = torch.triu_indices(3, 3)


def images():
    """Noisy image, mean and both covariances, packed."""
    torch.manual_seed(0)
    noisy, mean = torch.rand(2, 1, 3, SIDE, SIDE)
    covariances = (full(0.1 * torch.randn(1, 6, SIDE, SIDE)) + diagonal() for _ in range(2))
    return noisy, mean, *covariances


def diagonal():
    return 1e-3 * torch.tensor([1.0, 0, 0, 1, 0, 1])[:, None, None]


def dense(packed):
    """N x 6 x H x W -> N x H x W x 3 x 3."""
    a, b, c, d, e, f = packed.unbind(1)
    return torch.stack([a, b, c, b, d, e, c, e, f], dim=-1).unflatten(-1, (3, 3))


def column(image):
    return image.movedim(1, -1)[..., None]


def dense_likelihood(noisy, mean, of_mean, of_noise, likelihood):
    inner, outer = dense(of_mean), dense(of_noise)
    residual = column(noisy - mean)
    distance = (residual.mT @ torch.linalg.inv(inner + outer) @ residual)[..., 0, 0]
    if likelihood == "plain":
        return 0.5 * (distance + torch.linalg.det(inner + outer).log())
    ratio = torch.linalg.inv(outer) @ inner
    trace = ratio.diagonal(dim1=-2, dim2=-1).sum(-1)
    return 0.5 * (distance + torch.linalg.det(outer).log() + trace)


def dense_posterior_mean(noisy, mean, of_mean, of_noise):
    first, second = torch.linalg.inv(dense(of_mean)), torch.linalg.inv(dense(of_noise))
    weighted = first @ column(mean) + second @ column(noisy)
    return (torch.linalg.inv(first + second) @ weighted)[..., 0].movedim(-1, 1)


def with_gradients(function, noisy, *inputs, **options):
    leaves = [value.clone().requires_grad_() for value in inputs]
    function(noisy, *leaves, **options).mean().backward()
    return [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("likelihood", ["plain", "constrained"])
def test_the_likelihood_of_colour_and_its_gradients(compare, likelihood):
    inputs = images()

    fast = with_gradients(negative_log_likelihood, *inputs, likelihood=likelihood)
    plain = with_gradients(dense_likelihood, *inputs, likelihood=likelihood)

    for found, expected in zip(fast, plain, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-6)
    compare(
        lambda: with_gradients(negative_log_likelihood, *inputs, likelihood=likelihood),
        lambda: with_gradients(dense_likelihood, *inputs, likelihood=likelihood),
        rounds=11,
    )


def test_bayes_step_of_colour(compare):
    inputs = images()

    with torch.inference_mode():
        torch.testing.assert_close(
            posterior_mean(*inputs), dense_posterior_mean(*inputs), rtol=1e-3, atol=1e-4
        )
        compare(
            lambda: posterior_mean(*inputs),
            lambda: dense_posterior_mean(*inputs),
            rounds=21,
        )


def plain_step(stage, noisy, image):
    """The network in PyTorch's own order of memory, its convolutions dilated."""
    denoiser = stage.denoiser
    network = denoiser.network
    shared = network.dbsn_head(noisy)
    features = network.concat(torch.cat([network.br1(shared), network.br2(shared)], dim=1))
    mean, covariance = network.dbsn_tail(features), denoiser.head(features)
    noise = denoiser.noise(mean, denoiser.sets(image))
    return negative_log_likelihood(noisy, mean, covariance, noise, stage.likelihood).mean()


def test_a_step_of_the_likelihood_at_full_width(compare):
    torch.manual_seed(0)
    method = DBSN(blocks=2, stride=1)
    stage = next(stage for stage in method.stages() if stage.name == "likelihood")
    noisy, image = torch.rand(1, 3, 48, 48), torch.zeros(1, dtype=torch.long)
    batch = NoisyBatch(noisy=noisy, image=image)

    torch.testing.assert_close(stage(batch), plain_step(stage, noisy, image))
    compare(
        lambda: stage(batch).backward(),
        lambda: plain_step(stage, noisy, image).backward(),
        rounds=7,
    )
