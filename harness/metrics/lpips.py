"""Learned perceptual image patch similarity, and where its weights come from."""

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from harness.errors import MetricUnavailableError
from harness.util.text import first_line

TIMEOUT = 10.0
"""Seconds without an answer after which a download is given up."""

Trunk = Literal["alex", "vgg", "squeeze"]


@dataclass(frozen=True)
class _Trunk:
    """A trunk of LPIPS.

    Attributes:
        file: name of the file of its weights, where torchvision gets and keeps them.
        smallest: side of the smallest square image that passes through it.
    """

    file: str
    smallest: int

    @property
    def url(self) -> str:
        """Where torchvision downloads the weights."""
        return f"https://download.pytorch.org/models/{self.file}"

    @property
    def path(self) -> Path:
        """Where torchvision keeps the weights."""
        return Path(torch.hub.get_dir()) / "checkpoints" / self.file


_TRUNKS = {
    "alex": _Trunk("alexnet-owt-7be5be79.pth", 31),
    "vgg": _Trunk("vgg16-397923af.pth", 16),
    "squeeze": _Trunk("squeezenet1_1-b8a52dc0.pth", 17),
}


def lpips_distance(denoised: Tensor, clean: Tensor, *, network: Trunk = "alex") -> Tensor:
    """LPIPS per image, version 0.1 with its learned linear heads; 0 for identical images.

    Grey images are replicated to three channels; [0, 1] is mapped to [-1, 1].

    Args:
        denoised: N x C x H x W in [0, 1].
        clean: the same.
        network: the trunk; its weights are downloaded by torchvision on first use.

    Returns:
        N distances.

    Raises:
        MetricUnavailableError: the trunk's weights are missing, or the images are too small for
            it.
    """
    height, width = clean.shape[-2:]
    trunk = _TRUNKS[network]
    smallest = trunk.smallest
    if min(height, width) < smallest:
        raise MetricUnavailableError(
            f"images of {width}x{height} pixels are too small for LPIPS with {network}: "
            f"it needs {smallest}x{smallest}"
        )
    reason = missing_weights(network=network)
    if reason:
        raise MetricUnavailableError(reason)
    model = _model(network, str(trunk.path), clean.device)
    with torch.no_grad():
        distances: Tensor = model(_as_rgb(denoised), _as_rgb(clean), normalize=True)
    return distances.flatten()


def missing_weights(*, network: Trunk = "alex") -> str | None:
    """Why the trunk's weights are missing, after an attempt to download them; None: they are not.

    Weights lie where torchvision keeps them, ``$TORCH_HOME/hub/checkpoints``. A download that
    failed is not tried again in the same process.
    """
    trunk = _TRUNKS[network]
    return None if trunk.path.exists() else _download(trunk.url, trunk.path)


@cache
def _download(url: str, file: Path) -> str | None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _socket_timeout(TIMEOUT):
            torch.hub.download_url_to_file(
                url,
                str(file),
                hash_prefix=file.stem.rsplit("-", 1)[1],
                progress=False,
            )
    except (OSError, HTTPException, RuntimeError) as error:
        return f"no trunk weights: cannot download {url} ({error}); put that file at {file}"
    return None


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@cache
def _model(network: str, file: str, device: torch.device) -> Any:
    """The package's own model, from its own loading code; ``file`` keeps the cache honest."""
    try:
        import lpips
    except (ImportError, RuntimeError) as error:  # RuntimeError: torchvision for another torch
        raise MetricUnavailableError(
            f"torchvision does not fit this torch ({first_line(error)}); reinstall both together"
        ) from error

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lpips calls torchvision in a deprecated way
        try:
            model = lpips.LPIPS(net=network, version="0.1", verbose=False)
        except Exception as error:  # a damaged file fails in many ways
            raise MetricUnavailableError(
                f"cannot load the trunk weights {file}: {first_line(error)}; "
                "delete the file, and it is downloaded again"
            ) from error
    return model.requires_grad_(False).to(device)


def _as_rgb(images: Tensor) -> Tensor:
    return images.expand(-1, 3, -1, -1)
