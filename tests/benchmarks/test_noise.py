"""Correlation maps by Fourier transforms, against their definitions pair by pair."""

import time

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from harness_noise import CORRELATION_MAPS

RADIUS = 10


@pytest.fixture(scope="module")
def noise():
    white = np.random.default_rng(0).normal(0, 30, (256, 256, 3))
    return np.rint(gaussian_filter(white, (0.9, 0.9, 0)))


def by_transform(definition, noise):
    correlation = CORRELATION_MAPS[definition](RADIUS)
    correlation.add(noise)
    return correlation.values()


def pooled(first, second):
    first, second = first - first.mean(axis=(0, 1)), second - second.mean(axis=(0, 1))
    return (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())


def direction(first, second):
    first = first - first.mean(axis=2, keepdims=True)
    second = second - second.mean(axis=2, keepdims=True)
    length = np.sqrt((first**2).sum(axis=2) * (second**2).sum(axis=2))
    return ((first * second).sum(axis=2)[length > 0] / length[length > 0]).mean()


def by_brute_force(correlate, noise):
    """Every distance for itself, vectorised over the pixels."""
    height, width, _ = noise.shape
    values = np.empty((2 * RADIUS + 1, 2 * RADIUS + 1))
    for row, column in np.ndindex(values.shape):
        down, right = row - RADIUS, column - RADIUS
        first = noise[max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
        second = noise[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
        values[row, column] = correlate(first, second)
    return values


@pytest.mark.parametrize(
    ("definition", "correlate"), [("rgb-direction", direction), ("pooled", pooled)]
)
def test_a_map_of_256x256_by_transform(benchmark, noise, definition, correlate):
    started = time.perf_counter()
    expected = by_brute_force(correlate, noise)
    brute = time.perf_counter() - started
    found = benchmark.pedantic(
        by_transform, args=(definition, noise), rounds=10, iterations=1, warmup_rounds=2
    )
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    if benchmark.enabled:  # not side by side with other tests
        benchmark.extra_info["times faster than brute force"] = brute / benchmark.stats.stats.median
