"""A split is decoded once, and what was interrupted goes on and ends the same, byte for byte."""

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from harness import Sample, write_image
from harness.data import prepared, preparing
from harness.data.prepared import (
    CLEAN,
    INDEX,
    NOISY,
    StoredImage,
    check_pixels,
    read_index,
    samples_of,
    state_of,
    store_folder,
    store_key,
    without_stores,
)
from harness.data.preparing import JOURNAL, prepare_split, size_of
from harness.data.scenes import fingerprint_of_scenes
from harness.data.views import own_copy, training_images
from harness.errors import DamagedFileError, DataError, DiskFullError, UsageError
from harness.methods.recipe import Recipe
from harness.plugin.registry import load_registry
from harness.results.jobs import DataReference
from harness.specs import LoadSettings
from harness.training.image_cache import ImageCache
from harness.training.sampler import Sampler

COUNT = 6
SHAPE = (21, 30, 3)


def pixels(seed):
    return np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8)


@pytest.fixture
def pairs(tmp_path):
    """A folder of pairs."""
    folder = tmp_path / "pairs"
    for index in range(COUNT):
        write_image(folder / "noisy" / f"{index}.png", pixels(index))
        write_image(folder / "clean" / f"{index}.png", pixels(100 + index))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def registry():
    return load_registry()


@pytest.fixture
def dataset(registry, pairs):
    return registry.choose("dataset", f"folder[root={pairs}]")


@pytest.fixture
def data(registry, dataset):
    fingerprint = registry.build(dataset).fingerprint("test")
    return DataReference(dataset=dataset, split="test", fingerprint=fingerprint)


@pytest.fixture
def home(dataset):
    return store_folder(dataset, "test")


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def from_store(samples):
    return isinstance(samples[0].noisy, prepared.StoredImage)


def key_of(registry, data):
    return store_key(registry, data.dataset, data.split, data.fingerprint)


def test_a_store_holds_what_the_files_hold(registry, dataset, data, home):
    plain = samples_of(registry, data)
    assert not from_store(plain)
    done = []
    made = prepare_split(registry, dataset, "test", on_image=lambda *now: done.append(now))
    assert done == [(number, COUNT) for number in range(COUNT + 1)]
    assert (made.folder, made.images, made.made) == (home, COUNT, COUNT)
    assert sorted(content(home)) == [CLEAN, INDEX, NOISY]
    stored = samples_of(registry, data)
    assert from_store(stored)
    for sample, original in zip(stored, plain, strict=True):
        assert (sample.name, sample.scene) == (original.name, original.scene)
        assert sample.groups == original.groups
        assert np.array_equal(sample.noisy(), original.noisy())
        assert np.array_equal(sample.clean(), original.clean())
    assert state_of(home, key_of(registry, data)) == "whole"


def test_what_is_prepared_is_not_prepared_again(registry, dataset, home):
    prepare_split(registry, dataset, "test")
    before = {path: path.stat().st_mtime_ns for path in home.iterdir()}
    assert prepare_split(registry, dataset, "test").made == 0
    assert {path: path.stat().st_mtime_ns for path in home.iterdir()} == before


KILLED = """
import os, signal, sys
from harness.data import preparing
from harness.plugin.registry import load_registry

preparing.BATCH = 1
registry = load_registry()
dataset = registry.choose("dataset", sys.argv[1])

def kill(done, total):
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

preparing.prepare_split(registry, dataset, "test", on_image=kill)
"""


def test_killed_half_way_and_started_again_it_is_the_same_store(registry, dataset, data, home):
    prepare_split(registry, dataset, "test")
    straight = content(home)
    shutil.rmtree(home)
    for done in (2, 4):
        killed = subprocess.run([sys.executable, "-c", KILLED, dataset.selector, str(done)])
        assert killed.returncode == -signal.SIGKILL
        assert state_of(home, key_of(registry, data)) == "partial"
        assert not from_store(samples_of(registry, data))
    assert prepare_split(registry, dataset, "test").made == COUNT - 4
    assert content(home) == straight


def interrupted(registry, dataset, monkeypatch, at=3):
    """Leave a store of some images."""

    def stop(done, total):
        if done == at:
            raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "BATCH", 1)
    with pytest.raises(KeyboardInterrupt):
        prepare_split(registry, dataset, "test", on_image=stop)


@pytest.mark.parametrize(
    "damage",
    [
        lambda home: (home / JOURNAL).open("a").write('{"name": "3", "sce'),
        lambda home: (home / JOURNAL).write_bytes(b"\xff\xfe"),
        lambda home: (home / JOURNAL).write_text(""),
        lambda home: (home / JOURNAL).unlink(),
        lambda home: os.truncate(home / NOISY, 100),
        lambda home: (home / CLEAN).open("ab").write(b"more"),
        lambda home: (home / CLEAN).unlink(),
    ],
)
def test_a_store_that_was_cut_anywhere_goes_on_from_what_is_whole(
    registry, dataset, home, monkeypatch, damage
):
    prepare_split(registry, dataset, "test")
    straight = content(home)
    shutil.rmtree(home)
    interrupted(registry, dataset, monkeypatch)
    damage(home)
    prepare_split(registry, dataset, "test")
    assert content(home) == straight


def test_changed_images_make_another_store_in_place_of_the_old(
    registry, dataset, data, home, pairs, monkeypatch
):
    prepare_split(registry, dataset, "test")
    write_image(pairs / "noisy" / "0.png", pixels(50))
    fingerprint = registry.build(dataset).fingerprint("test")
    changed = DataReference(dataset=dataset, split="test", fingerprint=fingerprint)
    assert state_of(home, key_of(registry, changed)) == "other"
    assert np.array_equal(samples_of(registry, changed)[0].noisy(), pixels(50))
    assert prepare_split(registry, dataset, "test").made == COUNT
    assert np.array_equal(samples_of(registry, changed)[0].noisy(), pixels(50))
    assert from_store(samples_of(registry, changed))
    assert not from_store(samples_of(registry, data))


def test_what_reads_a_store_that_is_replaced_meanwhile_reads_on(registry, dataset, data, pairs):
    prepare_split(registry, dataset, "test")
    image = samples_of(registry, data)[-1].noisy()
    write_image(pairs / "noisy" / "0.png", pixels(50)[:5])
    write_image(pairs / "clean" / "0.png", pixels(51)[:5])
    prepare_split(registry, dataset, "test")
    assert np.array_equal(image, pixels(COUNT - 1))


def test_half_a_store_of_other_images_is_not_gone_on_with(registry, dataset, pairs, monkeypatch):
    interrupted(registry, dataset, monkeypatch)
    write_image(pairs / "noisy" / "0.png", pixels(50))
    assert prepare_split(registry, dataset, "test").made == COUNT


def test_images_that_change_while_they_are_read_make_no_store(registry, dataset, home, pairs):
    def change(done, total):
        if done == 1:
            write_image(pairs / "noisy" / "0.png", pixels(50))

    with pytest.raises(DataError, match=r"^images of 'folder.*' changed while they were read; try"):
        prepare_split(registry, dataset, "test", on_image=change)
    assert not (home / INDEX).exists()
    assert prepare_split(registry, dataset, "test").made == COUNT


def test_a_store_of_another_version_is_not_read_and_made_anew(registry, dataset, data, home):
    prepare_split(registry, dataset, "test")
    index = json.loads((home / INDEX).read_text())
    (home / INDEX).write_text(json.dumps({**index, "format": 99, "samples": "in another way"}))
    assert read_index(home) is None
    assert state_of(home, key_of(registry, data)) == "other"
    assert not from_store(samples_of(registry, data))
    assert prepare_split(registry, dataset, "test").made == COUNT


def test_a_store_made_with_another_library_is_not_read(registry, dataset, data, monkeypatch):
    prepare_split(registry, dataset, "test")
    monkeypatch.setattr(prepared, "_version", lambda library: "0.0")
    assert not from_store(samples_of(registry, data))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda home: os.truncate(home / NOISY, 100), r"its noisy\.raw has 100 of \d+ bytes"),
        (lambda home: (home / CLEAN).unlink(), r"its clean\.raw has 0 of \d+ bytes"),
        (lambda home: (home / INDEX).write_text("{"), r"its index\.json cannot be read: "),
        (lambda home: (home / INDEX).write_text("[]"), r"its index\.json cannot be read: "),
        (
            lambda home: (home / INDEX).write_text(
                (home / INDEX).read_text().replace('"offset": 0', '"offset": -8')
            ),
            r"its index\.json cannot be read: ",
        ),
    ],
)
def test_a_damaged_store_is_told_left_aside_and_made_anew(
    registry, dataset, data, home, caplog, damage, told
):
    prepare_split(registry, dataset, "test")
    straight = content(home)
    damage(home)
    with pytest.raises(
        DamagedFileError,
        match=rf"^the store {home} is damaged: {told}.*; prepare the dataset again$",
    ):
        read_index(home)
    assert state_of(home, key_of(registry, data)) == "damaged"
    assert not from_store(samples_of(registry, data))
    assert caplog.messages[-1].endswith("again; the images are read from their files")
    assert prepare_split(registry, dataset, "test").made == COUNT
    assert content(home) == straight


def test_a_pixel_that_changed_is_found_and_the_store_made_anew(registry, dataset, home):
    prepare_split(registry, dataset, "test")
    straight = content(home)
    with (home / CLEAN).open("r+b") as file:
        file.seek(5)
        file.write(bytes([straight[CLEAN][5] ^ 1]))
    damage = list(check_pixels(home, read_index(home)))
    assert damage == [f"image '0' in {home / CLEAN} is damaged", *[""] * (COUNT - 1)]
    assert prepare_split(registry, dataset, "test").made == COUNT
    assert content(home) == straight


def test_a_store_elsewhere_is_found_all_the_same(registry, dataset, data, home, tmp_path):
    prepare_split(registry, dataset, "test")
    made = prepare_split(registry, dataset, "test", tmp_path / "large disk")
    assert made.folder == tmp_path / "large disk" / home.name
    assert made.made == COUNT
    assert home.is_symlink()
    assert from_store(samples_of(registry, data))
    assert prepare_split(registry, dataset, "test").made == 0
    shutil.rmtree(tmp_path / "large disk")
    assert not from_store(samples_of(registry, data))
    made = prepare_split(registry, dataset, "test")
    assert (made.folder, made.made) == (home, COUNT)


def test_where_there_is_no_room_nothing_is_begun_and_the_need_is_told(
    registry, dataset, monkeypatch, home
):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=10**3))
    with pytest.raises(DiskFullError) as caught:
        prepare_split(registry, dataset, "test")
    assert str(caught.value) == (
        f"there is no room for the images of 'folder' in {home}: they take 23 kB more, and 1.0 kB "
        "are free; make room, or say --store DIR"
    ).replace("'folder'", repr(dataset.label))
    assert (home / NOISY).stat().st_size == 0


def test_a_disk_that_fills_up_is_told_and_what_was_done_is_kept(
    registry, dataset, home, monkeypatch
):
    monkeypatch.setattr(preparing, "BATCH", 1)
    real = os.fsync
    calls = iter(range(100))

    def fsync(descriptor):
        if next(calls) > 9:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(DiskFullError, match=rf"^the disk is full: cannot write {home}$"):
        prepare_split(registry, dataset, "test")
    monkeypatch.setattr(os, "fsync", real)
    assert 0 < prepare_split(registry, dataset, "test").made < COUNT


def test_a_disk_without_room_for_the_index_leaves_no_whole_store(
    registry, dataset, home, full_disk
):
    home.mkdir(parents=True)
    full_disk(home / INDEX)
    with pytest.raises(DiskFullError, match=r"^the disk is full: cannot write .*index\.json$"):
        prepare_split(registry, dataset, "test")
    assert prepare_split(registry, dataset, "test").made == 0 or (home / INDEX).exists()


def test_a_folder_that_cannot_be_written_to_is_an_error_of_the_system(registry, dataset, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        prepare_split(registry, dataset, "test", tmp_path / "file")


def test_two_processes_do_not_prepare_one_split(registry, dataset, home):
    home.mkdir(parents=True)
    descriptor = os.open(home, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(UsageError, match=rf"^another process prepares {home} now; wait for it$"):
        prepare_split(registry, dataset, "test")
    os.close(descriptor)
    assert prepare_split(registry, dataset, "test").made == COUNT


def test_an_image_that_cannot_be_read_is_named_and_no_store_is_made(registry, dataset, pairs, home):
    (pairs / "clean" / "3.png").write_bytes((pairs / "clean" / "3.png").read_bytes()[:60])
    with pytest.raises(DataError, match=rf"^cannot read image {pairs}/clean/3\.png: "):
        prepare_split(registry, dataset, "test")
    assert not (home / INDEX).exists()
    write_image(pairs / "clean" / "3.png", pixels(103))
    assert prepare_split(registry, dataset, "test").made == COUNT  # its digest was part of the key


def test_nobody_can_write_through_an_image_of_a_store(registry, dataset, data):
    prepare_split(registry, dataset, "test")
    image = samples_of(registry, data)[0].noisy()
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0, 0] = 1


def test_the_file_of_noisy_images_holds_no_clean_one(registry, dataset, home):
    prepare_split(registry, dataset, "test")
    noisy, clean = ((home / name).read_bytes() for name in (NOISY, CLEAN))
    for index in range(COUNT):
        assert pixels(index).tobytes() in noisy
        assert pixels(100 + index).tobytes() not in noisy
        assert pixels(100 + index).tobytes() in clean


def test_images_of_a_store_are_cropped_where_they_lie(registry, dataset, data, tmp_path, recwarn):
    plain = training_images(samples_of(registry, data), "pairs")
    prepare_split(registry, dataset, "test")
    cache = ImageCache(tmp_path / "cache of a fit", limit=0)
    stored = training_images([cache.cached(each) for each in samples_of(registry, data)], "pairs")
    assert not (tmp_path / "cache of a fit").exists()
    assert all(image is own_copy(image) and image.base is not None for image in stored.noisy)
    recipe = Recipe(iterations=1, batch_size=4, crop=16, learning_rate=1)
    batches = [
        Sampler(images, recipe, 0, torch.device("cpu")).batch(3) for images in (plain, stored)
    ]
    assert torch.equal(batches[0].noisy, batches[1].noisy)
    assert torch.equal(batches[0].clean, batches[1].clean)
    assert [warning.message for warning in recwarn] == []


def test_a_store_is_left_aside_where_the_dataset_itself_is_meant(registry, dataset, data):
    prepare_split(registry, dataset, "test")
    with without_stores():
        assert not from_store(samples_of(registry, data))
    assert from_store(samples_of(registry, data))


def test_a_clean_image_that_noisy_ones_share_is_stored_once(registry, pairs, tmp_path):
    dataset = registry.choose("dataset", f"folder[root={pairs},layout=folders]")
    shared = SHARED.format(root=pairs)
    (tmp_path / "shared_clean.py").write_text(shared)
    registry = load_registry(LoadSettings((str(tmp_path / "shared_clean.py"),)))
    dataset = registry.choose("dataset", "shared")
    made = prepare_split(registry, dataset, "test")
    index = read_index(made.folder)
    assert index.size(CLEAN) == np.prod(SHAPE)
    assert {sample.clean for sample in index.samples} == {index.samples[0].clean}
    assert size_of(registry.build(dataset).samples("test")) == (COUNT + 1) * np.prod(SHAPE)


SHARED = """
from harness import DatasetSpec, FileDataset, FilePair, hookimpl

@hookimpl
def harness_register_datasets():
    return DatasetSpec(name="shared", target="shared_clean:Shared", summary="One scene.")

class Shared(FileDataset):
    def __init__(self):
        super().__init__("{root}")

    def files(self, split):
        clean = self.root / "clean" / "0.png"
        noisy = sorted((self.root / "noisy").iterdir())
        return [FilePair(path.stem, "one", path, clean) for path in noisy]
"""


def test_readers_that_do_not_know_the_size_of_their_image_count_as_the_first_does():
    held = np.zeros((4, 5, 3), np.float32)
    samples = [Sample(str(number), "s", lambda: held) for number in range(3)]
    assert size_of(samples) == 3 * held.nbytes


def test_readers_need_no_hash():
    @dataclass
    class Held:
        def __call__(self):
            return np.zeros(SHAPE, np.uint8)

    assert size_of([Sample("a", "a", Held(), Held())]) == 2 * np.prod(SHAPE)


LARGE = """
from harness import Dataset, DatasetSpec, ImageHeader, Sample, hookimpl
import numpy as np

@hookimpl
def harness_register_datasets():
    return DatasetSpec(name="large", target="large_set:Large", summary="Many large images.")

class Made:
    def __init__(self, seed):
        self.seed = seed

    def __call__(self):
        return np.random.default_rng(self.seed).integers(0, 256, (1000, 1000, 3), np.uint8)

    def header(self):
        return ImageHeader((1000, 1000, 3), "uint8")

class Large(Dataset):
    def __init__(self, count: int = 32):
        self.count = count

    def samples(self, split):
        return [Sample(str(n), "s", Made(n), Made(-n - 1 + 2**40)) for n in range(self.count)]

    def fingerprint(self, split):
        return f"large {self.count}"
"""
MEASURED = """
import re, sys
from pathlib import Path
from harness.data.preparing import prepare_split
from harness.plugin.registry import load_registry
from harness.specs import LoadSettings

def kilobytes(what):  # ru_maxrss would count the process that started this one
    return int(re.search(what + r":\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])

registry = load_registry(LoadSettings((sys.argv[1],)))
dataset = registry.choose("dataset", f"large[count={sys.argv[2]}]")
prepare_split(registry, registry.choose("dataset", "large[count=1]"), "test")
before = kilobytes("VmRSS")
made = prepare_split(registry, dataset, "test")
again = prepare_split(registry, dataset, "test")
assert (made.made, again.made) == (int(sys.argv[2]), 0)
print(made.size, kilobytes("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_a_set_need_not_fit_memory(tmp_path):
    """Of 192 MB, no more than 40 are held; by hand with HARNESS_TEST_IMAGES=334 of 2 GB."""
    (tmp_path / "large_set.py").write_text(LARGE)
    count = os.environ.get("HARNESS_TEST_IMAGES", "32")
    child = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "large_set.py"), count],
        capture_output=True,
        text=True,
        check=True,
    )
    size, grown = map(int, child.stdout.split())
    assert size >= int(count) * 6_000_000
    print(f"{size / 1e6:.0f} MB prepared in {grown / 1e3:.0f} MB")
    assert grown < 40_000  # kB


def test_some_scenes_are_read_from_the_store_of_the_whole_split(registry, dataset, data):
    prepare_split(registry, dataset, "test")
    scenes = ("1", "4")
    fingerprint = fingerprint_of_scenes(data.fingerprint, scenes)
    part = replace(data, fingerprint=fingerprint, of_split=data.fingerprint, scenes=scenes)
    stored = samples_of(registry, part)
    assert from_store(stored)
    assert [sample.name for sample in stored] == ["1", "4"]
    with without_stores():
        assert [sample.name for sample in samples_of(registry, part)] == ["1", "4"]


def test_further_shots_are_prepared_too(registry, tmp_path):
    for number in range(4):
        write_image(tmp_path / "bursts" / f"scene-{number % 2}" / f"{number}.png", pixels(number))
    dataset = registry.choose("dataset", f"folder[root={tmp_path / 'bursts'},layout=bursts]")
    fingerprint = registry.build(dataset).fingerprint("test")
    data = DataReference(dataset=dataset, split="test", fingerprint=fingerprint)

    made = prepare_split(registry, dataset, "test")

    assert made.size >= size_of(samples_of(registry, data)) == 4 * np.prod(SHAPE)
    for number, sample in enumerate(samples_of(registry, data)):
        (shot,) = sample.shots
        assert isinstance(shot, StoredImage)
        assert np.array_equal(shot(), pixels(2 + number))
    index = read_index(store_folder(dataset, "test"))
    assert [*check_pixels(store_folder(dataset, "test"), index)] == ["", ""]
