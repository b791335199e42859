"""Cheats of every kind that one process allows: prevented, or caught."""

from pathlib import Path

import pytest
from toys import Scenes

from harness.data import views
from harness.errors import ExitCode
from harness.runs.api import load_plugins
from harness.testing.canary import check_canary
from harness.training import stage_run

TOYS = Path(__file__).parents[2] / "toys"

pytestmark = pytest.mark.usefixtures("fresh_accelerate", "own_reader")


@pytest.fixture
def own_reader(monkeypatch):
    """A cheat may patch the reader; other tests get it back."""
    monkeypatch.setattr(stage_run, "training_images", views.training_images)


@pytest.fixture
def canary(in_process):
    """Runs the check of a method: its exit code, and what it prints."""

    def run(method: str, *arguments: str) -> tuple[int, str]:
        plugins = [f"--plugin={TOYS / name}.py" for name in ("cheats", "toys")]
        code, out, err = in_process("check", method, "--canary", *plugins, *arguments)
        return code, out + err

    return lambda method, dataset="scenes": run(method, "--dataset", dataset)


def test_an_honest_method_passes(canary):
    assert canary("honest") == (
        ExitCode.OK,
        "honest denoises scenes bit for bit the same with noise in place of clean images\n",
    )


@pytest.mark.parametrize("cheat", ["frames", "collector", "oracle-class", "opens-dataset"])
def test_a_method_that_reads_clean_images_while_it_is_tested_is_caught(canary, cheat):
    code, text = canary(cheat)

    assert code == ExitCode.FAILED
    assert text == (
        f"error: {cheat!r} denoises 'test-0' of scenes otherwise when clean images are replaced "
        "by noise (2 of 2 images): it reads clean images\n"
    )


@pytest.mark.parametrize(
    "cheat", ["view-changes", "frames-in-training", "collector-in-training"]
)  # fmt: skip
def test_a_method_that_looks_for_clean_images_in_training_learns_as_an_honest_one(cheat):
    registry = load_plugins(str(TOYS / "cheats.py"), str(TOYS / "toys.py"))
    # they differ from the honest one where they find anything, and from noise to clean images too
    check_canary(registry, cheat, "scenes")


def test_a_reader_that_is_patched_finds_no_clean_image(canary):
    assert canary("patches") == (
        ExitCode.USAGE,
        "error: image 'train-0' has no clean image, which this method trains on\n",
    )


def test_an_oracle_must_say_so(canary):
    assert canary("unannounced") == (
        ExitCode.PLUGINS,
        "error: method 'unannounced' makes itself an oracle, which is given clean images; its "
        "class and its spec must say so\n",
    )


def test_a_view_that_does_not_exist_is_refused(canary):
    assert canary("no-view") == (
        ExitCode.PLUGINS,
        "error: stage 'cheat' asks to see 'everything'; its view must be one of 'noisy', "
        "'unpaired', 'pairs'\n",
    )


def test_a_method_that_cannot_be_seeded_is_told_from_one_that_cheats(canary):
    code, text = canary("unseeded")

    assert code == ExitCode.FAILED
    assert "otherwise when all is done again: it keeps something between runs, or draws" in text


@pytest.mark.parametrize("method", ["supervised", "unpaired"])
def test_of_a_method_that_trains_on_clean_images_those_of_the_test_are_replaced(canary, method):
    assert canary(method)[0] == ExitCode.OK


def test_an_oracle_is_not_checked(canary):
    code, text = canary("oracle")

    assert code == ExitCode.USAGE
    assert text == "error: 'oracle' is an oracle, which is given clean images by its contract\n"


def test_a_method_that_cheats_leaves_the_others_to_be_checked(canary, in_process):
    plugins = [f"--plugin={TOYS / name}.py" for name in ("cheats", "toys")]
    code, out, err = in_process(
        "check", "frames", "honest", "--canary", "--dataset=scenes", *plugins
    )

    assert code == ExitCode.FAILED
    assert out.startswith("honest denoises scenes bit for bit the same")
    assert err.startswith("error: 'frames' denoises")


def test_the_dataset_is_left_as_it_was(canary):
    before = Scenes.samples

    canary("honest")

    assert Scenes.samples is before
