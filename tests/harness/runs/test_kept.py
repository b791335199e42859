"""What a run keeps beside its records is read, and is nothing where it is not there any more."""

import json
import math
from dataclasses import replace

import pytest
from made_records import make_cell, make_fit_job, make_run

from harness.results.names import CLEAN, IMAGES, LOSSES, NOISY, SCORES, originals_folder
from harness.results.records import FitRecord, ImageScore
from harness.results.serial import to_text
from harness.runs.kept import LossPoint, Pictures, image_scores, loss_curve, pictures_of
from harness.util.files import digest_of, write_text

SCORE = ImageScore("a/1", "a", "psnr", math.inf)
NO_SCORE = ImageScore("b", "b", "psnr", None, "too small")
FIT = FitRecord(job=make_fit_job(), status="done")


@pytest.fixture
def run(tmp_path):
    return replace(make_run(make_cell()), folder=tmp_path / "now")


@pytest.fixture
def cell(run):
    """A cell of two images; its record names its scores."""
    (cell,) = run.cells
    path = run.folder_of(cell) / SCORES
    write_text(path, "".join(to_text(score) + "\n" for score in (SCORE, NO_SCORE)))
    return replace(cell, files={SCORES: digest_of(path)})


def test_scores_of_images_are_read_as_they_were_written(run, cell):
    assert image_scores(run, cell) == (SCORE, NO_SCORE)


def test_scores_that_are_gone_are_none(run):
    assert image_scores(run, run.cells[0]) == ()


def test_scores_that_were_measured_again_are_not_those_of_the_run(run, cell, caplog):
    write_text(run.folder_of(cell) / SCORES, to_text(SCORE) + "\n")
    assert image_scores(run, cell) == ()
    assert "it was measured again" in caplog.text


def test_a_loss_curve_ends_before_a_line_that_was_cut_short(run):
    line = {"stage": 0, "iteration": 10, "loss": 0.5, "learning_rate": 1.0, "seconds": 2.0}
    text = json.dumps(line)
    write_text(run.folder_of(FIT) / LOSSES, f"{text}\n{text[:9]}")
    assert loss_curve(run, FIT) == (LossPoint(0, 10, 0.5, 2.0, 1.0),)


def test_a_loss_curve_that_is_gone_is_empty(run):
    assert loss_curve(run, FIT) == ()


def test_pictures_are_found_by_the_name_of_their_image(run, cell):
    originals = originals_folder(run.folder.parent, cell.job.data.fingerprint)
    expected = Pictures(
        noisy=originals / NOISY / "a_1.png",
        denoised=run.folder_of(cell) / IMAGES / "a_1.png",
        clean=originals / CLEAN / "a_1.png",
    )
    for path in (expected.noisy, expected.denoised, expected.clean):
        write_text(path, "")
    assert pictures_of(run, cell, "a/1") == expected
    assert pictures_of(run, cell, "b") == Pictures(None, None, None)
