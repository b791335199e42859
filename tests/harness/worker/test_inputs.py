"""What a job reads is the same, whether it is prepared or not; a store changes no result."""

import pytest

from harness import load_plugins, load_run
from harness.data.prepared import NOISY
from harness.data.preparing import prepare_split
from harness.testing.canary import check_canary


@pytest.fixture
def registry(toys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return load_plugins(str(toys))


@pytest.fixture
def measured(run_harness, toys, tmp_path):
    """Trains and tests two methods in processes of their own: the keys of the jobs, the scores."""

    def measured(name):
        out = tmp_path / name
        done = run_harness(
            *("run", "--plugin", str(toys), "--methods", "toy,supervised", "--datasets", "scenes"),
            *("--metrics", "psnr", "--budget", "quick:5it", "--device", "cpu", "--out", str(out)),
        )
        assert done.returncode == 0, done.stderr
        found = load_run(out / "latest")
        keys = [each.key for each in (*found.fits, *found.cells)]
        return keys, [[score.value for score in cell.scores] for cell in found.cells]

    return measured


def prepared(registry):
    scenes = registry.choose("dataset", "scenes")
    return [prepare_split(registry, scenes, split).folder for split in ("train", "test")]


def test_keys_and_scores_are_the_same_from_a_store_which_is_what_jobs_read(registry, measured):
    plain = measured("plain")
    folders = prepared(registry)
    assert measured("stored") == plain
    for folder in folders:
        pixels = (folder / NOISY).read_bytes()
        (folder / NOISY).write_bytes(bytes(len(pixels)))  # black, so that it shows
    keys, scores = measured("black")
    assert keys == plain[0]
    assert scores != plain[1]


@pytest.mark.usefixtures("fresh_accelerate")
def test_the_canary_replaces_clean_images_also_where_they_are_prepared(toys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    registry = load_plugins(str(toys), str(toys.with_name("cheats.py")))
    prepared(registry)
    with pytest.raises(Exception, match="it reads clean images"):
        check_canary(registry, "frames", "scenes")
