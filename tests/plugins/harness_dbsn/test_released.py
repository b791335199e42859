import argparse

import pytest
import torch

from harness import DataError
from harness.methods.pretrained import read_checkpoint
from harness_dbsn.method import DBSN
from harness_dbsn.released import GREY_OFFSET

SMALL = {"width": 4, "blocks": 1, "stride": 1}
NOISE_LAYERS = ("conv.0", "conv.2", "conv.4", "conv.6", "conv_final")


def method(**parameters):
    return DBSN(**SMALL | parameters)


def in_parallel(weights):
    return {f"module.{name}": value for name, value in weights.items()}


def layers(names, widths):
    """Weights and biases of 1x1 convolutions."""
    drawn = {}
    for name, inputs, width in zip(names, widths[:-1], widths[1:], strict=True):
        drawn[f"{name}.weight"] = torch.randn(width, inputs, 1, 1)
        drawn[f"{name}.bias"] = torch.randn(width)
    return drawn


def checkpoint(channels=3, hidden=32, outputs=3, **more):
    """As the released trainers save it."""
    network = method(channels=channels).denoiser.network.state_dict()
    head = layers(("conv.0", "conv.2", "conv.4"), (4, hidden, hidden, outputs))
    noise = layers(NOISE_LAYERS, (channels, hidden, hidden, hidden, hidden, outputs))
    return {
        "state_dict_dbsn": in_parallel(network),
        "state_dict_sigma_mu": in_parallel(head),
        "state_dict_sigma_n": in_parallel(noise),
        "optimizer_state_dbsn": {"state": {}, "param_groups": []},
        "training_params": {"step": 3, "start_epoch": 1},
        "args": argparse.Namespace(noise_type="gaussian"),
        **more,
    }


@pytest.mark.parametrize(
    ("channels", "noise", "hidden", "outputs"),
    [(1, "awgn", 16, 1), (1, "hg", 32, 1), (3, "mg", 32, 6), (3, "hg", 32, 3), (3, "awgn", 32, 3)],
)
def test_a_released_file_is_loaded_whatever_its_widths(tmp_path, channels, noise, hidden, outputs):
    released = checkpoint(channels, hidden, outputs)
    torch.save(released, tmp_path / "released.pth")
    dbsn = method(channels=channels, noise=noise)

    dbsn.load_pretrained(read_checkpoint(tmp_path / "released.pth"))

    assert (
        in_parallel(dbsn.denoiser.network.state_dict()).keys() == released["state_dict_dbsn"].keys()
    )
    assert (
        in_parallel(dbsn.denoiser.head.state_dict()).keys()
        == released["state_dict_sigma_mu"].keys()
    )
    networks = dbsn.denoiser.noise.networks
    assert networks.weights[0].shape == (1, hidden, channels)
    bias = released["state_dict_sigma_n"]["module.conv_final.bias"]
    torch.testing.assert_close(networks.biases[-1][0], bias + GREY_OFFSET * (channels == 1))
    assert dbsn.denoise(torch.rand(1, channels, 8, 9)).isfinite().all()


def test_one_level_for_all_channels_is_given_to_each():
    dbsn = method(noise="awgn")
    dbsn.load_pretrained(checkpoint(outputs=1))
    noisy = torch.rand(1, 3, 8, 8)

    prediction = dbsn.denoiser(noisy)
    covariance = dbsn.denoiser.noise_covariance(prediction, torch.tensor([0]))

    torch.testing.assert_close(covariance[:, 0], covariance[:, 2])
    torch.testing.assert_close(prediction.covariance[:, 0], prediction.covariance[:, 2])


def test_its_noise_network_is_given_to_every_phase_of_the_bayer_pattern():
    dbsn = method(stride=4, groups=True)

    dbsn.load_pretrained(checkpoint())

    table = dbsn.denoiser.noise.networks.weights[0]
    assert len(table) == 4
    assert torch.equal(table, table[:1].expand_as(table))


@pytest.mark.parametrize("wrap", [in_parallel, lambda w: w, lambda w: {"state_dict_dbsn": w}])
def test_a_file_of_the_network_alone_gives_the_mean(wrap):
    weights = method().denoiser.network.state_dict()
    dbsn = method(bayes=False)

    dbsn.load_pretrained(wrap(weights))

    assert all(
        torch.equal(value, weights[name])
        for name, value in dbsn.denoiser.network.state_dict().items()
    )
    with pytest.raises(DataError, match=r"the mean alone, without covariances: set bayes=false"):
        method().load_pretrained(wrap(weights))


def test_a_distilled_file_loads_the_student():
    dbsn = method(distill=True, student="ssid-unet[width=2]", student_crop=32)
    weights = {name: torch.randn_like(value) for name, value in dbsn.student.state_dict().items()}

    dbsn.load_pretrained(checkpoint(state_dict_cnn_denoiser=weights))

    assert all(
        torch.equal(value, weights[name]) for name, value in dbsn.student.state_dict().items()
    )


def test_a_file_without_a_student_is_refused_where_one_is_asked_for():
    dbsn = method(distill=True, student="ssid-unet[width=2]", student_crop=32)

    with pytest.raises(DataError, match=r"no distilled network \(state_dict_cnn_denoiser\)"):
        dbsn.load_pretrained(checkpoint())


@pytest.mark.parametrize(
    ("noise", "outputs", "needed"), [("hg", 6, "mg"), ("mg", 3, "hg"), ("hg", 1, "awgn")]
)
def test_another_kind_of_noise_is_refused_and_named(noise, outputs, needed):
    with pytest.raises(DataError, match=rf"another kind of noise than {noise}.*noise={needed}$"):
        method(noise=noise).load_pretrained(checkpoint(outputs=outputs))


def test_other_weights_are_refused():
    with pytest.raises(DataError, match="the weights of another network: it lacks"):
        method().load_pretrained({"conv.weight": torch.rand(3)})
    with pytest.raises(DataError, match=r"another network: it lacks conv\.0\.weight"):
        method().load_pretrained(checkpoint(state_dict_sigma_n={}))
    with pytest.raises(DataError, match="no weights of D-BSN, but a int"):
        method().load_pretrained({"state_dict_dbsn": 3})


def test_the_variant_of_the_paper_has_no_released_weights():
    with pytest.raises(DataError, match="released weights are those of variant=release"):
        method(variant="paper").load_pretrained(checkpoint())
