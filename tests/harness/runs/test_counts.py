"""A mean says how many images and scenes are behind it, and what it leaves out."""

from dataclasses import replace

import numpy as np
import pytest
from made_records import make_cell, make_run, make_score

import harness
from harness import Request
from harness.data.images import write_image
from harness.results.records import Score
from harness.runs.table import Summary, summarise

SMALL = "images of 5x5 pixels are smaller than the window of 7x7"


def psnr(**more) -> Score:
    return make_score(**{"count": 3, "scenes": 3, **more})


def ssim(**more) -> Score:
    changes = {"protocol": "skimage", "unit": "", "count": 2, "left_out": {"tiny": SMALL}, **more}
    return make_score("ssim", 0.9, **changes)


def latency(count: int) -> Score:
    return make_score("latency", 3.0, measures="method", label="Time", protocol="", count=count)


def table(*scores: Score, **more) -> Summary:
    return summarise(make_run(make_cell("a", scores=scores, **more)))


@pytest.mark.parametrize(
    ("count", "scenes", "note"),
    [
        (15, 5, "camera: mean over 15 images of 5 scenes."),
        (15, 1, "camera: mean over 15 images of 1 scene."),
        (15, 15, "camera: mean over 15 images."),
        (1, 1, "camera: mean over 1 image."),
        (15, 0, "camera: mean over 15 images."),  # of a record that does not know
    ],
)
def test_images_and_scenes_behind_the_means_are_told(count, scenes, note):
    assert table(psnr(count=count, scenes=scenes)).notes == [note]


def test_a_value_with_fewer_images_is_marked_and_what_it_leaves_out_is_named():
    summary = table(psnr(), ssim())
    assert summary.texts()[0][3:] == ["30.00", "0.90 [1]"]
    assert summary.notes == [
        f"[1] SSIM (skimage) on camera: mean over 2 of 3 images; tiny: {SMALL}",
        "camera: mean over 3 images.",
    ]


def test_what_every_value_leaves_out_is_said_once_and_marks_none():
    left_out = {"a": "no clean image", "b": "no clean image"}
    summary = table(psnr(left_out=left_out), ssim(count=3, left_out=left_out))
    assert summary.texts()[0][3:] == ["30.00", "0.90"]
    assert summary.notes == ["camera: mean over 3 of 5 images; a, b: no clean image."]


def test_many_images_that_are_left_out_are_cut_short():
    names = [f"image-{number}" for number in range(9)]
    summary = table(psnr(count=11), ssim(left_out=dict.fromkeys(names, SMALL)))
    assert f"; image-0, image-1, image-2 and 6 more: {SMALL}" in summary.notes[0]


def test_methods_that_leave_out_different_images_have_different_notes():
    undefined = {"b": "the metric is not defined for this image"}
    cells = [
        make_cell("a", scores=[psnr(), ssim()]),
        make_cell("b", scores=[psnr(), ssim(left_out=undefined)]),
    ]
    summary = summarise(make_run(*cells))
    assert [texts[-1] for texts in summary.texts()] == ["0.90 [1]", "0.90 [2]"]


def test_a_mean_over_seeds_that_lacks_a_seed_says_so():
    without = replace(ssim(left_out={}), value=None, count=0, reason="not defined")
    cells = [
        make_cell("a", scores=[ssim(left_out={})]),
        make_cell("a", scores=[without], seed=1),
    ]
    summary = summarise(make_run(*cells))
    assert summary.texts()[0][-1] == "0.90 [1]"
    assert summary.notes[0] == "[1] SSIM (skimage) on camera: no number for seed 1, not defined"


def test_repeats_are_told_where_there_are_several():
    assert table(latency(20)).notes == ["Time: 20 repeats."]
    assert table(latency(1)).notes == []
    cells = [make_cell(name, scores=[latency(count)]) for name, count in [("a", 20), ("b", 3)]]
    assert summarise(make_run(*cells)).notes == ["Time: 3 to 20 repeats."]


def test_an_image_below_the_window_is_not_counted_silently(tmp_path):
    """Two pairs, and one too small for SSIM: the mean of 2 says that it is one of 2."""
    images = tmp_path / "images"
    images.mkdir()
    generator = np.random.default_rng(0)
    for name, size in [("one", 32), ("two", 32), ("tiny", 5)]:
        for half in ("real", "mean"):
            pixels = generator.integers(0, 255, (size, size, 3), np.uint8)
            write_image(images / f"{name}_{half}.png", pixels)
    dataset = f"folder[root={images}]"
    request = Request(
        methods="identity",
        datasets=dataset,
        metrics="psnr,ssim",
        device="cpu",
        out=tmp_path / "runs",
    )

    run = harness.run(request)

    (cell,) = run.cells
    assert [(score.count, len(score.left_out)) for score in cell.scores] == [(3, 0), (2, 1)]
    summary = summarise(run)
    assert summary.texts()[0][-1].endswith(" [1]")
    assert summary.notes[:2] == [
        f"[1] SSIM (skimage) on {dataset}: mean over 2 of 3 images; tiny: {SMALL}",
        f"{dataset}: mean over 3 images.",
    ]
