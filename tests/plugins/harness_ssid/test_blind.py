import pytest
import torch

from harness import ParameterError
from harness_ssid.blind import BlindNeighbourhoodNetwork
from harness_ssid.layers import shifted_down


def tolerance(expected):
    return float(1e-5 * expected.abs().max() + 1e-4)


def released(reference):
    network = BlindNeighbourhoodNetwork()
    network.load_state_dict(reference["state_dict"])
    return network


def test_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("ssid.pt")["bnn"]
    network = released(reference)
    expected = reference["output"]

    estimate = 255 * network(reference["input"] / 255)

    assert list(network.state_dict()) == list(reference["state_dict"])
    torch.testing.assert_close(estimate, expected, atol=tolerance(expected), rtol=0)


def test_it_computes_what_the_released_network_computes_with_other_shifts(oracle):
    references = oracle("ssid.pt")
    network = released(references["bnn"])
    shifts = references["bnn_shifts"]

    for shift, expected in shifts["outputs"].items():
        estimate = 255 * network(shifts["input"] / 255, shift=int(shift))
        torch.testing.assert_close(estimate, expected, atol=tolerance(expected), rtol=0)


def test_its_first_weights_are_drawn_as_the_released_ones(oracle):
    reference = oracle("ssid.pt")["bnn"]
    torch.manual_seed(reference["seed"])

    weights = BlindNeighbourhoodNetwork().state_dict()

    assert all(torch.equal(weights[name], value) for name, value in reference["state_dict"].items())


def test_it_has_as_many_parameters_as_the_released_network():
    network = BlindNeighbourhoodNetwork()

    assert sum(weight.numel() for weight in network.parameters()) == 1_268_547


@pytest.mark.parametrize("size", [1, 3, 5, 7, 9, 11])
@pytest.mark.parametrize("phase", [(0, 0), (1, 0), (0, 1), (3, 2), (7, 13)])
def test_it_is_blind_to_the_square_and_beyond_it_only_to_parts_of_the_next_ring(
    size, phase, influence
):
    network = BlindNeighbourhoodNetwork(channels=1, width=4, size=size).double()
    side, shift = 64, (size + 1) // 2
    row, column = (side // 2 + step for step in phase)

    def moved(noisy):
        return network(noisy).roll((-phase[0], -phase[1]), (2, 3))

    seen = influence(moved, (1, 1, side, side)) > 0

    def around(distance):
        return seen[row - distance : row + distance + 1, column - distance : column + distance + 1]

    unseen = (~around(shift + 6)).nonzero() - (shift + 6)
    inner = unseen.abs().amax(1) < shift
    assert inner.sum() == size**2
    # by phase, two sides of the ring are reached by the skip alone, which sees two columns around
    assert (~inner).sum() == max(0, 4 * shift - 11)
    assert (unseen[~inner].abs().amax(1) == shift).all()
    assert (unseen[~inner].abs().amin(1) > 0).all()


def test_a_shift_of_one_row_makes_it_an_ordinary_blind_spot_network(influence):
    network = BlindNeighbourhoodNetwork(channels=1, width=4).double()

    seen = influence(lambda noisy: network(noisy, shift=1), (1, 1, 64, 64))

    assert seen[32, 32] == 0
    assert (seen[31:34, 31:34] > 0).sum() >= 4


@pytest.mark.parametrize("size", [(64, 96), (96, 32), (32, 32)])
def test_it_turns_the_image_four_ways_and_back_whatever_its_shape(size):
    network = BlindNeighbourhoodNetwork(width=4)
    noisy = torch.rand(2, 3, *size)

    branches = []
    for turn in range(4):
        above = shifted_down(network.features(255 * noisy.rot90(turn, (2, 3))), 5)
        branches.append(above.rot90(-turn, (2, 3)))
    expected = network.output_block(torch.cat(branches, dim=1)) / 255

    torch.testing.assert_close(network(noisy), expected, atol=1e-5, rtol=1e-5)


def test_it_sees_no_further_than_it_says(influence):
    network = BlindNeighbourhoodNetwork(channels=1, width=1).double()

    seen = influence(network, (1, 1, 704, 704)).nonzero() - 352

    assert 200 < seen.abs().max() <= network.receptive_radius


def test_as_a_branch_it_outputs_features():
    network = BlindNeighbourhoodNetwork(width=4, features=24)

    assert network(torch.rand(1, 3, 32, 64)).shape == (1, 24, 32, 64)
    assert network.outputs == 24
    assert "output_conv.weight" not in network.state_dict()


def test_an_even_square_is_refused():
    with pytest.raises(ParameterError, match="ssid-bnn: the blind square has an odd side, not 8"):
        BlindNeighbourhoodNetwork(size=8)
