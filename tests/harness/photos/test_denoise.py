"""``harness denoise``: photographs in, photographs out, each kept or failed alone."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from made_models import write_model
from PIL import Image

import harness
from harness.data.images import read_image
from harness.errors import DiskFullError, HarnessError
from harness.evaluation.inference import denoise, smaller_tile
from harness.models.denoiser import Denoiser
from harness.photos import denoising
from harness.photos.denoising import denoise_photos, denoised_pixels
from harness.photos.files import tasks_of
from harness.photos.photo import Photo
from harness.photos.photo_file import read_photo


class Halving(harness.Method):
    """Halves every value."""

    def denoise(self, noisy):
        return noisy / 2


class Starving(harness.Method):
    """Has memory for so many pixels."""

    def __init__(self, pixels, radius=3, error=None):
        super().__init__()
        self.pixels, self.receptive_radius = pixels, radius
        self.error = error or RuntimeError("you can't allocate memory")

    def denoise(self, noisy):
        if noisy.shape[-1] * noisy.shape[-2] > self.pixels:
            raise self.error
        return torch.nn.functional.avg_pool2d(noisy, 3, 1, 1)

    def __deepcopy__(self, memo):
        return self


@pytest.fixture
def photos(tmp_path):
    """A colour JPEG, a grey PNG, a TIFF of 16 bit with alpha, and a file that is no image."""
    folder = tmp_path / "photos"
    folder.mkdir()
    chance = np.random.default_rng(0)
    colour = chance.integers(60, 200, (40, 48, 3)).astype(np.uint8)
    Image.fromarray(colour).save(folder / "colour.jpg", quality=90)
    Image.fromarray(colour[..., 0]).save(folder / "grey.png")
    deep = chance.integers(0, 65536, (40, 48, 4)).astype(np.uint16)
    tifffile.imwrite(folder / "deep.tif", deep, photometric="rgb", extrasamples=["unassalpha"])
    (folder / "broken.png").write_bytes(b"no image")
    return folder


def halves(channels, dtype):
    return Denoiser(Halving(), channels)


def test_each_photograph_is_denoised_or_failed_alone(photos, tmp_path):
    out = tmp_path / "out"
    outcomes = list(denoise_photos(tasks_of([photos], out), halves))
    by_name = {each.task.source.name: each for each in outcomes}
    assert by_name["broken.png"].status == "failed"
    assert by_name["broken.png"].error.startswith(f"cannot read image {photos / 'broken.png'}")
    assert sorted(path.name for path in out.iterdir()) == ["colour.jpg", "deep.tif", "grey.png"]
    before, after = read_photo(photos / "deep.tif"), read_photo(out / "deep.tif")
    assert np.abs(after.pixels - before.pixels / 2).max() <= 0.5
    assert np.array_equal(after.alpha, before.alpha)
    assert np.abs(read_image(out / "grey.png") - read_image(photos / "grey.png") / 2).max() <= 0.5


def test_what_is_there_is_left_as_it_is_unless_told_otherwise(photos, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "grey.png").write_text("mine")
    tasks = tasks_of([photos / "grey.png"], out)
    assert [each.status for each in denoise_photos(tasks, halves)] == ["skipped"]
    assert (out / "grey.png").read_text() == "mine"
    assert [each.status for each in denoise_photos(tasks, halves, overwrite=True)] == ["done"]
    assert read_image(out / "grey.png").shape == (40, 48, 1)


def test_a_failure_leaves_an_older_result_whole(photos, tmp_path):
    class Breaking(harness.Method):
        def denoise(self, noisy):
            raise ValueError("it broke\non two lines")

    out = tmp_path / "out"
    tasks = tasks_of([photos / "grey.png"], out)
    list(denoise_photos(tasks, halves))
    content = (out / "grey.png").read_bytes()
    (outcome,) = denoise_photos(tasks, lambda *_: Denoiser(Breaking()), overwrite=True)
    assert outcome.status == "failed"
    assert "ValueError: it broke" in outcome.error
    assert "\n" not in outcome.error
    assert (out / "grey.png").read_bytes() == content
    assert not list(out.glob("*.part"))


def test_grey_goes_through_a_denoiser_of_colour_and_colour_through_one_of_grey():
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8, 1) * 5
    of_colour = denoised_pixels(Photo(grey, None, "PNG"), lambda *_: Denoiser(Halving(), 3))
    assert np.abs(of_colour - grey / 2).max() <= 0.5
    colour = np.concatenate([grey, 2 * (grey // 3), grey // 4], axis=2)
    of_grey = denoised_pixels(Photo(colour, None, "PNG"), lambda *_: Denoiser(Halving(), 1))
    assert np.abs(of_grey - colour / 2).max() <= 0.5


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("could not create a primitive"),
        torch.OutOfMemoryError("CUDA"),
        MemoryError(),
    ],
)
def test_tiles_are_halved_until_the_memory_suffices(error, caplog):
    image = np.random.default_rng(0).random((64, 80, 3)).astype(np.float32)
    method = Starving(24 * 24, error=error)
    with caplog.at_level("WARNING", "harness"):
        denoised = Denoiser(method).denoise(image)
    whole = Denoiser(Starving(10**9)).denoise(image)
    assert np.array_equal(denoised, whole)
    assert [record.getMessage()[-28:] for record in caplog.records] == [
        f"going on in tiles of {side} pixels"[-28:] for side in (40, 20)
    ]


def test_where_even_the_smallest_tile_is_too_large_that_is_said():
    with pytest.raises(HarnessError, match="memory does not suffice for an image of 80x64, and"):
        Denoiser(Starving(4)).denoise(np.zeros((64, 80, 3), np.float32))
    with pytest.raises(HarnessError, match="Starving cannot be cut into smaller tiles"):
        Denoiser(Starving(4, radius=None)).denoise(np.zeros((64, 80, 3), np.float32))


def test_other_errors_of_a_method_are_its_own():
    with pytest.raises(RuntimeError, match="something else"):
        Denoiser(Starving(4, error=RuntimeError("something else"))).denoise(
            np.zeros((8, 8, 3), np.float32)
        )


def test_the_smallest_tile_is_one_that_the_method_takes():
    method = Starving(10**9, radius=5)
    side, tile = 200, None
    while (smaller := smaller_tile(method, 200, 200, tile)) is not None:
        assert smaller < side
        side = tile = smaller
    noisy = torch.rand(1, 3, 40, 40)
    assert tile == 11
    assert torch.equal(denoise(method, noisy, tile=tile), denoise(method, noisy))


def test_a_method_without_training_denoises_a_folder(photos, tmp_path, in_process):
    code, said, errors = in_process("denoise", str(photos), "--out", "out", "--method", "tv")
    assert code == 3
    assert said.splitlines()[-1] == "3 of 4 denoised, 1 failed: out"
    assert errors.startswith(f"failed: cannot read image {photos / 'broken.png'}")
    assert (tmp_path / "out" / "colour.jpg").exists()
    again = in_process("denoise", str(photos), "--out", "out", "--method", "tv", "--json")
    data = json.loads(again[1])
    assert (data["done"], data["skipped"], data["failed"]) == (0, 3, 1)


def test_noisy_and_denoised_are_compared_on_a_page(photos, tmp_path, in_process):
    (photos / "<b>odd&.png").write_bytes((photos / "grey.png").read_bytes())
    arguments = ("denoise", str(photos), "--out", "out", "--method", "tv", "--compare")
    code, said, _ = in_process(*arguments)
    assert code == 3
    assert said.splitlines()[-1] == f"side by side: {Path('out/compare.html')}"
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "4 of 4 photographs" in page
    assert "<b>odd" not in page
    (photos / "colour.jpg").unlink()
    data = json.loads(in_process(*arguments, "--json")[1])  # what was there is compared, too
    assert (data["skipped"], data["page"]) == (3, str(Path("out/compare.html")))
    assert "3 of 3 photographs" in (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")


def test_there_is_no_page_of_nothing(photos, tmp_path, in_process):
    arguments = ("--out", "out", "--method", "tv", "--compare", "--json")
    data = json.loads(in_process("denoise", str(photos / "broken.png"), *arguments)[1])
    assert (data["failed"], data["page"]) == (1, None)
    assert not (tmp_path / "out").exists()


def test_a_method_is_trained_on_the_photographs_and_only_once(photos, toys, tmp_path, in_process):
    (photos / "broken.png").unlink()
    arguments = ("denoise", str(photos), "--plugin", str(toys), "--method", "toy", "--fit")
    code, said, errors = in_process(*arguments, "--out", "first")
    assert (code, said.splitlines()[-1]) == (0, "3 of 3 denoised: first"), errors
    assert sum("train toy" in line and "done" in line for line in errors.splitlines()) == 3
    code, _, errors = in_process(*arguments, "--out", "second")
    assert code == 0
    assert sum("train toy" in line and "reused" in line for line in errors.splitlines()) == 3
    for name in ("colour.jpg", "grey.png", "deep.tif"):
        first, second = (tmp_path / out / name for out in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_a_photograph_that_cannot_be_denoised_does_not_keep_a_method_from_learning(
    photos, toys, tmp_path, in_process
):
    whole = (photos / "colour.jpg").read_bytes()
    (photos / "cut off.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "a.jpg").write_bytes(whole[:-100])
    (photos / "of no ending").write_bytes(whole)
    arguments = ("--plugin", str(toys), "--method", "toy", "--fit", "--budget", "quick:1it")
    inputs = [str(photos / name) for name in ("a.jpg", "cut off.jpg", "of no ending")]
    code, said, errors = in_process("denoise", *inputs, *arguments, "--out", "out")
    assert (code, said.splitlines()[-1]) == (3, "1 of 3 denoised, 2 failed: out"), errors
    assert read_photo(tmp_path / "out" / "of no ending").kind == "JPEG"


def test_a_model_denoises_photographs(photos, toys, tmp_path, in_process):
    registry = harness.load_plugins(str(toys))
    model = tmp_path / "model.safetensors"
    write_model(model, registry)
    (photos / "broken.png").unlink()
    arguments = ("denoise", str(photos), "--plugin", str(toys), "--model", str(model))
    code, said, errors = in_process(*arguments, "--out", "out", "--format", "png")
    assert (code, said.splitlines()[-1]) == (0, "3 of 3 denoised: out"), errors
    results = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert results == ["colour.png", "deep.png", "grey.png"]
    expected = harness.load_model(model, registry).denoise(
        read_image(photos / "colour.jpg"), "colour"
    )
    assert np.array_equal(read_image(tmp_path / "out" / "colour.png"), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--plugin", "no:baselines"), "say how to denoise: --model NAME or FILE, --method NAME"),
        (("--fit",), "say how to denoise: --model NAME or FILE, --method NAME --fit"),
        (("--method", "toy", "--model", "x.safetensors"), "say how to denoise"),
        (("--method", "toy"), "toy must be trained: say --fit"),
        (("--method", "tv", "--fit"), "tv needs no training: leave out --fit"),
        (("--method", "supervised", "--fit"), "supervised learns from clean images too"),
        (("--method", "oracle"), "is given the clean image, and photographs have none"),
        (("--model", "gone.safetensors"), "there is no model file gone.safetensors"),
        (("--model", "x.safetensors", "--fit"), "--fit trains a method; a model is trained"),
        (("--method", "tv", "--device", "tpu"), "there is no device 'tpu'"),
        (("--method", "tv", "--compare", "--plugin", "no:reports"), "there is no viewer 'html'"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(photos, toys, in_process, options, message):
    arguments = ("denoise", str(photos), "--out", "out", "--plugin", str(toys), *options)
    code, _, errors = in_process(*arguments)
    assert code == 2
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert not Path("out").exists()


def test_without_a_word_the_model_that_comes_along_denoises(photos, in_process):
    (photos / "broken.png").unlink()
    for options in ((), ("--model", "n2c-cameras")):
        out = f"out{len(options)}"
        code, said, errors = in_process("denoise", str(photos), "--out", out, *options)
        assert code == 0, errors
        assert ("with the model n2c-cameras, which comes along" in said) == (not options)
    for name in ("colour.jpg", "grey.png", "deep.tif"):
        assert Path("out0", name).read_bytes() == Path("out2", name).read_bytes()
    code, said, _ = in_process("denoise", str(photos), "--out", "out0", "--json")
    assert json.loads(said)["model"] == "n2c-cameras"
    assert json.loads(said)["method"] is None


def test_photographs_go_into_a_folder_of_their_own_unless_told_otherwise(
    photos, tmp_path, in_process
):
    assert in_process("denoise", str(photos / "grey.png"), "--method", "tv")[0] == 0
    assert (tmp_path / "denoised" / "grey.png").exists()


def test_the_next_photograph_is_read_and_the_last_written_beside_the_method(
    photos, tmp_path, monkeypatch
):
    (photos / "broken.png").unlink()
    main = threading.current_thread()
    done = []

    def noting(name, call):
        def noted(path, *arguments):
            done.append((name, threading.current_thread() is main))
            return call(path, *arguments)

        return noted

    for name in ("read_photo", "write_photo"):
        monkeypatch.setattr(denoising, name, noting(name, getattr(denoising, name)))
    outcomes = denoise_photos(tasks_of([photos], tmp_path / "out"), halves)
    assert [each.task.source.name for each in outcomes] == ["colour.jpg", "deep.tif", "grey.png"]
    assert sorted(done) == [("read_photo", False)] * 3 + [("write_photo", False)] * 3


def test_a_full_disk_ends_all(photos, tmp_path, monkeypatch):
    def full(path, photo):
        raise DiskFullError(f"the disk is full: cannot write {path}")

    monkeypatch.setattr(denoising, "write_photo", full)
    with pytest.raises(DiskFullError, match="the disk is full"):
        list(denoise_photos(tasks_of([photos], tmp_path / "out"), halves))
