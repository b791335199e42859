"""What a run says to a tracker is read back from TensorBoard's files."""

import io
from pathlib import Path

import numpy as np
import pytest
import toys
from accelerate import tracking
from PIL import Image
from toys import Scenes

import harness
from harness import PluginError, Request, load_plugins, loss_curve

TOYS = Path(toys.__file__)

pytestmark = pytest.mark.usefixtures("fresh_accelerate")


def read_back(folder: Path):
    """What TensorBoard reads of the one run of a folder: scalars by tag, and pictures."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (run,) = (path for path in folder.iterdir() if path.is_dir())
    events = EventAccumulator(str(run), size_guidance={"images": 0, "scalars": 0}).Reload()
    tags = events.Tags()
    scalars = {tag: [(at.step, at.value) for at in events.Scalars(tag)] for tag in tags["scalars"]}
    pictures = [at for tag in tags["images"] for at in events.Images(tag)]
    return scalars, pictures


def run_in(folder: Path, **given):
    """A run of a fit of two stages, and its cell."""
    request = Request(
        methods="toy[iterations=20,stages=2]",
        datasets="scenes",
        metrics="psnr",
        budget="paper",
        device="cpu",
        out=folder,
        **given,
    )
    return harness.run(request, load_plugins(str(TOYS)))


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A run of which TensorBoard is told."""
    return run_in(tmp_path_factory.mktemp("runs"), log_with="tensorboard")


@pytest.fixture(scope="module")
def read(logged):
    return read_back(logged.folder.parent / "tensorboard")


def test_tensorboard_is_told_losses_rates_speed_previews_and_scores(logged, read):
    (fit,), (cell,) = logged.fits, logged.cells
    scalars, pictures = read
    curve = loss_curve(logged, fit)
    assert [step for step, _ in scalars["loss"]] == list(range(1, 41))  # over both stages
    assert [value for _, value in scalars["loss"]] == pytest.approx([at.loss for at in curve])
    assert scalars["learning rate"][0][1] == pytest.approx(1e-2)
    assert all(value > 0 for _, value in scalars["steps per second"])
    assert scalars["scenes/psnr"] == [(40, pytest.approx(cell.scores[0].value))]
    assert [at.step for at in pictures] == list(range(4, 41, 4))


def test_a_picture_holds_noisy_crops_and_what_was_made_of_them_and_no_clean_ones(read):
    shown = np.asarray(Image.open(io.BytesIO(read[1][-1].encoded_image_string)))
    samples = Scenes().samples("train")
    assert shown.shape == (2 * 40, 2 * 48, 3)  # two images, which are no larger than a crop
    assert np.array_equal(shown[:40, :48], samples[0].noisy())
    assert np.array_equal(shown[40:, :48], samples[1].noisy())
    for index, sample in enumerate(samples):
        denoised = shown[40 * index :][:40, 48:].astype(float)
        assert np.abs(denoised - sample.clean()).max() > 5


def test_what_is_shown_changes_neither_keys_nor_weights(logged, tmp_path):
    plain = run_in(tmp_path)
    assert logged.fits[0].key == plain.fits[0].key
    assert logged.fits[0].files == plain.fits[0].files  # digests of the weights
    assert logged.cells[0].scores == plain.cells[0].scores


def test_a_tracker_that_is_not_installed_names_what_installs_it(monkeypatch, tmp_path):
    monkeypatch.setattr(tracking, "_available_trackers", [])
    with pytest.raises(PluginError) as error:
        run_in(tmp_path / "runs", log_with="tensorboard")
    assert str(error.value) == (
        "the package of 'tensorboard' is not installed: pip install 'denoise-harness[tensorboard]'"
    )
    with pytest.raises(PluginError, match="not installed: pip install 'comet-ml'"):
        run_in(tmp_path / "runs", log_with="comet_ml")
    assert not (tmp_path / "runs").exists()


def test_every_tracker_of_accelerate_has_its_name():
    names = {entry.spec.name for entry in load_plugins().entries("tracker")}
    assert names == set(tracking.LOGGER_TYPE_TO_CLASS)


def test_one_that_can_have_but_one_run_open_is_told_of_each_when_it_has_ended(
    monkeypatch, tmp_path
):
    said = []

    class Fake:
        def __init__(self, run_name):
            said.append("made")

        def start(self):
            said.append("start")

        def store_init_configuration(self, values):
            said.append(values["method"])

        def log(self, values, step):
            said.append(step)

        def finish(self):
            said.append("finish")

    monkeypatch.setattr(tracking, "_available_trackers", ["trackio"])
    monkeypatch.setitem(tracking.LOGGER_TYPE_TO_CLASS, "trackio", Fake)
    run_in(tmp_path, log_with="trackio", seeds=(0, 1), jobs=2)
    each = ["made", "start", "toy[iterations=20,stages=2]", *range(1, 41), 40, "finish"]
    assert said == each * 2
