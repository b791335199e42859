import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import made_matlab
import numpy as np
import pytest
import scipy.io

from harness import DataError
from harness_datasets.matlab import read_part, read_shape, read_variable

NAME = "ValidationNoisyBlocksSrgb"
BLOCKS = made_matlab.random_blocks(images=2, blocks=3, side=16)


def line_of(error: pytest.ExceptionInfo[DataError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture(params=["compressed", "plain"])
def five_either(tmp_path, request):
    """A MATLAB 5 file of everything that SciPy writes, in either of its forms."""
    return write_five(tmp_path, request.param == "compressed")


@pytest.fixture
def five(tmp_path):
    return write_five(tmp_path, compressed=True)


def write_five(folder: Path, compressed: bool) -> Path:
    variables = {
        "blocks": BLOCKS,
        "single": np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 4),
        "whole": np.arange(300.0)[None],
        "words": "schräg",
        "settings": {"method": "identity", "size": 3.0},
        "crops": np.array([[BLOCKS[0, 0], BLOCKS[0, 1], "text"]], object),
        "flag": np.array([[True, False]]),
        "complex": np.array([[1j]]),
        "Ein_langer_Name_mit_Zahl_9": np.zeros((1, 1), np.int16),
        "empty": np.zeros((0, 0)),
    }
    return made_matlab.matlab_5(folder / "five.mat", variables, compressed)


@pytest.fixture
def seven(tmp_path):
    """A MATLAB 7.3 file of all that the real ones hold."""
    path = tmp_path / "seven.mat"
    with made_matlab.matlab_73(path) as file:
        made_matlab.put_array(file, "single", np.random.default_rng(0).random((20, 30, 3), "f4"))
        made_matlab.put_array(file, "packed", BLOCKS, compressed=True)
        made_matlab.put_text(file, "words", "schräg")
        kept = file.create_group("#refs#")
        crops = [made_matlab.put_array(kept, f"{n}", BLOCKS[0, n]) for n in range(3)]
        made_matlab.put_cell(file, "crops", crops)
        group = file.create_group("settings")
        made_matlab.put_text(group, "method", "identity")
        flag = made_matlab.put_array(file, "flag", np.array([[1, 0]], np.uint8))
        flag.attrs["MATLAB_class"] = np.bytes_("logical")
        empty = made_matlab.put_array(file, "empty", np.array([[0, 0]], np.uint64))
        empty.attrs["MATLAB_empty"] = np.uint8(1)
    return path


@pytest.mark.parametrize(
    "name", ["blocks", "single", "whole", "flag", "Ein_langer_Name_mit_Zahl_9"]
)
def test_arrays_of_version_5_are_read_as_scipy_reads_them(five_either, name):
    theirs = scipy.io.loadmat(five_either)[name]
    ours = read_variable(five_either, name)
    assert ours.shape == theirs.shape
    assert np.array_equal(ours, theirs)


def test_text_structs_and_cells_of_version_5_are_read(five_either):
    assert read_variable(five_either, "words") == "schräg"
    assert read_variable(five_either, "settings.method") == "identity"
    assert read_variable(five_either, "settings")["size"] == 3
    crops = read_variable(five_either, "crops")
    assert crops.shape == (1, 3)
    assert np.array_equal(crops[0, 1], BLOCKS[0, 1])
    assert crops[0, 2] == "text"
    assert read_variable(five_either, "empty").size == 0


def test_text_structs_and_cells_of_version_73_are_read(seven):
    assert read_variable(seven, "words") == "schräg"
    assert read_variable(seven, "settings.method") == "identity"
    crops = read_variable(seven, "crops")
    assert crops.shape == (1, 3)
    assert np.array_equal(crops[0, 2], BLOCKS[0, 2])
    assert read_variable(seven, "flag").tolist() == [[True, False]]
    assert read_variable(seven, "empty").size == 0
    assert np.array_equal(read_variable(seven, "packed"), BLOCKS)


def test_scipy_refuses_the_made_file_of_version_73_as_it_does_real_ones(seven):
    with pytest.raises(NotImplementedError):
        scipy.io.loadmat(seven)


def test_a_big_endian_file_is_read(tmp_path):
    numbers = np.array([[1, 2], [3, 400]], ">u2")
    flags = struct.pack(">IIII", 6, 8, 11, 0)
    shape = struct.pack(">IIii", 5, 8, 2, 2)
    name = struct.pack(">HH4s", 1, 1, b"x\0\0\0")
    content = flags + shape + name + struct.pack(">II", 4, 8) + numbers.tobytes("F")
    path = tmp_path / "big.mat"
    path.write_bytes(
        b"MATLAB 5.0".ljust(124) + b"\x01\x00MI" + struct.pack(">II", 14, len(content)) + content
    )
    assert read_variable(path, "x").tolist() == numbers.tolist()
    assert read_shape(path, "x", ("uint16",), 2) == (2, 2)


def test_a_part_is_read_in_the_order_of_matlabs_axes(seven, five):
    whole = read_variable(seven, "single")
    part = (slice(2, 9), slice(5, 30), slice(0, 3))
    assert np.array_equal(read_part(seven, "single", part), whole[part])
    blocks = (slice(1, 2), slice(0, 1), slice(3, 9), slice(0, 16), slice(0, 3))
    assert np.array_equal(read_part(five, "blocks", blocks), BLOCKS[blocks])
    assert np.array_equal(read_part(seven, "packed", blocks), BLOCKS[blocks])


def test_a_part_beyond_the_array_is_refused(seven):
    with pytest.raises(DataError) as error:
        read_part(seven, "single", (slice(2, 21), slice(0, 30), slice(0, 3)))
    assert line_of(error).endswith("2 to 21, 0 to 30, 0 to 3 is not within 20x30x3")


@pytest.mark.parametrize("version", ["five", "seven"])
def test_a_variable_that_is_not_there_names_those_that_are(version, request):
    path = request.getfixturevalue(version)
    with pytest.raises(DataError) as error:
        read_variable(path, NAME)
    assert f"cannot read {NAME} in {path}: it holds no variable '{NAME}', but " in line_of(error)
    assert "words" in line_of(error) or "and " in line_of(error)


@pytest.mark.parametrize(
    ("version", "name", "what"),
    [
        ("five", "single", "it is float32 of 2x3x4, not uint8 of 5 axes"),
        ("five", "words", "it is text, not an array of real numbers"),
        ("five", "crops", "it is a cell array, not an array of real numbers"),
        ("five", "complex", "it is complex, not an array of real numbers"),
        ("seven", "single", "it is float32 of 20x30x3, not uint8 of 5 axes"),
        ("seven", "words", "it is char, not an array of numbers"),
        ("seven", "settings", "it is a struct, not an array of numbers"),
        ("seven", "crops", "not an array of real numbers"),
        ("seven", "flag", "it is logical, not an array of numbers"),
    ],
)
def test_what_is_no_such_array_is_refused(version, name, what, request):
    with pytest.raises(DataError) as error:
        read_shape(request.getfixturevalue(version), name, ("uint8",), 5)
    assert what in line_of(error)


@pytest.mark.parametrize("content", [b"", b"MATLAB", b"\x89PNG\r\n\x1a\n" * 100, bytes(600)])
def test_what_is_no_matlab_file_is_refused(tmp_path, content):
    path = tmp_path / "x.mat"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_variable(path, "x")
    assert line_of(error).endswith("it is no MATLAB file of version 5 or 7.3, or is damaged")


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(DataError) as error:
        read_variable(tmp_path / "x.mat", "x")
    assert line_of(error).endswith("x.mat: No such file or directory")


def test_cells_that_hold_themselves_are_refused(tmp_path):
    path = tmp_path / "circle.mat"
    with made_matlab.matlab_73(path) as file:
        cell = made_matlab.put_cell(file, "cell", [file.create_group("other")])
        cell[...] = np.array([[cell.ref]], h5py.ref_dtype)
    with pytest.raises(DataError, match="more than 16 arrays in one another"):
        read_variable(path, "cell")


def test_numbers_in_another_file_are_refused(tmp_path):
    path = tmp_path / "outside.mat"
    (tmp_path / "numbers").write_bytes(bytes(8))
    with made_matlab.matlab_73(path) as file:
        file.create_dataset("x", (2, 1), "f4", external=[(tmp_path / "numbers", 0, 8)])
    with pytest.raises(DataError, match="its numbers lie in another file"):
        read_variable(path, "x")


def test_a_claim_of_more_than_the_file_can_hold_takes_no_memory(tmp_path):
    five = made_matlab.sidd_blocks(tmp_path / "a.mat", NAME, BLOCKS)
    content = bytearray(five.read_bytes())
    packed = bytearray(zlib.decompress(content[136:]))
    packed[4:8] = (0xFFFFFFF0).to_bytes(4, "little")
    stream = zlib.compress(bytes(packed))
    five.write_bytes(bytes(content[:132]) + len(stream).to_bytes(4, "little") + stream)
    seven = tmp_path / "b.mat"
    with made_matlab.matlab_73(seven) as file:
        file.create_dataset("x", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))
    tracemalloc.start()
    for path, name in ((five, NAME), (seven, "x")):
        with pytest.raises(DataError, match="damaged"):
            read_variable(path, name)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6


def test_an_array_that_lies_plain_in_a_file_is_mapped_and_not_read(tmp_path):
    blocks = made_matlab.random_blocks(images=2, blocks=8, side=256)
    path = made_matlab.sidd_blocks(tmp_path / "a.mat", NAME, blocks, compressed=False)
    tracemalloc.start()
    assert np.array_equal(read_variable(path, NAME)[1, 2], blocks[1, 2])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.3 * blocks.nbytes


def test_a_compressed_array_is_held_once(tmp_path):
    blocks = made_matlab.random_blocks(images=4, blocks=8, side=256)
    path = made_matlab.sidd_blocks(tmp_path / "a.mat", NAME, blocks)
    tracemalloc.start()
    read_variable(path, NAME)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * blocks.nbytes


@pytest.mark.parametrize("seed", range(100))
def test_a_mutated_compressed_file_of_version_5_is_read_right_or_refused(tmp_path, seed):
    path = made_matlab.sidd_blocks(tmp_path / "a.mat", NAME, BLOCKS)
    path.write_bytes(made_matlab.mutated(path.read_bytes(), seed))
    check_right_or_refused(path, BLOCKS)


@pytest.mark.parametrize("seed", range(100))
def test_a_mutated_plain_file_of_version_5_differs_only_in_pixels_that_were_overwritten(
    tmp_path, seed
):
    """No checksum tells these; a manifest of digests does."""
    path = made_matlab.sidd_blocks(tmp_path / "a.mat", NAME, BLOCKS, compressed=False)
    content = path.read_bytes()
    begin = content.index(BLOCKS.tobytes("F"))
    changed = made_matlab.mutated(content, seed)
    path.write_bytes(changed)
    stored = np.frombuffer(changed[begin : begin + BLOCKS.nbytes], np.uint8)
    if len(stored) == BLOCKS.size:
        check_right_or_refused(path, stored.reshape(BLOCKS.shape, order="F"))
    else:
        check_right_or_refused(path, BLOCKS)


@pytest.mark.parametrize("seed", range(100))
def test_a_mutated_compressed_file_of_version_73_is_read_right_or_refused(tmp_path, seed):
    path = tmp_path / "a.mat"
    with made_matlab.matlab_73(path) as file:
        made_matlab.put_array(file, NAME, BLOCKS, compressed=True)
    path.write_bytes(made_matlab.mutated(path.read_bytes(), seed, first=512))
    part = tuple(slice(0, size) for size in BLOCKS.shape)
    if (read := unless_refused(lambda: read_part(path, NAME, part))) is not None:
        assert np.array_equal(read, BLOCKS)


def check_right_or_refused(path: Path, right: np.ndarray) -> None:
    if (read := unless_refused(lambda: read_variable(path, NAME))) is not None:
        assert read_shape(path, NAME, ("uint8",), 5) == right.shape
        assert np.array_equal(read, right)


def unless_refused(read: Callable[[], np.ndarray]) -> np.ndarray | None:
    """What is read; None where it is refused in one line."""
    try:
        return read()
    except DataError as error:
        if "\n" in str(error):
            raise
        return None


def test_the_real_table_of_blocks_is_read(real_data):
    path = real_data / "sidd-meta" / "BenchmarkBlocks32.mat"
    if not path.is_file():
        pytest.skip(f"needs {path} (HARNESS_REAL_DATA)")
    table = read_variable(path, "BenchmarkBlocks32")
    assert read_shape(path, "BenchmarkBlocks32", ("uint16",), 2) == (32, 4)
    assert table[:4].tolist() == [
        [1601, 2413, 256, 256],
        [1601, 2669, 256, 256],
        [1857, 2413, 256, 256],
        [1857, 2669, 256, 256],
    ]
