"""Test images are recognised among training images, however the data is named."""

import numpy as np
import pytest
from PIL import Image as Pillow

from harness.plugin.registry import load_registry
from harness.results.jobs import Seen
from harness.runs.overlap import with_overlaps
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.specs import LoadSettings


@pytest.fixture
def registry(toys):
    return load_registry(LoadSettings(plugins=(str(toys),)))


@pytest.fixture
def images(tmp_path):
    """Folders with pairs: four to be tested on, and copies of some of them under other names."""
    draw = np.random.default_rng(0)
    drawn = {name: draw.integers(0, 256, (2, 20, 20, 3), dtype=np.uint8) for name in "abcdefgh"}

    def write(folder, names, ending="png"):
        (tmp_path / folder).mkdir()
        for index, name in enumerate(names):
            for half, pixels in zip(("real", "mean"), drawn[name], strict=True):
                file = tmp_path / folder / f"x{index}_{half}.{ending}"
                Pillow.fromarray(pixels).save(file)

    write("tested", "abcd")
    write("same", "dcba", "tif")
    write("some", "afdh")
    write("none", "efgh")
    (tmp_path / "clean").mkdir()
    for name in "bcg":  # two of those to be tested on
        Pillow.fromarray(drawn[name][1]).save(tmp_path / "clean" / f"{name}.bmp")
    return tmp_path


@pytest.fixture
def seen(registry, images):
    def seen(method, train):
        """What a method saw of the folder ``tested`` when it was trained on another."""
        request = Request(
            methods=method,
            datasets=f"folder[root={images / 'tested'}]",
            train=f"folder[root={images / train}]",
            metrics="psnr",
            device="cpu",
        )
        (cell,) = with_overlaps(make_plan(request, registry), registry).cells
        return cell.seen

    return seen


@pytest.mark.parametrize(("train", "count"), [("same", 4), ("some", 2), ("none", 0)])
def test_noisy_test_images_are_found_under_other_names_and_in_other_formats(seen, train, count):
    assert seen("toy", train) == Seen(images=4, noisy=count, clean=0)


@pytest.mark.parametrize(("train", "count"), [("same", 4), ("some", 2), ("none", 0)])
def test_supervised_training_sees_the_clean_halves_too(seen, train, count):
    assert seen("supervised", train) == Seen(images=4, noisy=count, clean=count)


def test_unpaired_training_sees_half_of_the_scenes_noisy_and_the_others_clean(seen):
    assert seen("unpaired", "same") == Seen(images=4, noisy=2, clean=2)


def test_clean_test_images_are_found_among_those_that_clean_names(registry, images):
    request = Request(
        methods="unpaired,toy",
        datasets="scenes",
        clean=f"folder[layout=clean,root={images / 'copies'}]",
        metrics="psnr",
        device="cpu",
    )
    (images / "copies").mkdir()
    test = registry.build(registry.choose("dataset", "scenes")).samples("test")
    Pillow.fromarray(test[0].clean()).save(images / "copies" / "photograph.png")
    wide, narrow = with_overlaps(make_plan(request, registry), registry).cells
    assert wide.seen == Seen(images=2, noisy=0, clean=1)
    assert narrow.seen == Seen(images=2, noisy=0, clean=0)


def test_clean_test_images_that_pass_for_noisy_ones_are_found(registry, images):
    request = Request(
        methods="toy",
        datasets=f"folder[root={images / 'tested'}]",
        train=f"folder[layout=clean,root={images / 'clean'}]",
        metrics="psnr",
        device="cpu",
    )
    (cell,) = with_overlaps(make_plan(request, registry), registry).cells
    assert cell.seen == Seen(images=4, noisy=0, clean=2)


def test_training_on_the_test_images_themselves_sees_all_of_them(registry, images):
    request = Request(
        methods="toy",
        datasets=f"folder[root={images / 'tested'}]",
        train_on="test",
        metrics="psnr",
        device="cpu",
    )
    (cell,) = with_overlaps(make_plan(request, registry), registry).cells
    assert cell.trained_on_itself
    assert cell.seen == Seen(images=4, noisy=4, clean=0)


def test_how_much_of_a_dataset_is_there_is_planned_with(registry, images):
    folder = images / "CroppedImages"
    folder.mkdir()
    for half in ("real", "mean"):
        Pillow.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / f"x_1_{half}.JPG", "JPEG")
    request = Request(
        methods="identity",
        datasets=f"polyu[root={images}],scenes",
        metrics="psnr",
        device="cpu",
    )
    part, whole = with_overlaps(make_plan(request, registry), registry).cells
    assert (part.data.images, part.data.expected, part.data.part) == (1, 100, "1 of 100")
    assert whole.data.part == ""
