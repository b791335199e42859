import pytest
import torch

from harness.methods.method import Method
from harness_ssid.encoder_decoder import UNet


class Alone(Method):
    """The denoiser without its teachers."""

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.size_multiple = network.size_multiple
        self.receptive_radius = network.receptive_radius

    def denoise(self, noisy):
        return self.network(noisy)


@pytest.mark.parametrize("entry", ["unet", "unet_rect"])
def test_it_computes_what_the_released_denoiser_computes(entry, oracle):
    references = oracle("ssid.pt")
    network = UNet()
    network.load_state_dict(references["unet"]["state_dict"])
    expected = references[entry]["output"]

    denoised = 255 * network(references[entry]["input"] / 255)

    assert list(network.state_dict()) == list(references["unet"]["state_dict"])
    tolerance = float(1e-5 * expected.abs().max() + 1e-4)
    torch.testing.assert_close(denoised, expected, atol=tolerance, rtol=0)


def test_its_first_weights_are_drawn_as_the_released_ones(oracle):
    reference = oracle("ssid.pt")["unet"]
    torch.manual_seed(reference["seed"])

    weights = UNet().state_dict()

    assert all(torch.equal(weights[name], value) for name, value in reference["state_dict"].items())


def test_it_has_as_many_parameters_as_the_released_denoiser():
    assert sum(weight.numel() for weight in UNet().parameters()) == 1_083_747


def test_it_sees_no_further_than_it_says(influence):
    network = UNet(channels=1, width=4).double()

    seen = influence(network, (1, 1, 384, 384)).nonzero() - 192

    assert 100 < seen.abs().max() <= network.receptive_radius
