import numpy as np
import pytest
import torch

from harness.data.views import TrainingImages
from harness.errors import DataError
from harness.methods.recipe import Recipe
from harness.methods.stage import NoisyBatch, PairedBatch, UnpairedBatch
from harness.training.image_cache import ImageCache
from harness.training.sampler import Sampler
from harness.util.memory import MEMORY_SHARE

CPU = torch.device("cpu")


def recipe(**changes) -> Recipe:
    settings = {"iterations": 1, "batch_size": 8, "crop": 12, "learning_rate": 1e-3}
    return Recipe(**(settings | changes))


def numbered(height: int = 30, width: int = 40, dtype: type = np.uint8) -> np.ndarray:
    """An image whose pixels tell where they lie: row, column, and 7."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows, columns, np.full_like(rows, 7)], axis=2).astype(dtype)


def test_a_batch_depends_on_seed_and_iteration_alone():
    images = TrainingImages("noisy", (numbered(), numbered(50, 20)))
    first, again = (Sampler(images, recipe(), 3, CPU) for _ in range(2))
    first.batch(0)
    assert torch.equal(first.batch(5).noisy, again.batch(5).noisy)
    assert not torch.equal(first.batch(5).noisy, first.batch(6).noisy)
    other = Sampler(images, recipe(), 4, CPU)
    assert not torch.equal(other.batch(5).noisy, first.batch(5).noisy)


@pytest.mark.parametrize("parts", [2, 4, 8])
def test_parts_put_together_are_the_whole_batch(parts):
    sampler = Sampler(TrainingImages("noisy", (numbered(),)), recipe(), 0, CPU)
    whole = sampler.batch(2)
    cut = [sampler.batch(2, part, parts) for part in range(parts)]
    assert torch.equal(whole.noisy, torch.cat([batch.noisy for batch in cut]))
    assert torch.equal(whole.image, torch.cat([batch.image for batch in cut]))


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_crops_are_pieces_of_the_image_in_unit_range(dtype, white):
    sampler = Sampler(
        TrainingImages("noisy", (numbered(dtype=dtype),)), recipe(flip=False, rotate=False), 0, CPU
    )
    batch = sampler.batch(0)
    assert isinstance(batch, NoisyBatch)
    assert batch.noisy.shape == (8, 3, 12, 12)
    assert batch.noisy.dtype == torch.float32
    levels = batch.noisy * white
    for crop in levels:
        rows, columns = crop[0].diff(dim=0), crop[1].diff(dim=1)
        torch.testing.assert_close(rows, torch.ones(11, 12), rtol=0, atol=1e-2)
        torch.testing.assert_close(columns, torch.ones(12, 11), rtol=0, atol=1e-2)
    torch.testing.assert_close(levels[:, 2], torch.full((8, 12, 12), 7.0), rtol=0, atol=1e-2)


def test_every_place_and_every_turn_is_drawn():
    sampler = Sampler(TrainingImages("noisy", (numbered(14, 14),)), recipe(batch_size=64), 0, CPU)
    corners = set()
    for iteration in range(20):
        for crop in (sampler.batch(iteration).noisy * 255).round().int():
            corners.add(tuple(crop[:2, 0, 0].tolist()) + tuple(crop[:2, 0, 1].tolist()))
    assert len(corners) == 9 * 8  # places of a 12-pixel crop in 14 pixels, times the dihedral group


@pytest.mark.parametrize("size", [(30, 40), (31, 41), (12, 13)])
def test_aligned_crops_begin_at_multiples(size):
    sampler = Sampler(
        TrainingImages("noisy", (numbered(*size),)),
        recipe(align=4, flip=False, rotate=False),
        0,
        CPU,
    )
    crops = torch.cat([sampler.batch(iteration).noisy for iteration in range(30)])

    for axis, length in enumerate(size):
        starts = (255 * crops[:, axis, 0, 0]).round().unique().tolist()
        assert starts == list(range(0, length - 12 + 1, 4))


def test_pairs_show_the_same_place():
    noisy, clean = numbered(), numbered()
    batch = Sampler(TrainingImages("pairs", (noisy,), (clean,)), recipe(), 0, CPU).batch(0)
    assert isinstance(batch, PairedBatch)
    assert torch.equal(batch.noisy, batch.clean)


def test_unpaired_halves_are_drawn_apart():
    images = TrainingImages("unpaired", (numbered(),), (numbered(),))
    batch = Sampler(images, recipe(), 0, CPU).batch(0)
    assert isinstance(batch, UnpairedBatch)
    assert not torch.equal(batch.noisy, batch.clean)


def test_images_count_by_their_area():
    images = TrainingImages("noisy", (numbered(20, 20), numbered(60, 60)))
    drawn = Sampler(images, recipe(batch_size=4000), 0, CPU).batch(0).image
    assert float(drawn.float().mean()) == pytest.approx(0.9, abs=0.03)


def test_an_image_smaller_than_a_crop_is_reflected():
    small = numbered(5, 40)
    sampler = Sampler(TrainingImages("noisy", (small,)), recipe(flip=False, rotate=False), 0, CPU)
    rows = (sampler.batch(0).noisy[0, 0, :, 0] * 255).round().int().tolist()
    assert rows == [0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3]


def test_grey_and_colour_do_not_mix():
    images = TrainingImages("noisy", (numbered(), numbered()[:, :, :1]))
    with pytest.raises(DataError, match="grey and colour images cannot be trained on together"):
        Sampler(images, recipe(), 0, CPU)


def test_images_of_different_depth_do_not_mix():
    images = TrainingImages("noisy", (numbered(), numbered(dtype=np.uint16)))
    with pytest.raises(DataError, match="images of 8 and 16 bit cannot be trained on together"):
        Sampler(images, recipe(), 0, CPU)


def test_noise_that_is_not_clipped_stays_so():
    image = np.full((20, 20, 3), -0.25, np.float32)
    image[10:] = 1.5
    crops = Sampler(TrainingImages("noisy", (image,)), recipe(batch_size=64), 0, CPU).batch(0).noisy
    assert crops.unique().tolist() == [-0.25, 1.5]


def test_images_beyond_the_limit_are_mapped_from_files_and_the_same(tmp_path):
    from harness.data.dataset import Sample

    reads = []

    def read() -> np.ndarray:
        reads.append(1)
        return numbered()

    memory = ImageCache(tmp_path / "held", limit=numbered().nbytes)
    inside, beyond = (memory.cached(Sample(str(i), "", read, read)) for i in range(2))
    held = (inside.noisy(), beyond.noisy(), beyond.noisy())
    assert len(reads) == 2
    assert not isinstance(held[0], np.memmap)
    assert isinstance(held[1], np.memmap)
    images = TrainingImages("noisy", held[:2])
    plain = TrainingImages("noisy", (numbered(), numbered()))
    one, other = (Sampler(each, recipe(), 0, CPU).batch(0).noisy for each in (images, plain))
    assert torch.equal(one, other)


def test_the_processes_of_a_fit_divide_the_memory(tmp_path):
    alone, of_four = (ImageCache(tmp_path, processes=count).limit for count in (1, 4))
    assert of_four == pytest.approx(alone / 4, rel=0.2)


def test_jobs_side_by_side_divide_the_memory(tmp_path, monkeypatch):
    alone = ImageCache(tmp_path).limit
    monkeypatch.setenv(MEMORY_SHARE, "0.25")
    assert ImageCache(tmp_path).limit == pytest.approx(alone / 4, rel=0.2)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_batch_on_the_gpu_equals_that_on_the_cpu(dtype):
    images = TrainingImages("noisy", (numbered(dtype=dtype),))
    on_gpu = Sampler(images, recipe(), 0, torch.device("cuda")).batch(3).noisy
    assert on_gpu.is_cuda
    assert torch.equal(on_gpu.cpu(), Sampler(images, recipe(), 0, CPU).batch(3).noisy)
