import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.images import write_image


@pytest.fixture
def noise(in_process, toys):
    """Runs ``harness noise`` with the toys."""

    def noise(*arguments):
        return in_process("noise", "--plugin", str(toys), *arguments)

    return noise


@pytest.fixture
def photos(tmp_path):
    """Writes a folder of images: its name, which halves, and their channels."""

    def write(name, halves=("_real", "_mean"), channels=3, shape=(40, 50)):
        generator = np.random.default_rng(0)
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for index in range(2):
            clean = generator.uniform(50, 200, (1, 1, channels)) * np.ones((*shape, 1))
            images = {"_mean": clean, "_real": clean + generator.normal(0, 9, clean.shape)}
            for half in halves:
                write_image(folder / f"{index}{half}.png", images[half].round().astype(np.uint8))
        return folder

    return write


def test_a_dataset_gets_a_table_a_file_and_a_picture(noise):
    code, out, err = noise("scenes")
    assert (code, err) == (0, "")
    assert out.startswith("noise of scenes, test: 2 images, 0.0 megapixels, noisy minus clean\n")
    assert "pixel-shuffle stride 1: " in out
    assert "ranking of methods" not in out
    assert out.splitlines()[-2:] == ["noise/scenes/noise.json", "noise/scenes/noise.png"]
    with Image.open("noise/scenes/noise.png") as picture:
        assert picture.format == "PNG"
    data = json.loads(Path("noise/scenes/noise.json").read_text())
    assert data["dataset"] == "scenes"
    assert data["method"] is None
    assert data["profile"]["std"] == pytest.approx(20, abs=2)
    assert len(data["profile"]["correlations"][0]["values"]) == 21
    assert data["lags"]["pooled"]["horizontal"] == pytest.approx([0] * 10, abs=0.1)


def test_json_is_all_that_is_printed_and_what_is_kept(noise):
    code, out, err = noise("scenes", "--json", "--radius", "3")
    assert (code, err) == (0, "")
    assert out == Path("noise/scenes/noise.json").read_text()
    assert len(json.loads(out)["profile"]["correlations"][0]["values"]) == 7


def test_a_folder_is_as_good_as_a_dataset(noise, photos):
    folder = photos("my photos")
    code, out, _ = noise(str(folder))
    assert code == 0
    assert "2 images" in out
    assert "noise/my_photos/noise.png" in out
    _, selected, _ = noise(f"folder[root={folder}]")
    assert selected == out


def test_roots_are_said_as_for_a_run(noise, photos):
    folder = photos("data/folder")
    printed = [
        noise("folder", *options)[1]
        for options in (("--root", f"folder={folder}"), ("--data-root", str(folder.parent)))
    ]
    assert printed[0] == printed[1]
    assert "2 images" in printed[0]


def test_a_dataset_goes_before_a_folder_of_its_name_and_dot_slash_means_the_folder(noise, photos):
    photos("scenes")
    assert noise("scenes")[1].startswith("noise of scenes, test")
    assert noise("./scenes")[1].startswith("noise of folder[root=")


def test_another_split_is_filed_under_its_name(noise):
    code, out, _ = noise("scenes[count=3]", "--split", "train", "--images", "1")
    assert code == 0
    assert out.startswith("noise of scenes[count=3], train: 1 images")
    assert Path("noise/scenes-count=3-train/noise.json").exists()


def test_the_output_goes_where_it_is_wanted(noise):
    noise("scenes", "--out", "here")
    assert {path.name for path in Path("here").iterdir()} == {"noise.json", "noise.png"}
    assert not Path("noise").exists()


def test_without_ground_truth_the_residual_is_measured_and_said_to_be_one(noise, photos):
    folder = photos("alone", halves=("_real",))
    code, out, _ = noise(f"folder[root={folder},layout=noisy]")
    assert code == 0
    assert "residual of guided-filter[eps=0.005,radius=4]" in out.splitlines()[0]
    assert "NO GROUND TRUTH IS USED" in out
    assert "PSNR, ceiling       n/a: it needs ground truth" in out
    data = json.loads(Path("noise/alone-layout=noisy/noise.json").read_text())
    assert data["method"] == "guided-filter[eps=0.005,radius=4]"
    assert data["profile"]["ground_truth"] is False
    assert data["profile"]["ceiling"] is None


@pytest.mark.parametrize(
    ("shots", "told"),
    [
        (3, "these images have 2 further shots each, so harness run --metrics upsnr ranks"),
        (2, "2 more shots of each give upsnr, see: harness show upsnr"),
    ],
)
def test_it_says_how_methods_can_be_ranked_without_ground_truth(noise, tmp_path, shots, told):
    for number in range(shots):
        pixels = np.random.default_rng(number).integers(0, 256, (40, 50, 3), np.uint8)
        for scene in "ab":
            write_image(tmp_path / "bursts" / scene / f"{number}.png", pixels)
    code, out, _ = noise(f"folder[root={tmp_path / 'bursts'},layout=bursts]")
    assert code == 0
    assert told in out


def test_the_residual_of_a_method_can_be_asked_for_where_there_is_ground_truth(noise):
    code, out, _ = noise("scenes", "--method", "guided-filter[radius=2]")
    assert code == 0
    assert "residual of guided-filter[radius=2]" in out
    assert "NO GROUND TRUTH IS USED" in out


@pytest.mark.parametrize("definition", ["pooled", "rgb-direction"])
def test_one_definition_makes_one_map(noise, definition):
    _, out, _ = noise("scenes", "--definition", definition, "--json")
    (only,) = json.loads(out)["profile"]["correlations"]
    assert only["definition"] == definition


def test_grey_images_have_the_pooled_map_alone(noise):
    code, out, _ = noise("scenes[channels=1]", "--json")
    assert code == 0
    (only,) = json.loads(out)["profile"]["correlations"]
    assert only["definition"] == "pooled"


def test_the_threshold_moves_the_suggestion(noise):
    _, out, _ = noise("scenes", "--threshold", "0.9")
    assert "within the threshold 0.9" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scene"], "there is no dataset 'scene'; did you mean 'scenes'?"),
        (["./nowhere"], "cannot measure the noise of ./nowhere: it does not exist"),
        (
            ["polyu"],
            "no folder is known for dataset 'polyu'; say --root polyu=DIR, or --data-root DIR",
        ),
        (["polyu", "--split", "train"], "dataset 'polyu' has no split 'train'; it has test"),
        (["scenes", "--root", "here"], "cannot read --root 'here': write NAME=DIR"),
        (["scenes", "--radius", "40"], "an image of 48x40 pixels is too small for a map of radius"),
        (["scenes[channels=1]", "--definition", "rgb-direction"], "the definition rgb-direction "),
        (["scenes", "--method", "toy"], "--method toy: it needs training; name a method that nee"),
        (["scenes", "--method", "oracle"], "--method oracle: it needs clean images; name a method"),
        (["scenes", "--method", "identity"], "no noise is left: there is nothing to measure"),
        (["scenes", "--method", "identiti"], "there is no method 'identiti'; did you mean 'ident"),
        ([], "Missing argument 'DATASET|FOLDER'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(noise, arguments, message):
    code, out, err = noise(*arguments)
    assert code == 2
    assert out == ""
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1
    assert not Path("noise").exists()


def test_a_file_is_no_folder(noise, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"")
    code, _, err = noise("photo.png")
    assert code == 2
    assert err == "error: cannot measure the noise of photo.png: it is not a folder\n"


def test_a_broken_image_is_named(noise, photos):
    folder = photos("broken")
    (folder / "1_real.png").write_bytes((folder / "1_real.png").read_bytes()[:200])
    code, _, err = noise(str(folder))
    assert code == 2
    assert err.startswith(f"error: cannot read image {folder / '1_real.png'}: ")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_a_terminal_shows_progress_on_standard_error(toys, tmp_path):
    import pty

    ours, theirs = pty.openpty()
    command = [Path(sys.executable).with_name("harness"), "noise", "scenes", "--plugin", toys]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # the other end is closed
            pass
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0
    assert b"noise of scenes" in shown
    assert b"100%" in shown
    assert b"suggestion" in out
