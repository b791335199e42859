import subprocess
import sys
import warnings

import lpips
import pytest
import torch
from torchvision import models

from harness.data.images import read_image, to_tensor
from harness.errors import MetricUnavailableError
from harness.metrics.lpips import lpips_distance, probe_trunk
from harness.util.files import digest_of


def test_looking_for_a_trunk_imports_neither_torchvision_nor_lpips(tmp_path):
    own = tmp_path / "own.pth"
    own.write_bytes(b"weights")
    program = (
        "import sys; from harness.metrics.lpips import probe_trunk; "
        "probe_trunk(); probe_trunk(trunk=sys.argv[1]); "
        "print({'torchvision', 'lpips'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, own], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.fixture
def alexnet(tmp_path):
    """A random trunk of one's own, saved as torchvision's are; its file."""
    torch.manual_seed(0)
    file = tmp_path / "own.pth"
    torch.save(models.alexnet().state_dict(), file)
    return str(file)


def test_it_is_what_the_lpips_package_computes_with_the_weights_in_torch_home(
    alexnet, tmp_path, monkeypatch
):
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "alexnet-owt-7be5be79.pth").symlink_to(alexnet)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    denoised, clean = torch.rand(2, 2, 3, 40, 48)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = lpips.LPIPS(net="alex", verbose=False)
    trunk = package.net.slice1[0].weight
    assert torch.equal(trunk, torch.load(alexnet)["features.0.weight"])

    with torch.no_grad():
        expected = package(2 * denoised - 1, 2 * clean - 1).flatten()

    torch.testing.assert_close(lpips_distance(denoised, clean, trunk=alexnet), expected)


@pytest.mark.parametrize(
    ("net", "network"),
    [("alex", models.alexnet), ("vgg", models.vgg16), ("squeeze", models.squeezenet1_1)],
)
def test_every_trunk_takes_the_weights_that_torchvision_names(net, network, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    features = {
        f"features.{name.partition('.')[2]}": weight
        for name, weight in package.net.state_dict().items()
    }
    assert features.keys() <= network(weights=None).state_dict().keys()
    file = tmp_path / "features.pth"
    torch.save(features, file)
    denoised, clean = torch.rand(2, 1, 3, 40, 40)

    with torch.no_grad():
        expected = package(2 * denoised - 1, 2 * clean - 1).flatten()

    torch.testing.assert_close(lpips_distance(denoised, clean, net=net, trunk=str(file)), expected)


@pytest.mark.parametrize(
    ("net", "file", "first", "second"),
    [
        ("alex", "alexnet.features.safetensors", 0.7219, 0.1376),  # lpips prints 0.722, 0.138
        ("squeeze", "squeezenet1_1.features.safetensors", 0.7110, 0.1479),
    ],
)
def test_the_example_of_its_authors_has_their_distances(shared_lpips, net, file, first, second):
    reference, *others = (
        to_tensor(read_image(shared_lpips / f"ex_{name}.png"))[None] for name in ("ref", "p0", "p1")
    )
    trunk = str(shared_lpips / file)
    found = [lpips_distance(other, reference, net=net, trunk=trunk).item() for other in others]
    assert found == pytest.approx([first, second], abs=5e-5)


def test_identical_images_are_at_distance_zero_and_others_are_not(alexnet):
    denoised, clean = torch.rand(2, 1, 3, 40, 40)

    assert lpips_distance(clean, clean, trunk=alexnet).item() == 0
    assert lpips_distance(denoised, clean, trunk=alexnet).item() > 0


def test_grey_images_are_replicated(alexnet):
    denoised, clean = torch.rand(2, 1, 1, 40, 40)

    replicated = lpips_distance(
        denoised.repeat(1, 3, 1, 1), clean.repeat(1, 3, 1, 1), trunk=alexnet
    )

    torch.testing.assert_close(lpips_distance(denoised, clean, trunk=alexnet), replicated)


def test_loading_is_silent_and_draws_nothing(alexnet, capfd):
    images = torch.rand(1, 3, 40, 40)
    before = torch.random.get_rng_state()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lpips_distance(images, images, trunk=alexnet)

    assert capfd.readouterr() == ("", "")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_trunk_of_ones_own_has_its_digest_and_a_mark(alexnet, tmp_path):
    found = probe_trunk(trunk=alexnet)

    assert found.digest == digest_of(tmp_path / "own.pth")
    assert found.mark == "own trunk"


def test_a_known_trunk_has_its_digest_and_no_mark(trunk_here):
    found = probe_trunk()

    assert found.digest == digest_of(trunk_here)
    assert found.mark == ""


def test_a_trunk_of_ones_own_that_is_missing_is_named(tmp_path):
    missing = str(tmp_path / "nothing.pth")
    assert probe_trunk(trunk=missing) == f"there is no trunk file {missing}"


def test_a_trunk_of_ones_own_that_is_damaged_is_refused(tmp_path):
    file = tmp_path / "own.pth"
    file.write_bytes(b"half a download")
    images = torch.rand(1, 3, 40, 40)

    with pytest.raises(MetricUnavailableError) as caught:
        lpips_distance(images, images, trunk=str(file))

    assert str(caught.value).startswith(f"cannot load the trunk {file}: ")
    assert "\n" not in str(caught.value)


def test_a_trunk_of_ones_own_that_is_of_another_network_is_refused(alexnet):
    images = torch.rand(1, 3, 40, 40)

    with pytest.raises(
        MetricUnavailableError,
        match=r"^cannot load the trunk .*own\.pth: these are the weights of another network: "
        r"it lacks slice\d",
    ):
        lpips_distance(images, images, net="vgg", trunk=alexnet)


@pytest.mark.parametrize(("net", "smallest"), [("alex", 31), ("vgg", 16), ("squeeze", 17)])
def test_the_smallest_image_passes_through_the_trunk_and_a_smaller_one_has_no_score(net, smallest):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    enough, too_small = (torch.rand(1, 3, side, side) for side in (smallest, smallest - 1))

    assert package(enough, enough).item() == 0
    with pytest.raises(RuntimeError):
        package(too_small, too_small)
    with pytest.raises(
        MetricUnavailableError,
        match=rf"^images of {smallest - 1}x{smallest - 1} pixels are too small for LPIPS with "
        rf"{net}: it needs {smallest}x{smallest}$",
    ):
        lpips_distance(too_small, too_small, net=net)
