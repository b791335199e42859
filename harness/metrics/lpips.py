"""Learned perceptual image patch similarity."""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness.errors import DataError, MetricUnavailableError
from harness.methods.pretrained import read_checkpoint
from harness.methods.state_dicts import load_strictly
from harness.metrics.trunks import TRUNKS, Net, trunk_digest, trunk_file
from harness.specs import MetricData
from harness.util.text import first_line

OWN_TRUNK = "own trunk"


def lpips_distance(
    denoised: Tensor, clean: Tensor, *, net: Net = "alex", trunk: str | None = None
) -> Tensor:
    """LPIPS per image, version 0.1 with its learned linear heads; 0 for identical images.

    Grey images are replicated to three channels; [0, 1] is mapped to [-1, 1].

    Args:
        denoised: N x C x H x W in [0, 1].
        clean: the same.
        net: the trunk; its weights are downloaded on first use.
        trunk: file of weights of one's own for that trunk, named as torchvision names them.

    Returns:
        N distances.

    Raises:
        MetricUnavailableError: the trunk's weights are missing or do not fit, or the images are
            too small for it.
    """
    height, width = clean.shape[-2:]
    smallest = TRUNKS[net].smallest
    if min(height, width) < smallest:
        raise MetricUnavailableError(
            f"images of {width}x{height} pixels are too small for LPIPS with {net}: "
            f"it needs {smallest}x{smallest}"
        )
    model = _model(net, trunk_file(net, trunk), trunk is not None, clean.device)
    with torch.no_grad():
        distances: Tensor = model(_as_rgb(denoised), _as_rgb(clean), normalize=True)
    return distances.flatten()


def probe_trunk(*, net: Net = "alex", trunk: str | None = None) -> MetricData | str:
    """The trunk's weights, after an attempt to download them; or why there are none."""
    try:
        path = trunk_file(net, trunk)
        digest = trunk_digest(net, path, is_own=trunk is not None)
    except (MetricUnavailableError, DataError) as error:
        return str(error)
    return MetricData(digest=digest, mark=OWN_TRUNK if trunk is not None else "")


@cache
def _model(net: Net, path: Path, is_own: bool, device: torch.device) -> Any:
    """The package's own model with the trunk of a file.

    Raises:
        MetricUnavailableError: the file is not the known one, or does not fit.
    """
    try:
        import lpips
    except (ImportError, RuntimeError) as error:  # RuntimeError: torchvision for another torch
        raise MetricUnavailableError(
            f"torchvision does not fit this torch ({first_line(error)}); reinstall both together"
        ) from error

    trunk_digest(net, path, is_own=is_own)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")  # lpips calls torchvision in a deprecated way
        model = lpips.LPIPS(net=net, version="0.1", pnet_rand=True, verbose=False)
    try:
        weights = read_checkpoint(path)
        load_strictly(model.net, _by_slice(model.net.state_dict(), weights))
    except DataError as error:
        raise MetricUnavailableError(f"cannot load the trunk {path}: {error}") from error
    return model.requires_grad_(False).to(device)


def _by_slice(names: Any, weights: dict[str, Any]) -> dict[str, Any]:
    """Torchvision's weights ``features.N.*`` by lpips's names for them, ``sliceK.N.*``.

    The layers after those, which lpips has no use for, are left out, and so is what is missing.
    """
    torchvision = {name: f"features.{name.partition('.')[2]}" for name in names}
    return {name: weights[known] for name, known in torchvision.items() if known in weights}


def _as_rgb(images: Tensor) -> Tensor:
    return images.expand(-1, 3, -1, -1)
