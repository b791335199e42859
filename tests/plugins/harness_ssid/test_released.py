import pytest
import torch

from harness import DataError
from harness_ssid.blind import BlindNeighbourhoodNetwork
from harness_ssid.encoder_decoder import UNet
from harness_ssid.local import LocallyAwareNetwork
from harness_ssid.method import SSID

SMALL = {"bnn": "ssid-bnn[width=2]", "lan": "ssid-lan[width=4]", "denoiser": "ssid-unet[width=2]"}


def method(**parameters):
    return SSID(**SMALL, **parameters)


@pytest.fixture
def networks():
    """As in the released files, under the names of files to resume from."""
    return {
        "BNN": BlindNeighbourhoodNetwork(width=2),
        "LAN": LocallyAwareNetwork(width=4),
        "UNet": UNet(width=2),
    }


def in_parallel(network):
    return {f"module.{name}": value for name, value in network.state_dict().items()}


def same(network, other):
    weights = other.state_dict()
    return all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("wrap", [lambda w: w, lambda w: {"epoch": 3, "model": w}])
@pytest.mark.parametrize("wrapped_network", [lambda n: n.state_dict(), in_parallel])
@pytest.mark.parametrize(("name", "output"), [("BNN", "bnn"), ("LAN", "lan"), ("UNet", "denoiser")])
def test_the_file_of_one_network_is_recognised(networks, wrap, wrapped_network, name, output):
    ssid = method(output=output)

    ssid.load_pretrained(wrap(wrapped_network(networks[name])))

    assert same(getattr(ssid, output), networks[name])


@pytest.mark.parametrize("dropped", ["output_conv.", "output_block.4."])
def test_either_name_of_the_last_layer_will_do(networks, dropped):
    weights = networks["BNN"].state_dict()
    ssid = method(output="bnn")

    ssid.load_pretrained({name: weights[name] for name in weights if not name.startswith(dropped)})

    assert same(ssid.bnn, networks["BNN"])


def test_a_file_to_resume_from_holds_several(networks):
    ssid = method(output="fusion")
    checkpoint = {name: in_parallel(networks[name]) for name in ("BNN", "LAN")}

    ssid.load_pretrained({"iter": 800_000, "optimizer_LAN": {}, "scheduler_LAN": {}, **checkpoint})

    assert same(ssid.bnn, networks["BNN"])
    assert same(ssid.lan, networks["LAN"])


def test_a_file_without_the_network_of_the_output_is_refused(networks):
    with pytest.raises(
        DataError,
        match=r"those of bnn, and output=denoiser needs denoiser: .* or set output=bnn",
    ):
        method().load_pretrained(networks["BNN"].state_dict())


def test_weights_of_another_network_are_refused_in_one_line(networks):
    weights = networks["UNet"].state_dict()
    del weights["decode_block_3.0.bias"]

    with pytest.raises(DataError, match=r"another network: it lacks decode_block_3\.0\.bias$"):
        method().load_pretrained(weights)
    with pytest.raises(DataError, match=r"another network: it lacks .*; it also has weight$"):
        method().load_pretrained({"weight": torch.zeros(1)})
    with pytest.raises(DataError, match="of another shape are encode_block_1"):
        method().load_pretrained(UNet(width=3).state_dict())
