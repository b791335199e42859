import pytest
import torch

from harness_dbsn.covariance import diagonal
from harness_dbsn.noise_model import INITIAL_DOUBT, INITIAL_NOISE, NoiseModel, SigmaHead
from harness_dbsn.released import load_noise

KINDS = {"gaussian": "awgn", "poisson_gaussian": "hg", "multivariate_gaussian": "mg"}
ROWS, COLUMNS = torch.triu_indices(3, 3)


def zeros(count=1):
    return torch.zeros(count, dtype=torch.long)


def drawn(kind, channels, sets, hidden=8):
    """A noise model whose networks all differ."""
    model = NoiseModel(kind, channels, hidden, sets)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    return model


def test_the_grey_network_computes_what_the_released_one_computes(oracle):
    reference = oracle("dbsn.pt")["cnn_est"]

    model = load_noise(NoiseModel("hg", 1, hidden=4), reference["state_dict"])
    levels = load_noise(NoiseModel("awgn", 1, hidden=4), reference["state_dict"])

    raw = model.networks(reference["input"], zeros(2))
    torch.testing.assert_close(raw, reference["output"]["raw"], atol=1e-5, rtol=1e-4)
    for found, name in ((model, "std_per_pixel"), (levels, "std_awgn_train_and_kd")):
        deviation = found(reference["input"], zeros(2)).sqrt()
        expected = reference["output"][name]
        torch.testing.assert_close(deviation.expand_as(expected), expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("released", KINDS)
def test_the_colour_networks_compute_what_the_released_ones_compute(released, oracle):
    reference = oracle("dbsn.pt")["cnn_est_color"][released]
    kind = KINDS[released]

    model = load_noise(NoiseModel(kind, 3, hidden=4), reference["state_dict"])
    covariance = model(reference["input_sigma_n"], zeros(2))

    expected = reference["Sigma_n"].movedim((-2, -1), (1, 2))
    rows, columns = (ROWS, COLUMNS) if kind == "mg" else (torch.arange(3), torch.arange(3))
    expected = expected[:, rows, columns]
    covariance = covariance if kind != "hg" else covariance[..., ::6, ::6]
    torch.testing.assert_close(covariance.expand_as(expected), expected, atol=3e-6, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS.values())
@pytest.mark.parametrize("channels", [1, 3])
def test_it_starts_at_a_tenth_whatever_it_sees(kind, channels):
    covariance = NoiseModel(kind, channels, hidden=8)(torch.rand(2, channels, 4, 5), zeros(2))

    deviations = covariance[:, [0, 3, 5] if covariance.shape[1] == 6 else ...].sqrt()
    torch.testing.assert_close(
        deviations, torch.full_like(deviations, INITIAL_NOISE), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(("kind", "size"), [("awgn", (1, 1)), ("mg", (1, 1)), ("hg", (4, 5))])
def test_only_heteroscedastic_noise_differs_between_pixels(kind, size):
    assert drawn(kind, 3, sets=1)(torch.rand(2, 3, 4, 5), zeros(2)).shape[2:] == size


def test_noise_at_a_pixel_depends_on_that_pixel_alone(influence):
    model = drawn("hg", 1, sets=1).double()

    seen = influence(lambda images: model(images, zeros()), (1, 1, 9, 9))

    assert seen[4, 4] > 0
    assert seen.count_nonzero() == 1


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_image_is_given_to_its_own_network(kind):
    model, images = drawn(kind, 3, sets=4), torch.rand(3, 3, 4, 5)

    together = model(images, torch.tensor([2, 0, 2]))

    for index, chosen in enumerate([2, 0, 2]):
        alone = NoiseModel(kind, 3, hidden=8)
        with torch.no_grad():
            for own, table in zip(alone.parameters(), model.parameters(), strict=True):
                own.copy_(table[chosen : chosen + 1])
        expected = alone(images[index : index + 1], zeros())
        torch.testing.assert_close(together[index : index + 1], expected)


def test_a_network_learns_only_from_its_own_images():
    model = drawn("hg", 1, sets=3)

    model(torch.rand(2, 1, 4, 4), torch.tensor([0, 2])).sum().backward()

    for table in model.parameters():
        assert table.grad[1].count_nonzero() == 0
    assert all(model.networks.weights[0].grad[index].abs().sum() > 0 for index in (0, 2))


def test_resizing_copies_the_first_network():
    model, images = drawn("hg", 3, sets=1), torch.rand(2, 3, 4, 4)
    before = model(images, zeros(2))

    model.networks.resize(5)

    torch.testing.assert_close(model(images, torch.tensor([4, 1])), before)


def test_a_saved_table_of_networks_is_loaded_at_its_size():
    saved, fresh = drawn("mg", 3, sets=7), NoiseModel("mg", 3, hidden=8)

    fresh.load_state_dict(saved.state_dict())

    assert fresh.networks.sets == 7
    for expected, found in zip(saved.parameters(), fresh.parameters(), strict=True):
        assert torch.equal(expected, found)


def test_a_network_of_the_paper_has_865_parameters():
    assert sum(weight.numel() for weight in NoiseModel("hg", 1, hidden=16).parameters()) == 865


@pytest.mark.parametrize(
    ("kind", "channels", "hidden", "parameters"),
    [("awgn", 1, 16, 1841), ("hg", 1, 32, 4193), ("hg", 3, 32, 4259), ("mg", 3, 32, 4358)],
)
def test_the_head_has_as_many_parameters_as_the_released_one(kind, channels, hidden, parameters):
    head = SigmaHead(96, kind, channels, hidden)

    assert sum(weight.numel() for weight in head.parameters()) == parameters


def test_the_grey_head_computes_what_the_released_one_computes(oracle):
    reference = oracle("dbsn.pt")["sigma_mu_head"]
    head = SigmaHead(16, "hg", channels=1, hidden=16)
    head.load_state_dict(reference["state_dict"])

    assert list(head.state_dict()) == list(reference["state_dict"])
    expected = diagonal(reference["output"]["raw"])  # the released variance, plus our floor
    torch.testing.assert_close(head(reference["input"]), expected, atol=1e-6, rtol=1e-4)
    torch.testing.assert_close(expected, reference["output"]["var"], atol=2e-6, rtol=1e-4)


@pytest.mark.parametrize("released", ["poisson_gaussian", "multivariate_gaussian"])
def test_the_colour_heads_compute_what_the_released_ones_compute(released, oracle):
    reference = oracle("dbsn.pt")["cnn_est_color"][released]
    kind = KINDS[released]
    head = SigmaHead(16, kind, channels=3, hidden=32)
    head.load_state_dict(reference["state_dict_sigma_mu"])

    covariance = head(reference["input_sigma_mu"])

    rows, columns = (ROWS, COLUMNS) if kind == "mg" else (torch.arange(3), torch.arange(3))
    expected = reference["Sigma_mu"][..., rows, columns].movedim(-1, 1)
    covariance = covariance if kind == "mg" else covariance[..., ::6, ::6]
    torch.testing.assert_close(covariance.expand_as(expected), expected, atol=3e-6, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_untrained_head_has_little_doubt(kind):
    covariance = SigmaHead(8, kind, channels=3, hidden=8)(torch.randn(1, 8, 5, 5))

    deviations = covariance[:, [0, 3, 5] if kind == "mg" else ...].sqrt()
    torch.testing.assert_close(
        deviations, torch.full_like(deviations, INITIAL_DOUBT), atol=1e-4, rtol=0
    )


def test_networks_compute_in_single_precision_under_autocast():
    model = drawn("hg", 3, sets=1)
    images = torch.rand(1, 3, 8, 8)
    expected = model(images, zeros())

    with torch.autocast("cpu", torch.bfloat16):
        found = model(images, zeros())

    assert torch.equal(found, expected)
