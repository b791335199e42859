"""Crops from a store, which lie in a mapped file, against crops from memory."""

import numpy as np
import pytest
import torch

from harness import load_plugins
from harness.data.prepared import samples_of
from harness.data.preparing import prepare_split
from harness.data.views import training_images
from harness.methods.recipe import Recipe
from harness.results.jobs import DataReference
from harness.training.image_cache import ImageCache
from harness.training.sampler import Sampler

BATCHES = 50

SET = """
import numpy as np
from harness import Dataset, DatasetSpec, Sample, hookimpl

@hookimpl
def harness_register_datasets():
    return DatasetSpec(name="large", target="large_pairs:Large", summary="Large pairs.")

class Large(Dataset):
    def samples(self, split):
        def reader(seed):
            draw = lambda: np.random.default_rng(seed).integers(0, 256, (1500, 2000, 3), np.uint8)
            return draw
        return [Sample(str(n), "s", reader(n), reader(100 + n)) for n in range(12)]
"""


@pytest.mark.parametrize("view", ["noisy", "pairs"])
def test_the_sampler_from_a_store_against_from_memory(
    compare, tmp_path, monkeypatch, view, benchmark
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "large_pairs.py").write_text(SET)
    registry = load_plugins(str(tmp_path / "large_pairs.py"))
    large = registry.choose("dataset", "large")
    fingerprint = registry.build(large).fingerprint("test")
    data = DataReference(dataset=large, split="test", fingerprint=fingerprint)
    recipe = Recipe(iterations=1, batch_size=16, crop=128, learning_rate=1.0)

    def sampler() -> Sampler:
        cache = ImageCache(tmp_path / "fit", limit=10**12)
        samples = [cache.cached(sample) for sample in samples_of(registry, data)]
        return Sampler(training_images(samples, view), recipe, 0, torch.device("cpu"))

    memory = sampler()
    prepare_split(registry, large, "test")
    store = sampler()

    def batches(of: Sampler) -> None:
        for iteration in range(BATCHES):
            of.batch(iteration)

    assert np.array_equal(store.batch(0).noisy, memory.batch(0).noisy)
    compare(lambda: batches(store), lambda: batches(memory), rounds=10)
    seconds = benchmark.extra_info
    for name, key in (("store", "fast"), ("memory", "plain")):
        rate = BATCHES * recipe.batch_size / (seconds[f"milliseconds, {key}"] / 1e3)
        seconds[f"images per second, {name}"] = round(rate)
    seconds["store / memory"] = seconds["plain / fast"]
