import numpy as np
import pytest
import torch

from harness_dbsn.network import DilatedBlindSpotNetwork, TrimmedConv2d


@pytest.mark.parametrize(("channels", "entry"), [(1, "dbsn_gray"), (3, "dbsn_color")])
def test_it_computes_what_the_released_network_computes(channels, entry, oracle):
    reference = oracle("dbsn.pt")[entry]
    network = DilatedBlindSpotNetwork(channels, width=16, blocks=2)
    network.load_state_dict(reference["state_dict"])

    estimate = network(reference["input"])

    assert list(network.state_dict()) == list(reference["state_dict"])
    torch.testing.assert_close(estimate.mean, reference["output"]["mu"], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(estimate.features, reference["output"]["feat"], atol=1e-5, rtol=1e-4)


def test_trimmed_convolutions_compute_what_the_released_ones_compute(oracle):
    reference = oracle("dbsn.pt")["dbsn_gray_trimmed"]
    network = DilatedBlindSpotNetwork(channels=1, width=16, blocks=1, blind_conv="trimmed")
    network.load_state_dict(reference["state_dict"])

    estimate = network(reference["input"])

    torch.testing.assert_close(estimate.mean, reference["output"]["mu"], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(estimate.features, reference["output"]["feat"], atol=1e-5, rtol=1e-4)


def test_it_computes_what_the_released_network_computes_at_full_size(oracle):
    reference = oracle("dbsn.pt")["dbsn_gray_full_recipe"]
    network = DilatedBlindSpotNetwork(channels=1)
    shapes = [(key, tuple(weight.shape)) for key, weight in network.state_dict().items()]
    assert shapes == [(key, tuple(shape)) for key, shape in reference["key_order"]]
    network.load_state_dict(drawn_weights(shapes, **pick(reference, "seed", "gain", "bias_scale")))

    estimate = network(reference["input"])

    scale = reference["output"]["mu"].abs().max()
    torch.testing.assert_close(
        estimate.mean, reference["output"]["mu"], atol=float(1e-4 * scale), rtol=1e-4
    )
    assert float(estimate.features.detach().abs().sum()) == pytest.approx(
        float(reference["output"]["feat_sum_abs"]), rel=1e-4
    )


def pick(mapping, *names):
    return {name: mapping[name] for name in names}


def drawn_weights(shapes, seed, gain, bias_scale):
    random = np.random.RandomState(seed)
    weights = {}
    for key, shape in shapes:
        scale = gain / np.sqrt(np.prod(shape[1:])) if len(shape) == 4 else bias_scale
        weights[key] = torch.from_numpy((random.standard_normal(shape) * scale).astype(np.float32))
    return weights


@pytest.mark.parametrize(("channels", "parameters"), [(1, 6_612_289), (3, 6_612_675)])
def test_it_has_as_many_parameters_as_the_released_network(channels, parameters):
    network = DilatedBlindSpotNetwork(channels)

    assert sum(weight.numel() for weight in network.parameters()) == parameters


@pytest.mark.parametrize("blind_conv", ["masked", "trimmed"])
@pytest.mark.parametrize("variant", ["release", "paper"])
def test_the_mean_is_blind_on_the_lattice_of_six_pixels(variant, blind_conv, influence):
    network = DilatedBlindSpotNetwork(3, 8, 2, variant, blind_conv).double()

    seen = influence(lambda noisy: network(noisy).mean, (1, 3, 37, 37))

    lattice = seen[0::6, 0::6]  # the centre, (18, 18), is on it
    assert lattice.count_nonzero() == 0
    assert seen.count_nonzero() > seen.numel() / 2


@pytest.mark.parametrize("variant", ["release", "paper"])
def test_the_features_are_blind_too_so_the_variance_is(variant, influence):
    network = DilatedBlindSpotNetwork(width=8, blocks=1, variant=variant).double()

    seen = influence(lambda noisy: network(noisy).features, (1, 3, 25, 25))

    assert seen[0::6, 0::6].count_nonzero() == 0


@pytest.mark.parametrize("variant", ["release", "paper"])
@pytest.mark.parametrize("blocks", [1, None])
def test_its_reach_is_what_the_gradient_shows(blocks, variant, influence, receptive_radius_of):
    network = DilatedBlindSpotNetwork(1, 8, blocks, variant).double()
    size = 2 * network.receptive_radius + 9

    seen = influence(lambda noisy: network(noisy).mean, (1, 1, size, size))

    assert receptive_radius_of(seen) == network.receptive_radius


@pytest.mark.parametrize(("variant", "size"), [("release", 101), ("paper", 89)])
def test_the_receptive_field_is_as_large_as_its_modules_say(variant, size):
    assert 2 * DilatedBlindSpotNetwork(width=1, variant=variant).receptive_radius + 1 == size


@pytest.mark.parametrize("variant", ["release", "paper"])
@pytest.mark.parametrize("blocks", [1, 2, None])
def test_an_untrained_network_outputs_about_mid_grey(blocks, variant):
    network = DilatedBlindSpotNetwork(width=32, blocks=blocks, variant=variant)

    mean = network(torch.rand(1, 3, 32, 32)).mean

    assert mean.min() > -1
    assert mean.max() < 2
    assert float(mean.detach().mean()) == pytest.approx(0.5, abs=0.3)


def test_a_trimmed_convolution_makes_up_for_the_taps_that_it_lacks():
    convolution = TrimmedConv2d(1, 3)
    torch.nn.init.ones_(convolution.weight)
    torch.nn.init.zeros_(convolution.bias)

    output = convolution(torch.ones(1, 1, 5, 6))

    torch.testing.assert_close(output, torch.full_like(output, 9.0))
