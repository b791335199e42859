"""What tests of plugins share: reference data, where it is there, and what a pixel depends on."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from harness.testing.receptive_field import Function, influence, reach_of

PROJECT = Path(__file__).parents[2]


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


@pytest.fixture(name="influence")
def _influence() -> Callable[[Function, tuple[int, ...]], Tensor]:
    """Measures how far the pixel in the middle of the output depends on each of the input."""
    return influence


@pytest.fixture
def receptive_radius_of() -> Callable[[Tensor], int]:
    """Reads from an influence map how many pixels to each side the pixel in its middle depends."""
    return reach_of


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
