import pytest
import torch

from harness_nets.dncnn import DnCNN


def test_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("amsnet.pt")["dncnn"]
    network = DnCNN(width=16, layers=7)
    network.load_state_dict(reference["state_dict"])

    denoised = network.eval()(reference["input"])

    assert list(network.state_dict()) == list(reference["state_dict"])
    torch.testing.assert_close(denoised, reference["output"], atol=1e-5, rtol=1e-5)


def test_in_training_it_normalises_and_remembers_as_the_released_network(oracle):
    reference = oracle("amsnet.pt")["dncnn"]
    network = DnCNN(width=16, layers=7)
    network.load_state_dict(reference["state_dict"])

    denoised = network.train()(reference["input"])

    remembered = network.state_dict()
    torch.testing.assert_close(denoised, reference["train_output"], atol=1e-5, rtol=1e-5)
    for name, expected in reference["state_dict_after_train_forward"].items():
        torch.testing.assert_close(remembered[name], expected, atol=1e-5, rtol=1e-5)


def test_at_full_size_it_computes_what_the_released_network_computes(oracle, fill_by_rule):
    reference = oracle("amsnet.pt")["full_size"]["dncnn"]
    network = DnCNN()
    weights = fill_by_rule(network.state_dict())
    network.load_state_dict(weights)

    assert {name: list(w.shape) for name, w in weights.items()} == reference["state_shapes"]
    assert sum(weight.numel() for weight in network.parameters()) == reference["params"]
    torch.testing.assert_close(
        network.eval()(reference["input"]), reference["output"], atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize(
    ("layers", "batch_norm", "weights"),
    [(20, True, 670_531), (20, False, 668_227), (17, False, 557_443)],
)
def test_its_variants_have_as_many_weights_as_the_released_ones(layers, batch_norm, weights):
    network = DnCNN(layers=layers, batch_norm=batch_norm)

    assert sum(weight.numel() for weight in network.parameters()) == weights


def test_without_batch_normalisation_every_other_layer_is_a_convolution():
    names = DnCNN(width=2, layers=4, batch_norm=False).state_dict()

    assert [name for name in names if name.endswith("weight")] == [
        f"model.{index}.weight" for index in (0, 2, 4, 6)
    ]


@pytest.mark.parametrize("layers", [2, 5])
def test_it_reaches_a_pixel_further_with_every_layer(layers, influence, receptive_radius_of):
    network = DnCNN(channels=1, width=8, layers=layers).double().eval()

    assert (
        receptive_radius_of(influence(network, (1, 1, 21, 21)))
        == network.receptive_radius
        == layers
    )
