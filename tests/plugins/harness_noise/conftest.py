"""Noise to measure: made, and that of real pairs where they are."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.data.dataset import Dataset
from harness_noise import Observation

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def generator() -> np.random.Generator:
    """The same draws in every test."""
    return np.random.default_rng(0)


@pytest.fixture
def observe() -> Callable[..., Observation]:
    """Makes an observation of noise on an even grey, or on a given clean image."""

    def observe(
        noise: NDArray[np.float64],
        intensity: NDArray[np.float64] | float = 128.0,
        name: str = "image",
    ) -> Observation:
        clean = np.broadcast_to(np.asarray(intensity, dtype=float), noise.shape)
        noisy = clean + noise
        return Observation(name, noise, clean, noisy <= 0, noisy >= 255)

    return observe


@pytest.fixture
def real_data() -> Callable[..., Dataset]:
    """Opens a dataset of real pairs by its class and folder, or skips the test."""

    def open_dataset(dataset: type, *folder: str) -> Dataset:
        root = Path(os.environ.get("HARNESS_REAL_DATA", PROJECT.parent / "shared" / "data"))
        place = root.joinpath(*folder)
        if not place.is_dir():
            pytest.skip(f"no photographs at {place}; set HARNESS_REAL_DATA to the folder above")
        made: Dataset = dataset(place)
        return made

    return open_dataset


@pytest.fixture
def brute_force() -> Callable[[str, Sequence[NDArray[np.float64]], int], NDArray[np.float64]]:
    """The correlation map straight from its definition, pair by pair."""

    def correlate(
        definition: str, images: Sequence[NDArray[np.float64]], radius: int
    ) -> NDArray[np.float64]:
        of_distance = {"pooled": _pooled, "rgb-direction": _direction}[definition]
        side = range(-radius, radius + 1)
        return np.array(
            [
                [of_distance([_pairs(image, down, right) for image in images]) for right in side]
                for down in side
            ]
        )

    return correlate


Pairs = tuple[NDArray[np.float64], NDArray[np.float64]]


def _pairs(image: NDArray[np.float64], down: int, right: int) -> Pairs:
    """All pixels with a partner at a distance, and their partners, N x C each."""
    height, width, channels = image.shape
    rows = slice(max(0, -down), min(height, height - down))
    columns = slice(max(0, -right), min(width, width - right))
    partner = image[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    return image[rows, columns].reshape(-1, channels), partner.reshape(-1, channels)


def _pooled(images: Sequence[Pairs]) -> float:
    covariance = first_variance = second_variance = 0.0
    for first, second in images:
        first, second = first - first.mean(axis=0), second - second.mean(axis=0)
        covariance += (first * second).sum()
        first_variance += (first**2).sum()
        second_variance += (second**2).sum()
    return float(covariance / np.sqrt(first_variance * second_variance))


def _direction(images: Sequence[Pairs]) -> float:
    values = [
        np.corrcoef(one, other)[0, 1]
        for first, second in images
        for one, other in zip(first, second, strict=True)
        if np.ptp(one) > 0 and np.ptp(other) > 0
    ]
    return float(np.mean(values)) if values else float("nan")
