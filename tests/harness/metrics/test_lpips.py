import subprocess
import sys
import warnings

import lpips
import pytest
import torch
from torchvision import models

from harness.errors import MetricUnavailableError
from harness.metrics.lpips import _TRUNKS, lpips_distance, missing_weights

FILES = {
    "alex": "alexnet-owt-7be5be79.pth",
    "vgg": "vgg16-397923af.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
}


@pytest.mark.parametrize(
    ("network", "weights"),
    [
        ("alex", models.AlexNet_Weights),
        ("vgg", models.VGG16_Weights),
        ("squeeze", models.SqueezeNet1_1_Weights),
    ],
)
def test_weights_are_those_of_torchvision(network, weights):
    assert _TRUNKS[network].url == weights.IMAGENET1K_V1.url


def test_looking_for_weights_does_not_import_torchvision(torch_home):
    program = (
        "import sys; from harness.metrics.lpips import missing_weights; missing_weights(); "
        "print({'torchvision', 'lpips'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.fixture
def torch_home(tmp_path, monkeypatch):
    """An empty TORCH_HOME on a machine that reaches no server; its folder of weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    return checkpoints


@pytest.fixture
def alexnet(torch_home):
    """A random trunk, saved as torchvision saves a downloaded one."""
    torch.manual_seed(0)
    file = torch_home / FILES["alex"]
    torch.save(models.alexnet().state_dict(), file)
    return file


def test_it_is_what_the_lpips_package_computes_with_the_weights_in_torch_home(alexnet):
    denoised, clean = torch.rand(2, 2, 3, 40, 48)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = lpips.LPIPS(net="alex", verbose=False)
    trunk = package.net.slice1[0].weight
    assert torch.equal(trunk, torch.load(alexnet)["features.0.weight"])

    with torch.no_grad():
        expected = package(2 * denoised - 1, 2 * clean - 1).flatten()

    assert missing_weights(network="alex") is None
    torch.testing.assert_close(lpips_distance(denoised, clean), expected)


def test_identical_images_are_at_distance_zero_and_others_are_not(alexnet):
    denoised, clean = torch.rand(2, 1, 3, 40, 40)

    assert lpips_distance(clean, clean).item() == 0
    assert lpips_distance(denoised, clean).item() > 0


def test_grey_images_are_replicated(alexnet):
    denoised, clean = torch.rand(2, 1, 1, 40, 40)

    replicated = lpips_distance(denoised.repeat(1, 3, 1, 1), clean.repeat(1, 3, 1, 1))

    torch.testing.assert_close(lpips_distance(denoised, clean), replicated)


def test_loading_is_silent(alexnet, capfd):
    images = torch.rand(1, 3, 40, 40)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lpips_distance(images, images)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("network", ["alex", "vgg", "squeeze"])
def test_without_weights_and_network_there_is_a_reason_and_no_number(torch_home, network):
    images = torch.rand(1, 3, 40, 40)
    file = torch_home / FILES[network]

    reason = missing_weights(network=network)

    assert reason is not None
    assert reason.startswith("no trunk weights: cannot download https://")
    assert reason.endswith(f"put that file at {file}")
    with pytest.raises(MetricUnavailableError) as caught:
        lpips_distance(images, images, network=network)
    assert str(caught.value) == reason
    assert list(torch_home.iterdir()) == []


def test_a_damaged_weights_file_is_named(torch_home):
    file = torch_home / FILES["alex"]
    file.write_bytes(b"half a download")
    images = torch.rand(1, 3, 40, 40)

    with pytest.raises(MetricUnavailableError) as caught:
        lpips_distance(images, images)

    assert str(caught.value).startswith(f"cannot load the trunk weights {file}: ")
    assert str(caught.value).endswith("; delete the file, and it is downloaded again")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("network", "smallest"), [("alex", 31), ("vgg", 16), ("squeeze", 17)])
def test_the_smallest_image_passes_through_the_trunk_and_a_smaller_one_has_no_score(
    network, smallest
):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = lpips.LPIPS(net=network, pnet_rand=True, verbose=False)
    enough, too_small = (torch.rand(1, 3, side, side) for side in (smallest, smallest - 1))

    assert package(enough, enough).item() == 0
    with pytest.raises(RuntimeError):
        package(too_small, too_small)
    with pytest.raises(
        MetricUnavailableError,
        match=rf"^images of {smallest - 1}x{smallest - 1} pixels are too small for LPIPS with "
        rf"{network}: it needs {smallest}x{smallest}$",
    ):
        lpips_distance(too_small, too_small, network=network)
