import pytest
import torch

from harness_apbsn.network import Branch, LightBlindSpotNetwork


def test_it_has_as_many_parameters_as_the_released_network():
    assert sum(weight.numel() for weight in LightBlindSpotNetwork().parameters()) == 3_656_131


def test_its_weights_are_named_and_shaped_as_in_the_released_code(oracle):
    released = oracle("apbsn.pt")["state_dict"]
    shapes = {name: value.shape for name, value in LightBlindSpotNetwork().state_dict().items()}

    assert {f"bsn.{name}": shape for name, shape in shapes.items()} == {
        name: value.shape for name, value in released.items() if not name.endswith("mask")
    }


@pytest.mark.parametrize("blocks", [1, 2, 9])
def test_its_reach_is_what_the_gradient_shows(blocks, influence, receptive_radius_of):
    network = LightBlindSpotNetwork(channels=1, width=24, blocks=blocks).double()
    size = 2 * network.receptive_radius + 9

    seen = influence(network, (1, 1, size, size))

    assert network.receptive_radius == 2 + 3 * blocks
    assert receptive_radius_of(seen) == network.receptive_radius


@pytest.mark.parametrize("dilation", [2, 3])
def test_a_branch_is_blind_at_all_multiples_of_its_dilation(dilation, influence):
    branch = Branch(width=4, blocks=2, dilation=dilation).double()

    seen = influence(branch, (1, 4, 25, 25))  # the centre is at (12, 12)

    assert seen[::dilation, ::dilation].count_nonzero() == 0
    assert seen[12 - branch.receptive_radius : 13 + branch.receptive_radius, 11].count_nonzero() > 0


def test_the_estimate_is_blind_at_the_pixel_and_at_multiples_of_six(influence):
    network = LightBlindSpotNetwork(width=8, blocks=2).double()

    seen = influence(network, (1, 3, 25, 25))

    assert seen[::6, ::6].count_nonzero() == 0
    assert seen[11:14, 11:14].count_nonzero() == 8  # all neighbours, not the centre


def test_without_dilation_it_sees_the_pixel_itself_by_as_many_weights(
    influence, receptive_radius_of
):
    dilated, ordinary = (
        LightBlindSpotNetwork(width=24, blocks=2, dilated=dilated).double()
        for dilated in (True, False)
    )

    seen = influence(ordinary, (1, 3, 25, 25))

    assert seen[12, 12] > 0
    assert receptive_radius_of(seen) == ordinary.receptive_radius == 2 + 2
    assert {n: w.shape for n, w in ordinary.state_dict().items()} == {
        n: w.shape for n, w in dilated.state_dict().items()
    }


def test_four_channels_will_do():
    noisy = torch.rand(2, 4, 5, 8)

    assert LightBlindSpotNetwork(4, width=4, blocks=1)(noisy).shape == noisy.shape


@torch.no_grad()
def test_with_orthogonal_weights_more_of_the_colours_reaches_the_output(equally_bright):
    colours = equally_bright(16, 12)

    def contrast(init):
        networks = [LightBlindSpotNetwork(width=16, blocks=2, init=init) for _ in range(10)]
        outputs = [network(colours)[..., 6, 6] for network in networks]
        return sum(float((a.std(0) / a.abs().mean()).mean()) for a in outputs)

    assert contrast("orthogonal") > 2 * contrast("default")


def test_with_orthogonal_weights_residual_blocks_are_first_the_identity():
    branch = LightBlindSpotNetwork(width=4, blocks=2, init="orthogonal").branch1
    features = torch.rand(1, 4, 9, 9)

    for block in (branch.body[6], branch.body[7]):
        assert torch.equal(block(features), features)
