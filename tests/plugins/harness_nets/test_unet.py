import pytest
import torch

from harness_nets.unet import UNet


def test_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("amsnet.pt")["unet"]
    network = UNet(width=8)
    network.load_state_dict(reference["state_dict"])

    assert list(network.state_dict()) == list(reference["state_dict"])
    torch.testing.assert_close(
        network(reference["input"]), reference["output"], atol=1e-5, rtol=1e-5
    )


def test_at_full_size_it_computes_what_the_released_network_computes(oracle, fill_by_rule):
    reference = oracle("amsnet.pt")["full_size"]["unet"]
    network = UNet()
    weights = fill_by_rule(network.state_dict())
    network.load_state_dict(weights)

    assert {name: list(w.shape) for name, w in weights.items()} == reference["state_shapes"]
    assert sum(weight.numel() for weight in network.parameters()) == reference["params"]
    torch.testing.assert_close(
        network(reference["input"]), reference["output"], atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_it_reaches_about_as_far_as_it_says_and_no_further(levels, influence, receptive_radius_of):
    network = UNet(channels=1, width=8, levels=levels, tail=8).double()
    multiple = network.size_multiple

    seen = receptive_radius_of(influence(network, (1, 1, 6 * multiple, 12 * multiple)))

    # a pooling passes on one pixel of four, not always the furthest
    assert network.receptive_radius - multiple < seen <= network.receptive_radius


@pytest.mark.parametrize("levels", [1, 3, 5])
def test_sides_are_multiples_of_what_it_says(levels):
    network = UNet(channels=1, width=2, levels=levels, tail=2)
    noisy = torch.rand(2, 1, network.size_multiple, 3 * network.size_multiple)

    assert network(noisy).shape == noisy.shape


@pytest.mark.parametrize(("init", "share"), [("released", 0.1), ("kaiming", 1)])
def test_it_starts_with_a_share_of_kaimings_weights_and_without_biases(init, share):
    network = UNet(width=32, init=init)
    kaiming = (2 / (32 * 9)) ** 0.5

    assert network.enc_conv1.weight.std().item() == pytest.approx(share * kaiming, rel=0.05)
    assert all(not bias.any() for name, bias in network.named_parameters() if name.endswith("bias"))
