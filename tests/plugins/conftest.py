"""What tests of plugins share: reference data, where it is there, and what a pixel depends on."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

PROJECT = Path(__file__).parents[2]

Function = Callable[[Tensor], Tensor]


@pytest.fixture(autouse=True)
def seed() -> None:
    """Untrained weights are the same in every test; a narrow network may draw itself dead."""
    torch.manual_seed(0)


@pytest.fixture
def oracle() -> Callable[[str], Mapping[str, Any]]:
    """Reads a file of reference numbers, or skips the test."""

    def load(name: str) -> Mapping[str, Any]:
        file = _folder("HARNESS_ORACLES", "../shared/oracles") / name
        if not file.is_file():
            pytest.skip(f"no reference numbers at {file}; set HARNESS_ORACLES to their folder")
        numbers: Mapping[str, Any] = torch.load(file, weights_only=True)
        return numbers

    return load


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Finds a folder of real photographs, or skips the test."""

    def find(name: str) -> Path:
        folder = _folder("HARNESS_REAL_DATA", "../shared/data") / name
        if not folder.is_dir():
            pytest.skip(f"no photographs at {folder}; set HARNESS_REAL_DATA to the folder above")
        return folder

    return find


@pytest.fixture
def influence() -> Callable[[Function, tuple[int, ...]], Tensor]:
    """Measures how far the pixel in the middle of the output depends on each pixel of the input.

    The function that it gives maps a function of images, N x C x H x W, and an input shape to the
    absolute gradients, H x W, of a random mix of the pixel's channels.
    """

    def measure(function: Function, shape: tuple[int, ...]) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        noisy = torch.rand(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        pixel = function(noisy)[0, :, shape[2] // 2, shape[3] // 2]
        mix = torch.rand(pixel.shape, generator=generator, dtype=torch.float64)
        (gradient,) = torch.autograd.grad(pixel @ mix, noisy)
        return gradient[0].abs().sum(0)

    return measure


@pytest.fixture
def receptive_radius_of() -> Callable[[Tensor], int]:
    """Reads from an influence map how many pixels to each side the pixel in its middle depends."""

    def furthest(influence: Tensor) -> int:
        centre = torch.tensor([side // 2 for side in influence.shape])
        return int((influence.nonzero() - centre).abs().max())

    return furthest


@pytest.fixture
def equally_bright() -> Callable[[int, int], Tensor]:
    """Makes N flat images of N colours of one luminance, N x 3 x side x side."""

    def make(count: int, side: int) -> Tensor:
        angles = torch.arange(count) * 2 * torch.pi / count
        chroma = 0.2 * torch.stack([angles.cos(), angles.sin(), -angles.cos() - angles.sin()], 1)
        return (0.5 + chroma).view(count, 3, 1, 1).expand(count, 3, side, side)

    return make


def _folder(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable, PROJECT / default))
