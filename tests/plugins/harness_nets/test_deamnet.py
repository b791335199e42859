import torch
from torch import nn

from harness_nets.deamnet import DeamNet


def test_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("amsnet.pt")["deamnet"]
    network = DeamNet()
    network.load_state_dict(reference["state_dict"])

    assert list(network.state_dict()) == list(reference["state_dict"])
    torch.testing.assert_close(
        network(reference["input"]), reference["output"], atol=1e-5, rtol=1e-5
    )


def test_filled_by_rule_it_computes_what_the_released_network_computes(oracle, fill_by_rule):
    reference = oracle("amsnet.pt")["full_size"]["deamnet"]
    network = DeamNet()
    weights = fill_by_rule(network.state_dict())
    network.load_state_dict(weights)

    assert {name: list(w.shape) for name, w in weights.items()} == reference["state_shapes"]
    torch.testing.assert_close(
        network(reference["input"]), reference["output"], atol=1e-4, rtol=1e-4
    )


def test_every_weight_is_of_use_but_those_that_are_buffers():
    network = DeamNet(width=16)

    network(torch.rand(1, 3, 16, 16)).sum().backward()

    assert all(weight.grad is not None for weight in network.parameters())
    assert {name.split(".")[1] for name, _ in network.named_buffers()} == {
        "conv_dila1", "conv_dila2", "conv_dila3", "cat1"
    }  # fmt: skip


def test_it_has_as_many_weights_as_released_of_which_some_are_of_no_use():
    network = DeamNet()
    useful = sum(weight.numel() for weight in network.parameters())
    useless = sum(buffer.numel() for buffer in network.buffers())

    assert (useful + useless, useless) == (2_228_131, 352_512)


def test_it_reaches_as_far_as_it_says(influence, receptive_radius_of):
    network = DeamNet(channels=1, width=2).double()
    keep_alive(network)

    def one_to_the_right(noisy):  # what stands before the middle reaches furthest to the left
        return network(noisy).roll(1, dims=3)

    assert (
        receptive_radius_of(influence(one_to_the_right, (1, 1, 16, 1536)))
        == network.receptive_radius + 1
    )


@torch.no_grad()
def keep_alive(network):
    """Make every unit an average of what it reads: then no ReLU is silent, no gate saturated."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.abs_().div_(module.weight.sum((1, 2, 3), keepdim=True))
            if module.bias is not None:
                module.bias.zero_()
