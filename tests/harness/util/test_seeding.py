from itertools import product

from harness.util.seeding import derive_seed


def test_seeds_are_the_same_on_every_machine():
    assert derive_seed(0, "batch", 1) == 8767111886066277307


def test_every_path_has_its_own_seed():
    paths = product(range(5), "ab", range(9))
    seeds = {derive_seed(seed, name, step) for seed, name, step in paths}
    assert len(seeds) == 5 * 2 * 9
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_parts_of_a_path_do_not_run_together():
    assert derive_seed(1, "2", "3") != derive_seed(12, "3") != derive_seed(1, "23")
