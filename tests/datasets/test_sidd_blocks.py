import logging
import tracemalloc

import made_matlab
import numpy as np
import pytest

from harness import DataError, read_image
from harness_datasets.folder import Folder
from harness_datasets.sidd_blocks import SIDDBenchmark, SIDDValidation

NOISY, CLEAN = "ValidationNoisyBlocksSrgb", "ValidationGtBlocksSrgb"
BLOCKS = made_matlab.random_blocks(images=2, blocks=4, side=32)


def put(folder, noisy, clean, compressed=True):
    made_matlab.sidd_blocks(folder / f"{NOISY}.mat", NOISY, noisy, compressed)
    made_matlab.sidd_blocks(folder / f"{CLEAN}.mat", CLEAN, clean, compressed)
    return folder


@pytest.fixture(params=["compressed", "plain"])
def validation(tmp_path, request):
    return put(tmp_path, BLOCKS, BLOCKS // 2, request.param == "compressed")


def test_blocks_come_row_by_row_named_from_zero(validation):
    samples = SIDDValidation(validation).samples("test")
    assert [sample.name for sample in samples] == [
        "0000_00", "0000_01", "0000_02", "0000_03", "0001_00", "0001_01", "0001_02", "0001_03",
    ]  # fmt: skip
    for index, sample in enumerate(samples):
        block = BLOCKS.reshape(8, 32, 32, 3)[index]
        assert np.array_equal(sample.noisy(), block)
        assert np.array_equal(sample.clean(), block // 2)


def test_a_photograph_is_a_scene(validation):
    scenes = [sample.scene for sample in SIDDValidation(validation).samples("test")]
    assert scenes == ["0000"] * 4 + ["0001"] * 4


def test_sizes_are_the_arrays(tmp_path):
    blocks = np.random.default_rng(0).integers(0, 256, (3, 1, 20, 24, 3), np.uint8)
    samples = SIDDValidation(put(tmp_path, blocks, blocks)).samples("test")
    assert [sample.noisy().shape for sample in samples] == [(20, 24, 3)] * 3


def test_the_benchmark_has_no_ground_truth(tmp_path):
    made_matlab.sidd_blocks(
        tmp_path / "BenchmarkNoisyBlocksSrgb.mat", "BenchmarkNoisyBlocksSrgb", BLOCKS
    )
    samples = SIDDBenchmark(tmp_path).samples("test")
    assert len(samples) == 8
    assert all(sample.clean is None for sample in samples)
    assert np.array_equal(samples[5].noisy(), BLOCKS[1, 1])


def test_case_of_the_files_does_not_matter(validation):
    (validation / f"{NOISY}.mat").rename(validation / f"{NOISY.lower()}.MAT")
    assert len(SIDDValidation(validation).samples("test")) == 8


def test_files_of_version_73_are_read(tmp_path):
    for name in (NOISY, CLEAN):
        with made_matlab.matlab_73(tmp_path / f"{name}.mat") as file:
            made_matlab.put_array(file, name, BLOCKS, compressed=True)
    samples = SIDDValidation(tmp_path).samples("test")
    assert np.array_equal(samples[6].noisy(), BLOCKS[1, 2])


def test_the_fingerprint_changes_with_the_files(validation):
    first = SIDDValidation(validation).fingerprint("test")
    made_matlab.sidd_blocks(validation / f"{CLEAN}.mat", CLEAN, BLOCKS)
    assert SIDDValidation(validation).fingerprint("test") != first


def test_part_of_the_set_is_said_aloud(validation, caplog):
    with caplog.at_level(logging.WARNING):
        SIDDValidation(validation).prepare()
    assert "holds 8 of the 1280 images of this dataset" in caplog.text


@pytest.mark.parametrize("name", [NOISY, CLEAN])
def test_a_missing_file_is_named(validation, name):
    (validation / f"{name}.mat").unlink()
    with pytest.raises(DataError, match=f"^no file {name}.mat in "):
        SIDDValidation(validation).samples("test")


def test_a_variable_of_another_name_is_named(validation):
    made_matlab.sidd_blocks(validation / f"{NOISY}.mat", "noisy", BLOCKS)
    with pytest.raises(DataError, match=f"it holds no variable '{NOISY}', but noisy$"):
        SIDDValidation(validation).samples("test")


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (BLOCKS.astype(np.float32) / 255, "it is float32 of 2x4x32x32x3, not uint8 of 5 axes$"),
        (BLOCKS[0], "it is uint8 of 4x32x32x3, not uint8 of 5 axes$"),
        (BLOCKS.transpose(0, 1, 4, 2, 3), "is 2x4x3x32x32; it must be images x blocks"),
    ],
)
def test_an_array_that_holds_no_blocks_is_refused(validation, array, what):
    made_matlab.matlab_5(validation / f"{NOISY}.mat", {NOISY: array})
    with pytest.raises(DataError, match=what):
        SIDDValidation(validation).samples("test")


def test_halves_of_different_shape_are_refused(validation):
    made_matlab.sidd_blocks(validation / f"{CLEAN}.mat", CLEAN, BLOCKS[:1])
    with pytest.raises(DataError, match="are not of one shape"):
        SIDDValidation(validation).samples("test")


def test_a_block_costs_the_memory_of_one_array_which_goes_with_the_samples(tmp_path):
    blocks = made_matlab.random_blocks(images=4, blocks=8, side=256)
    put(tmp_path, blocks, blocks)
    tracemalloc.start()
    samples = SIDDValidation(tmp_path).samples("test")
    block = samples[3].noisy()
    _, peak = tracemalloc.get_traced_memory()
    assert peak < 1.2 * blocks.nbytes
    del samples
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < block.nbytes + 0.05 * blocks.nbytes


def test_real_blocks_survive_the_way_through_a_file_as_the_set_has_it(real_data, tmp_path):
    root = real_data / "sidd-validation-blocks"
    if not root.is_dir():
        pytest.skip(f"needs blocks of SIDD in {root} (HARNESS_REAL_DATA)")
    pairs = Folder(root).files("test")
    noisy, clean = (
        np.stack([read_image(path) for path in paths])[None]
        for paths in ([pair.noisy for pair in pairs], [pair.clean for pair in pairs])
    )
    assert noisy.shape == (1, 33, 256, 256, 3)
    for ours, theirs in zip(
        SIDDValidation(put(tmp_path, noisy, clean)).samples("test"),
        Folder(root).samples("test"),
        strict=True,
    ):
        assert np.array_equal(ours.noisy(), theirs.noisy())
        assert np.array_equal(ours.clean(), theirs.clean())
