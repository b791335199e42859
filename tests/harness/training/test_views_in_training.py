"""Who may see what, tried from within a stage."""

import gc
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from toys import SupervisedStage, Toy, ToyStage, UnpairedStage

from harness.data.dataset import ImageFile, Sample
from harness.data.image_folder import FileDataset, FilePair
from harness.data.images import read_image, write_image
from harness.errors import PluginError
from harness.training.budget import parse_budget
from harness.training.image_cache import ImageCache, held_samples
from harness.training.trainer import Trainer, TrainingOptions

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


class Files(FileDataset):
    """Pairs of files, as real datasets have them."""

    def files(self, split):
        noisy = sorted(self.root.glob("*_noisy.png"))
        clean = [path.with_name(path.name.replace("noisy", "clean")) for path in noisy]
        return [FilePair(n.stem, n.stem, n, c) for n, c in zip(noisy, clean, strict=True)]


@pytest.fixture
def samples(tmp_path):
    generator = np.random.default_rng(0)
    for index in range(2):
        for kind in ("noisy", "clean"):
            pixels = generator.integers(0, 256, (32, 40, 3), np.uint8)
            write_image(tmp_path / f"{index}_{kind}.png", pixels)
    return Files(root=str(tmp_path)).samples("test")


def in_memory(image: np.ndarray) -> bool:
    """Whether any array or tensor of this process holds the pixels of an image."""
    for thing in gc.get_objects():
        try:
            pixels = thing.numpy() if isinstance(thing, torch.Tensor) else thing
            if isinstance(pixels, np.ndarray) and pixels is not image and pixels.size == image.size:
                flat = np.sort(pixels.reshape(-1).astype(np.float64))
                if np.array_equal(flat, np.sort(image.reshape(-1))):
                    return True
        except (TypeError, RuntimeError, ReferenceError):
            continue
    return False


def train_with(stage_class, samples, folder, spy, clean_samples=None, view=None) -> None:
    """Train a toy with a stage, and call the spy from within its first step."""

    class Spying(stage_class):
        def forward(self, batch):
            spy(batch)
            return super().forward(batch)

    class Method(Toy):
        def stages(self):
            return [Spying("spy", self.net, self.recipe)]

    Trainer(
        Method(iterations=1),
        samples,
        Accelerator(cpu=True),
        TrainingOptions(budget=parse_budget("paper"), seed=0, view=view or stage_class.view),
        folder,
        clean_samples=clean_samples,
    ).fit()


def paths_of(samples) -> tuple[list, list]:
    return [s.noisy.path for s in samples], [s.clean.path for s in samples]


def test_while_a_stage_learns_from_noisy_images_no_clean_pixel_is_in_memory(samples, tmp_path):
    noisy_paths, clean_paths = paths_of(samples)
    seen = []

    def spy(batch):
        assert batch._fields == ("noisy", "image")
        seen.append([in_memory(read_image(path)) for path in clean_paths])
        seen.append([in_memory(read_image(path)) for path in noisy_paths])

    train_with(ToyStage, samples, tmp_path / "fit", spy)
    clean, noisy = seen
    assert noisy == [True, True]  # the search finds what is there
    assert clean == [False, False]


def test_unpaired_images_are_halves_of_different_pairs(samples, tmp_path):
    noisy_paths, clean_paths = paths_of(samples)
    seen = []

    def spy(batch):
        seen.append([in_memory(read_image(path)) for path in noisy_paths])
        seen.append([in_memory(read_image(path)) for path in clean_paths])

    train_with(UnpairedStage, samples, tmp_path / "fit", spy)
    noisy, clean = seen
    assert noisy == [True, False]
    assert clean == [False, True]


def test_no_stage_of_an_unpaired_method_sees_the_noisy_scenes_of_its_clean_images(
    samples, tmp_path
):
    noisy_paths, _ = paths_of(samples)
    seen = []
    train_with(
        ToyStage,
        samples,
        tmp_path / "fit",
        lambda batch: seen.extend(in_memory(read_image(path)) for path in noisy_paths),
        view="unpaired",
    )
    assert seen == [True, False]


def test_clean_images_of_another_dataset_leave_all_noisy_images(samples, tmp_path):
    noisy_paths, clean_paths = paths_of(samples)
    clean_samples = [
        replace(sample, clean=ImageFile(tmp_path / "other.png")) for sample in samples[:1]
    ]
    other = np.random.default_rng(1).integers(0, 256, (32, 40, 3), np.uint8)
    write_image(tmp_path / "other.png", other)
    seen = []

    def spy(batch):
        seen.append([in_memory(read_image(path)) for path in noisy_paths])
        seen.append([in_memory(read_image(path)) for path in clean_paths])
        seen.append(in_memory(other))

    train_with(UnpairedStage, samples, tmp_path / "fit", spy, clean_samples)
    assert seen == [[True, True], [False, False], True]


def test_pairs_are_seen_by_those_who_declare_them(samples, tmp_path):
    _, clean_paths = paths_of(samples)
    seen = []
    train_with(
        SupervisedStage,
        samples,
        tmp_path / "fit",
        lambda batch: seen.extend(in_memory(read_image(path)) for path in clean_paths),
    )
    assert seen == [True, True]


def test_a_view_is_read_once(samples, tmp_path):
    asked, seen = [], []

    class Changing(ToyStage):
        @property
        def view(self):
            asked.append(1)
            return "noisy" if len(asked) == 1 else "pairs"

    train_with(Changing, samples, tmp_path, lambda batch: seen.append(batch._fields), view="noisy")

    assert seen == [("noisy", "image")]
    assert len(asked) == 1


def test_a_view_that_does_not_exist_is_refused(samples, tmp_path):
    class All(ToyStage):
        view = "all"

    message = (
        r"^stage 'spy' asks to see 'all'; its view must be one of 'noisy', 'unpaired', 'pairs'$"
    )
    with pytest.raises(PluginError, match=message):
        train_with(All, samples, tmp_path, print, view="noisy")


@pytest.mark.parametrize(
    ("view", "read"),
    [
        ("noisy", {"0 noisy", "1 noisy"}),
        ("unpaired", {"0 noisy"}),
        ("pairs", {"0 noisy", "1 noisy"}),
    ],
)
def test_what_is_held_for_a_fit_was_read_by_readers_that_are_gone(tmp_path, view, read):
    done = set()

    class Reads:
        """A reader that knows more than its image."""

        def __init__(self, what):
            self.what = what

        def __call__(self):
            done.add(self.what)
            return np.zeros((8, 8, 3), np.uint8)

    samples = [Sample(n, n, Reads(f"{n} noisy"), Reads(f"{n} clean")) for n in "01"]
    held, others = held_samples(samples, view, None, ImageCache(tmp_path))
    del samples
    gc.collect()

    assert done == read
    assert all((sample.clean is None) == (view != "pairs") for sample in held)
    assert len(others) == (view == "unpaired")
    left = {thing.what for thing in gc.get_objects() if type(thing) is Reads}
    clean = {"noisy": set(), "unpaired": {"1 noisy", "1 clean"}, "pairs": {"0 clean", "1 clean"}}
    assert left == clean[view]
