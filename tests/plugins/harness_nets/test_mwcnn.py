import numpy as np
import pytest
import torch

from harness import DataError
from harness.methods.state_dicts import load_strictly
from harness_nets.mwcnn import MWCNN, HaarTransform, InverseHaarTransform


def test_the_transforms_are_those_of_the_released_network(oracle):
    reference = oracle("dbsn.pt")["mwcnn"]
    analyse, synthesise = HaarTransform(), InverseHaarTransform()
    bands = analyse(reference["dwt_3ch_in"])

    torch.testing.assert_close(analyse(reference["input"]), reference["dwt_of_input"])
    torch.testing.assert_close(bands, reference["dwt_3ch_out"])
    torch.testing.assert_close(synthesise(bands), reference["iwt_roundtrip"])


def test_synthesis_is_the_inverse_of_analysis_and_keeps_the_energy():
    images = torch.rand(2, 3, 6, 10)

    bands = HaarTransform()(images)

    assert bands.shape == (2, 12, 3, 5)
    torch.testing.assert_close(InverseHaarTransform()(bands), images)
    torch.testing.assert_close(bands.square().sum(), images.square().sum())


def test_of_a_constant_image_only_the_first_band_of_each_channel_is_left():
    bands = HaarTransform()(torch.ones(1, 3, 4, 4))[0, :, 0, 0]

    assert bands.tolist() == [2, 0, 0, 0] * 3


def test_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("dbsn.pt")["mwcnn"]
    network = MWCNN(channels=1, width=12, deep_width=16)
    load_strictly(network, reference["state_dict"])

    denoised = network(reference["input"])

    assert list(network.state_dict()) == list(reference["state_dict"])
    torch.testing.assert_close(denoised, reference["output"], atol=1e-5, rtol=1e-4)


def test_at_full_size_it_computes_what_the_released_network_computes(oracle):
    reference = oracle("dbsn.pt")["mwcnn_full_recipe"]
    network = MWCNN(channels=1)
    random = np.random.RandomState(reference["seed"])
    drawn = {}
    for name, shape in reference["key_order"]:
        if name.startswith("level"):
            fan_in = np.prod(shape[1:])
            scale = reference["gain"] / np.sqrt(fan_in) if len(shape) == 4 else 0.01
            drawn[name] = torch.from_numpy(random.standard_normal(shape) * scale).float()
    load_strictly(network, network.state_dict() | drawn)

    torch.testing.assert_close(
        network(reference["input"]), reference["output"], atol=1e-4, rtol=1e-4
    )
    assert sum(weight.numel() for weight in network.parameters()) == 16_145_892


def test_weights_for_other_wavelets_are_refused():
    network = MWCNN(width=2, deep_width=2)
    weights = network.state_dict()
    weights["DWT.weight"] = -weights["DWT.weight"]

    with pytest.raises(DataError, match=r"another network: DWT\.weight holds other wavelets"):
        load_strictly(network, weights)


def test_it_starts_with_orthogonal_weights_and_without_biases():
    network = MWCNN(width=4, deep_width=4)
    weight = network.level1_prev.block[2].weight.flatten(1)

    torch.testing.assert_close(weight @ weight.T, torch.eye(4))
    assert all(not bias.any() for name, bias in network.named_parameters() if name.endswith("bias"))


def test_it_reaches_as_far_as_it_says(influence, receptive_radius_of):
    network = MWCNN(channels=1, width=4, deep_width=4).double()

    assert receptive_radius_of(influence(network, (1, 1, 16, 256))) == network.receptive_radius


def test_colour_images_are_denoised_too():
    assert MWCNN(width=2, deep_width=2)(torch.rand(2, 3, 8, 24)).shape == (2, 3, 8, 24)
