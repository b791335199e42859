"""Crops gathered on a GPU are those that are cut one by one, in few operations and at no wait."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from harness.data.views import TrainingImages
from harness.methods.recipe import Recipe
from harness.training import crops
from harness.training.crops import CutCrops, GatheredCrops, Placement
from harness.training.sampler import Sampler

CPU = torch.device("cpu")
SIZES = ((30, 40), (17, 60), (5, 40))  # the last is smaller than a crop


def recipe(**changes) -> Recipe:
    settings = {"iterations": 1, "batch_size": 8, "crop": 13, "learning_rate": 1e-3}
    return Recipe(**(settings | changes))


def images(dtype: type = np.uint8) -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(0)
    top = {np.uint8: 256, np.uint16: 65536}.get(dtype, 1.5)
    return tuple((top * generator.random((*size, 3))).astype(dtype) for size in SIZES)


@pytest.fixture
def gathered(monkeypatch):
    """Let images be gathered on the CPU, as they are on a GPU with room for them."""
    monkeypatch.setattr(Placement, "_have_room", lambda *_: True)


class Operations(TorchDispatchMode):
    """Counts operations, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.found[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_gathered_crops_are_bit_for_bit_those_that_are_cut(monkeypatch, dtype):
    for flip, rotate, align in product((True, False), (True, False), (1, 4)):
        chosen = recipe(batch_size=64, flip=flip, rotate=rotate, align=align)
        cut = Sampler(TrainingImages("noisy", images(dtype)), chosen, 0, CPU).batch(2, 1, 2)
        with monkeypatch.context() as patch:
            patch.setattr(Placement, "_have_room", lambda *_: True)
            sampler = Sampler(TrainingImages("noisy", images(dtype)), chosen, 0, CPU)
            there = sampler.batch(2, 1, 2)
        assert torch.equal(there.noisy, cut.noisy)
        assert torch.equal(there.image, cut.image)


@pytest.mark.usefixtures("gathered")
def test_pairs_and_other_scenes_are_gathered_too():
    noisy, clean = images(), tuple(255 - image for image in images())
    paired = Sampler(TrainingImages("pairs", noisy, clean), recipe(), 0, CPU).batch(0)
    torch.testing.assert_close(paired.clean, 1 - paired.noisy)
    unpaired = Sampler(TrainingImages("unpaired", noisy, clean), recipe(), 0, CPU).batch(0)
    assert not torch.allclose(unpaired.clean, 1 - unpaired.noisy)


@pytest.mark.usefixtures("gathered")
def test_a_large_batch_takes_as_few_operations_as_a_small_one():
    counts = []
    for size in (8, 128):
        sampler = Sampler(TrainingImages("noisy", images()), recipe(batch_size=size), 0, CPU)
        with Operations() as operations:
            sampler.batch(0)
        counts.append(operations.found)
    assert counts[0] == counts[1]
    assert counts[0].total() < 90
    assert counts[0]["_local_scalar_dense"] == 0  # a number that is read back is waited for


def test_images_are_placed_once_for_all_stages():
    placement = Placement(CPU)
    first = placement.crops(images()[:2], "noisy", 8)
    assert placement.crops(images()[:2], "noisy", 16) is first
    assert placement.crops(images()[:2], "clean of pairs", 16) is not first


def test_images_that_a_larger_crop_extends_are_placed_for_it():
    placement = Placement(CPU)
    assert placement.crops(images(), "noisy", 5) is not placement.crops(images(), "noisy", 13)


@pytest.mark.parametrize(("kept", "kind"), [(0, CutCrops), (2**30, GatheredCrops)])
def test_what_the_allocator_keeps_for_later_counts_as_free(monkeypatch, kept, kind):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1000, 2**30))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: kept)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 0)
    made = []
    for each in (CutCrops, GatheredCrops):
        monkeypatch.setattr(crops, each.__name__, lambda *_, each=each: made.append(each))
    Placement(torch.device("cuda")).crops(images(), "noisy", 8)
    assert made == [kind]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_with_room_images_lie_there_and_are_gathered():
    before = torch.cuda.memory_allocated()
    placed = Placement(torch.device("cuda")).crops(images(), "noisy", 13)
    assert isinstance(placed, GatheredCrops)
    assert torch.cuda.memory_allocated() - before >= sum(image.nbytes for image in images())
