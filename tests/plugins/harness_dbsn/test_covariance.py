import pytest
import torch

from harness_dbsn.covariance import (
    FLOOR,
    apply,
    diagonal,
    distance_and_log_determinant,
    full,
    log_determinant_and_trace,
    shaped,
    solve,
)

ROWS, COLUMNS = torch.triu_indices(3, 3)
LEVELS = [5, 15, 25, 50]


def dense(covariance):
    """Either form -> N x H x W x C x C."""
    if covariance.shape[1] != 6:
        return torch.diag_embed(covariance.movedim(1, -1))
    matrices = covariance.new_zeros(*covariance.movedim(1, -1).shape[:-1], 3, 3)
    matrices[..., ROWS, COLUMNS] = covariance.movedim(1, -1)
    matrices[..., COLUMNS, ROWS] = covariance.movedim(1, -1)
    return matrices


def draw(entries, sigma=25, size=(4, 5), seed=0):
    """Covariances in double precision, with standard deviations of about ``sigma`` / 255."""
    generator = torch.Generator().manual_seed(seed)
    factor = torch.randn(2, entries, *size, generator=generator, dtype=torch.float64)
    return full(sigma / 255 * factor) if entries == 6 else diagonal(sigma / 255 * factor)


def residuals(channels):
    generator = torch.Generator().manual_seed(9)
    return 0.1 * torch.randn(2, channels, 4, 5, generator=generator, dtype=torch.float64)


def column(residual):
    return residual.movedim(1, -1)[..., None]


FORMS = [(1, 1), (3, 3), (3, 6)]


def test_a_factor_by_rows_is_an_upper_triangle():
    factor = torch.arange(1.0, 7, dtype=torch.float64)[None, :, None, None]
    upper = torch.tensor([[1.0, 2, 3], [0, 4, 5], [0, 0, 6]], dtype=torch.float64)

    expected = upper @ upper.T + FLOOR * torch.eye(3, dtype=torch.float64)

    torch.testing.assert_close(dense(full(factor))[0, 0, 0], expected)


@pytest.mark.parametrize(("channels", "entries"), FORMS)
@pytest.mark.parametrize("sigma", LEVELS)
def test_distance_and_log_determinant_are_those_of_dense_algebra(channels, entries, sigma):
    covariance, residual = draw(entries, sigma), residuals(channels)

    distance, log_determinant = distance_and_log_determinant(residual, covariance)

    solved = torch.linalg.solve(dense(covariance), column(residual))
    torch.testing.assert_close(distance, (column(residual).mT @ solved)[..., 0, 0])
    torch.testing.assert_close(log_determinant, torch.linalg.slogdet(dense(covariance)).logabsdet)


@pytest.mark.parametrize(("channels", "entries"), FORMS)
def test_solving_and_applying_are_those_of_dense_algebra(channels, entries):
    covariance, residual = draw(entries), residuals(channels)

    torch.testing.assert_close(
        column(solve(covariance, residual)),
        torch.linalg.solve(dense(covariance), column(residual)),
    )
    torch.testing.assert_close(
        column(apply(covariance, residual)), dense(covariance) @ column(residual)
    )


@pytest.mark.parametrize("entries", [1, 3, 6])
def test_the_trace_is_that_of_dense_algebra(entries):
    covariance, inner = draw(entries), draw(entries, sigma=10, seed=1)

    log_determinant, trace = log_determinant_and_trace(covariance, inner)

    ratio = torch.linalg.solve(dense(covariance), dense(inner))
    torch.testing.assert_close(trace, ratio.diagonal(dim1=-2, dim2=-1).sum(-1))
    torch.testing.assert_close(log_determinant, torch.linalg.slogdet(dense(covariance)).logabsdet)


@pytest.mark.parametrize(("channels", "entries"), FORMS)
def test_shaping_multiplies_by_a_root_of_the_covariance(channels, entries):
    covariance = draw(entries, size=(1, 1))
    units = torch.eye(channels, dtype=torch.float64)

    columns = [shaped(covariance[:1], unit[None, :, None, None]).flatten() for unit in units]

    root = torch.stack(columns, dim=1)
    torch.testing.assert_close(root @ root.T, dense(covariance)[0, 0, 0])


@pytest.mark.parametrize("entries", [3, 6])
def test_a_covariance_that_all_pixels_share_is_that_of_each(entries):
    one, residual = draw(entries, size=(1, 1)), residuals(3)
    everywhere = one.expand(-1, -1, 4, 5)

    for function in (solve, apply, shaped):
        torch.testing.assert_close(function(one, residual), function(everywhere, residual))
    shared = distance_and_log_determinant(residual, one)
    own = distance_and_log_determinant(residual, everywhere)
    torch.testing.assert_close(sum(shared), sum(own))


@pytest.mark.parametrize("level", [1e-3, 0.1, 1.0])
def test_noise_that_all_channels_share_keeps_its_determinant_in_single_precision(level):
    grey = torch.zeros(1, 6, 1, 1)
    grey[:, [2, 4, 5]] = level  # U Uᵀ has the same entry everywhere, but for the floor

    _, log_determinant = distance_and_log_determinant(torch.zeros(1, 3, 1, 1), full(grey))

    exact = torch.linalg.slogdet(dense(full(grey.double()))).logabsdet
    torch.testing.assert_close(log_determinant.double(), exact, atol=0.3, rtol=0)
