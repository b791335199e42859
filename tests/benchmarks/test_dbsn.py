"""D-BSN's closed forms for colour against dense linear algebra, in turn on the same machine."""

import pytest
import torch

from harness_dbsn.bayes import posterior_mean
from harness_dbsn.covariance import full
from harness_dbsn.likelihood import negative_log_likelihood

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
