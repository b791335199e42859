import random
from itertools import product

import numpy as np
import pytest
import torch

from harness.util.seeding import derive_seed, seed_all


@pytest.mark.parametrize("seed", [0, 2**32 + 1, 2**63 - 1])
def test_all_generators_begin_anew(seed):
    def draw():
        return random.random(), np.random.random(), float(torch.rand(()))

    seed_all(seed)
    first = draw()
    assert draw() != first
    seed_all(seed)
    assert draw() == first


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_generators_of_all_gpus_begin_anew():
    torch.cuda.init()  # before, there is none to seed
    devices = [torch.device("cuda", index) for index in range(torch.cuda.device_count())]
    seed_all(1)
    first = [float(torch.rand((), device=device)) for device in devices]
    seed_all(1)
    assert [float(torch.rand((), device=device)) for device in devices] == first


def test_seeds_are_the_same_on_every_machine():
    assert derive_seed(0, "batch", 1) == 8767111886066277307


def test_every_path_has_its_own_seed():
    paths = product(range(5), "ab", range(9))
    seeds = {derive_seed(seed, name, step) for seed, name, step in paths}
    assert len(seeds) == 5 * 2 * 9
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_parts_of_a_path_do_not_run_together():
    assert derive_seed(1, "2", "3") != derive_seed(12, "3") != derive_seed(1, "23")
