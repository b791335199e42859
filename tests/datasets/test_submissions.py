"""Submissions to SIDD and DND: written end to end, checked, and broken in every way."""

import base64
import csv
from pathlib import Path

import made_matlab
import numpy as np
import pytest
import scipy.io

from harness import About, DataError, Denoised, ParameterError, Sample
from harness_datasets.sidd_submission import SIDDSubmission

ABOUT = About(method="mine", paper="Müller, A Paper", machine="a CPU", seconds_per_megapixel=0.5)
SIDE = 32


def smooth(seed: int, side: int = SIDE) -> np.ndarray:
    random = np.random.default_rng(seed)
    coarse = random.integers(20, 236, (4, 4, 3)).astype(np.uint8)
    return coarse.repeat(side // 4, axis=0).repeat(side // 4, axis=1)


BLOCKS = np.stack([np.stack([smooth(10 * i + j) for j in range(4)]) for i in range(2)])


@pytest.fixture
def sidd(tmp_path: Path) -> Path:
    """The folder of a tiny benchmark of SIDD: 2 images of 4 blocks."""
    folder = tmp_path / "sidd-data"
    made_matlab.sidd_blocks(
        folder / "BenchmarkNoisyBlocksSrgb.mat", "BenchmarkNoisyBlocksSrgb", BLOCKS
    )
    return folder


@pytest.fixture
def dnd(tmp_path: Path) -> made_matlab.MadeDND:
    """A tiny DND: 2 photographs of 20 boxes."""
    return made_matlab.dnd(tmp_path / "dnd-data", images=2, side=SIDE)


def denoised(blocks: np.ndarray) -> list[Denoised]:
    return [
        Denoised(Sample(f"{i:04d}_{j:02d}", f"{i:04d}", lambda b=block: b), lambda b=block: b)
        for i, row in enumerate(blocks)
        for j, block in enumerate(row)
    ]


@pytest.fixture
def check(in_process, sidd, dnd):
    """The lines on what is wrong that a check of a path prints; and the exit code."""

    def check(path: Path) -> tuple[int, list[str]]:
        code, out, err = in_process(
            *("submit", "check", str(path)),
            *("--root", f"sidd-benchmark={sidd}", "--root", f"dnd={dnd.folder}"),
        )
        lines = [line.strip() for line in (out + err).splitlines() if line.startswith("  ")]
        return code, [line for line in lines if not line.startswith("compared with")]

    return check


def test_a_part_of_the_noisy_images_is_told_from_all(in_process, sidd, tmp_path):
    """Else a part of a submission that fits a part of the data would look ready."""
    in_process(
        *("submit", "sidd-benchmark", "--method", "identity", "--out", "made", "--quiet"),
        *("--root", f"sidd-benchmark={sidd}"),
    )
    _, out, _ = in_process("submit", "check", "made", "--noisy", str(sidd))
    assert "  compared with 8 noisy images: a whole submission has 1280" in out.splitlines()


def test_a_submission_to_sidd_is_made_end_to_end_and_passes(in_process, sidd, tmp_path, check):
    code, out, err = in_process(
        *("submit", "sidd-benchmark", "--method", "identity", "--out", "made", "--quiet"),
        *("--root", f"sidd-benchmark={sidd}"),
    )
    assert code == 0, err
    assert out.splitlines()[:2] == ["made/SubmitSrgb.mat", "made/SubmitSrgb.csv"]
    assert check(Path("made")) == (0, ["nothing is wrong"] * 2)
    made = scipy.io.loadmat("made/SubmitSrgb.mat")
    assert made["DenoisedBlocksSrgb"].shape == (2, 4)
    assert all(
        np.array_equal(made["DenoisedBlocksSrgb"][place], BLOCKS[place])
        for place in np.ndindex(2, 4)
    )
    assert made["TimeMPSrgb"].item() > 0
    assert made["OptionalData"]["MethodName"].item().item() == "identity"


def test_a_submission_to_dnd_is_made_end_to_end_and_passes(in_process, dnd, check):
    code, out, err = in_process(
        *("submit", "dnd", "--method", "identity", "--out", "made", "--quiet"),
        *("--root", f"dnd={dnd.folder}"),
    )
    assert code == 0, err
    assert out.startswith("made/0001.mat\nmade/0002.mat\n")
    assert check(Path("made")) == (0, ["nothing is wrong"])
    made = scipy.io.loadmat("made/0002.mat")
    assert made["Idenoised"].shape == (1, 20)
    assert made["Idenoised"][0, 3].dtype == np.float32
    assert np.abs(made["Idenoised"][0, 3] - dnd.crop(1, 3)).max() < 1e-5
    assert (made["israw"].item(), made["eval_version"].item()) == (0, "1.0")


def test_the_csv_has_the_bytes_of_each_block_row_by_row(tmp_path):
    SIDDSubmission(only="csv").write(denoised(BLOCKS), tmp_path, ABOUT)
    assert [path.name for path in tmp_path.iterdir()] == ["SubmitSrgb.csv"]
    csv.field_size_limit(10**6)
    with (tmp_path / "SubmitSrgb.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["ID", "BLOCK"]
    assert [row[0] for row in rows] == [str(index) for index in range(8)]
    assert base64.b64decode(rows[5][1]) == BLOCKS[1, 1].tobytes()


def test_one_array_is_written_on_request_and_passes(tmp_path, check):
    SIDDSubmission(form="array", only="mat").write(denoised(BLOCKS), tmp_path / "made", ABOUT)
    made = scipy.io.loadmat(tmp_path / "made" / "SubmitSrgb.mat")["DenoisedBlocksSrgb"]
    assert np.array_equal(made, BLOCKS)
    assert check(tmp_path / "made") == (0, ["nothing is wrong"])


def test_blocks_are_read_one_at_a_time_while_they_are_written(tmp_path):
    alive = []

    def read(index):
        alive.append(index)
        return BLOCKS[divmod(index, 4)]

    images = [
        Denoised(each.sample, lambda index=index: read(index))
        for index, each in enumerate(denoised(BLOCKS))
    ]
    submission = SIDDSubmission(only="mat")
    variables = submission._variables([images[:4], images[4:]], ABOUT)
    assert alive == []
    assert variables["DenoisedBlocksSrgb"].shape == (2, 4)


def test_what_matlab_cannot_hold_is_refused_or_replaced(tmp_path):
    with pytest.raises(ParameterError, match="Authors must be plain ASCII for MATLAB"):
        SIDDSubmission(authors="Müller")
    SIDDSubmission(only="mat", authors="M").write(denoised(BLOCKS), tmp_path, ABOUT)
    optional = scipy.io.loadmat(tmp_path / "SubmitSrgb.mat")["OptionalData"]
    assert optional["PaperTitle"].item().item() == "M?ller, A Paper"


def test_part_of_a_dataset_is_no_submission(tmp_path):
    with pytest.raises(DataError, match="photographs have 3 or 4 images each"):
        SIDDSubmission().write(denoised(BLOCKS)[:-1], tmp_path, ABOUT)


# ten and more kinds of broken submissions, each told by a line of its own


def mat_file(folder: Path, blocks: object, variable: str = "DenoisedBlocksSrgb") -> Path:
    folder.mkdir(exist_ok=True)
    scipy.io.savemat(folder / "SubmitSrgb.mat", {variable: blocks})
    return folder / "SubmitSrgb.mat"


@pytest.mark.parametrize(
    ("blocks", "line"),
    [
        (BLOCKS[:, :3], "wrong: count: 6 blocks instead of 8"),
        (BLOCKS[::-1], "wrong: order: 8 blocks of 8 resemble the noisy image of another place"),
        (BLOCKS[:, :, :, :30], "wrong: shape: 32x30x3 instead of 32x32x3 in 8 blocks"),
        (BLOCKS / 255, "wrong: type: float64 instead of uint8 in 8 blocks"),
        (BLOCKS // 255, "wrong: range: no pixel above 1, where white is 255"),
        (BLOCKS.swapaxes(2, 3), "wrong: orientation: blocks are transposed"),
        (BLOCKS[:, :, ::-1], "wrong: orientation: blocks are flipped upside down"),
        (BLOCKS[:, :, :, ::-1], "wrong: orientation: blocks are flipped left to right"),
        (BLOCKS[..., ::-1], "wrong: orientation: blocks are BGR instead of RGB"),
        (BLOCKS.swapaxes(0, 1), "wrong: order: "),
        (BLOCKS[0], "wrong: DenoisedBlocksSrgb is 4x32x32x3: it must be a cell array, 40x32"),
        ("text", "wrong: DenoisedBlocksSrgb in "),
    ],
    ids=str.split("count order shape type range transposed vertical horizontal bgr axes one text"),
)
def test_a_broken_matlab_file_of_sidd_is_told_by_its_kind(tmp_path, check, blocks, line):
    code, lines = check(mat_file(tmp_path / "made", blocks))
    assert code == 2
    assert any(each.startswith(line) for each in lines), lines


def test_the_whole_table_of_blocks_transposed_is_told(tmp_path, check):
    cells = np.empty((32, 40), object)
    for place in np.ndindex(cells.shape):
        cells[place] = np.zeros((2, 2, 3), np.uint8)
    code, lines = check(mat_file(tmp_path / "made", cells))
    assert code == 2
    assert "wrong: DenoisedBlocksSrgb is 32x40: images come first, 40x32" in lines


def test_another_variable_is_named_with_what_there_is(tmp_path, check):
    code, lines = check(mat_file(tmp_path / "made", BLOCKS, "Denoised"))
    assert code == 2
    assert "DenoisedBlocksSrgb" in lines[0]
    assert "'Denoised'" in lines[0] or "Denoised" in lines[0]


def test_a_truncated_file_is_damaged(tmp_path, check):
    path = mat_file(tmp_path / "made", BLOCKS)
    path.write_bytes(path.read_bytes()[:5000])
    code, lines = check(path)
    assert code == 2
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda rows: [["id", "block"], *rows[1:]],
         "wrong: the first line is 'id,block'; it must be 'ID,BLOCK'"),
        (lambda rows: rows[:-1], "wrong: count: 7 blocks instead of 8"),
        (lambda rows: [rows[0], *([str(int(n) + 1), b] for n, b in rows[1:])],
         "wrong: IDs that do not count from 0, row by row: 1 in row 0, 2 in row 1"),
        (lambda rows: [*rows[:3], [rows[3][0], "?" + rows[3][1][1:]], *rows[4:]],
         "wrong: blocks that are not base64: row 2"),
        (lambda rows: [*rows[:3], [rows[3][0], rows[3][1][:-8]], *rows[4:]],
         "wrong: shape: 3066 instead of 32x32x3 in 1 block: row 2"),
        (lambda rows: [rows[0], *([n, b] for (n, _), (_, b) in zip(rows[1:], rows[:0:-1],
                                                                   strict=True))],
         "wrong: order: 8 blocks of 8 resemble the noisy image of another place"),
    ],
    ids=["header", "count", "ids", "base64", "bytes", "order"],
)  # fmt: skip
def test_a_broken_csv_file_of_sidd_is_told_by_its_kind(tmp_path, check, change, line):
    SIDDSubmission(only="csv").write(denoised(BLOCKS), tmp_path / "made", ABOUT)
    path = tmp_path / "made" / "SubmitSrgb.csv"
    rows = [text.split(",") for text in path.read_text().splitlines()]
    path.write_text("".join(",".join(row) + "\n" for row in change(rows)))
    code, lines = check(path)
    assert code == 2
    assert any(each.startswith(line) for each in lines), lines


def bundle(folder: Path, dnd: made_matlab.MadeDND, change=lambda crop: crop, **variables) -> Path:
    """The bundled files of crops that are changed alike, with variables in place of theirs."""
    folder.mkdir(exist_ok=True)
    for image in range(len(dnd.photographs)):
        crops = np.empty((1, 20), object)
        for box in range(20):
            crops[0, box] = change(dnd.crop(image, box))
        held = {"Idenoised": crops, "israw": False, "eval_version": "1.0"} | variables
        held = {name: value for name, value in held.items() if value is not None}
        scipy.io.savemat(folder / f"{image + 1:04d}.mat", held)
    return folder


@pytest.mark.parametrize(
    ("change", "variables", "line"),
    [
        (lambda crop: crop, {"israw": True}, "wrong: israw is not false: 0001.mat, 0002.mat"),
        (lambda crop: crop, {"israw": None},
         "wrong: israw is missing; it must be false: 0001.mat, 0002.mat"),
        (lambda crop: crop, {"eval_version": "2.0"}, "wrong: eval_version is not '1.0': 0001.mat"),
        (lambda crop: crop, {"Idenoised": np.zeros((3, 3))},
         "wrong: Idenoised is no cell array: 0001.mat, 0002.mat"),
        (lambda crop: crop.astype(float), {}, "wrong: type: float64 instead of float32"),
        (lambda crop: crop * np.float32(255), {}, "wrong: range: far above white, which is 1"),
        (lambda crop: crop - np.float32(0.1), {}, "wrong: range: beyond 0 to 1; clip it"),
        (lambda crop: crop.swapaxes(0, 1), {}, "wrong: orientation: crops are transposed"),
        (lambda crop: crop[..., ::-1], {}, "wrong: orientation: crops are BGR instead of RGB"),
        (lambda crop: crop[:16], {}, "wrong: shape: 16x32x3 instead of 32x32x3 in 40 crops"),
    ],
    ids=str.split("raw no-raw version cell type range clip transposed bgr shape"),
)  # fmt: skip
def test_a_broken_submission_to_dnd_is_told_by_its_kind(
    tmp_path, check, dnd, change, variables, line
):
    code, lines = check(bundle(tmp_path / "made", dnd, change, **variables))
    assert code == 2
    assert any(each.startswith(line) for each in lines), lines


def test_a_missing_file_of_dnd_is_named(tmp_path, check, dnd):
    folder = bundle(tmp_path / "made", dnd)
    (folder / "0001.mat").unlink()
    code, lines = check(folder)
    assert code == 2
    assert lines == [
        "wrong: files that are missing: 0001.mat",
        "wrong: count: 20 crops instead of 40",
    ]


def test_crops_that_were_not_bundled_are_told(tmp_path, check, dnd):
    folder = tmp_path / "made"
    folder.mkdir()
    for image in range(2):
        for box in range(20):
            crop = {"Idenoised_crop": dnd.crop(image, box)}
            scipy.io.savemat(folder / f"{image + 1:04d}_{box + 1:02d}.mat", crop)
    assert check(folder) == (
        2,
        ["wrong: crops are not bundled: the server takes 0001.mat to 0050.mat, 20 crops in each"],
    )


def test_a_bundle_of_matlab_7_3_is_read_as_well(tmp_path, check, dnd):
    folder = tmp_path / "made"
    for image in range(2):
        with made_matlab.matlab_73(folder / f"{image + 1:04d}.mat") as file:
            kept = file.create_group("#refs#")
            crops = [
                made_matlab.put_array(kept, f"c{box}", dnd.crop(image, box)) for box in range(20)
            ]
            made_matlab.put_cell(file, "Idenoised", crops)
            flag = made_matlab.put_array(file, "israw", np.zeros((1, 1), np.uint8))
            flag.attrs["MATLAB_class"] = np.bytes_("logical")
            made_matlab.put_text(file, "eval_version", "1.0")
    assert check(folder) == (0, ["nothing is wrong"])
