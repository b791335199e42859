"""Mistakes of submissions, made one at a time, are told apart."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.dataset import Sample
from harness.data.submission import Form, Mistake, Submission, Submitted
from harness.data.submission_checks import check_submission
from harness.errors import DataError

FORM = Form("made", Path("nowhere"))


class Made(Submission):
    """A submission of what it is given."""

    noun = "block"
    expected = 6

    def __init__(self, images, dtype="uint8", mistakes=(), fails=False):
        self.images, self.dtype, self.mistakes, self.fails = images, dtype, mistakes, fails

    def files(self):
        return []

    def write(self, denoised, folder, about):
        return []

    def forms(self, path):
        return []

    def read(self, form):
        yield from self.mistakes
        for index, pixels in enumerate(self.images):
            yield Submitted(f"row {index}", pixels, index)
        if self.fails:
            raise DataError("it ends in the middle of a row")


def scene(seed: int) -> np.ndarray:
    """A smooth image, 32x32x3, unlike its mirror images and its transpose."""
    random = np.random.default_rng(seed)
    return np.kron(random.integers(40, 216, (4, 4, 3)), np.ones((8, 8, 1))).astype(np.uint8)


CLEAN = [scene(seed) for seed in range(6)]
NOISY = [
    Sample(
        f"{index}",
        f"{index}",
        lambda image=image, index=index: (
            image + np.random.default_rng(index).normal(0, 12, image.shape)
        ).clip(0, 255).astype(np.uint8),
    )
    for index, image in enumerate(CLEAN)
]  # fmt: skip


def lines(images=CLEAN, noisy=NOISY, **options) -> list[str]:
    return check_submission(Made(images, **options), FORM, noisy)


def only(images=CLEAN, **options) -> str:
    (line,) = lines(images, **options)
    return line


def test_nothing_is_wrong_with_denoised_images_in_their_places():
    assert lines() == []
    assert lines([(image / 255).astype(np.float32) for image in CLEAN], dtype="float32") == []


def test_nothing_is_wrong_with_the_noisy_images_themselves():
    assert lines([sample.noisy() for sample in NOISY]) == []


def test_missing_images_are_counted():
    assert only(CLEAN[:5]) == "count: 5 blocks instead of 6"


def test_too_many_images_are_counted():
    assert only([*CLEAN, CLEAN[0]]) == "count: 7 blocks instead of 6"


def test_without_noisy_images_the_usual_number_is_expected():
    assert lines(CLEAN[:5], noisy=[]) == ["count: 5 blocks instead of 6"]
    assert lines(CLEAN, noisy=[]) == []


def test_images_in_anothers_place_are_named():
    assert only([*CLEAN[:4], CLEAN[5], CLEAN[4]]) == (
        "order: 2 blocks of 6 resemble the noisy image of another place: "
        "row 4 resembles that of row 5, row 5 resembles that of row 4"
    )


def test_another_shape_is_said_with_the_right_one():
    assert only([*CLEAN[:5], CLEAN[5][:, :31]]) == (
        "shape: 32x31x3 instead of 32x32x3 in 1 block: row 5"
    )


def test_channels_that_come_first_are_another_shape():
    assert only([image.transpose(2, 0, 1) for image in CLEAN]) == (
        "shape: 3x32x32 instead of 32x32x3 in 6 blocks: row 0, row 1, row 2 and 3 more"
    )


def test_without_noisy_images_all_must_have_the_shape_of_the_first():
    assert lines([*CLEAN[:5], CLEAN[5][:16]], noisy=[]) == [
        "shape: 16x32x3 instead of 32x32x3 in 1 block: row 5"
    ]


def test_another_type_is_said_with_the_right_one():
    assert only([image.astype(np.uint16) for image in CLEAN]).startswith(
        "type: uint16 instead of uint8 in 6 blocks: "
    )


def test_pixels_from_0_to_255_where_white_is_1_are_told():
    images = [image.astype(np.float32) for image in CLEAN]
    assert only(images, dtype="float32").startswith(
        "range: far above white, which is 1; divide by 255 in 6 blocks: "
    )


def test_pixels_from_0_to_1_where_white_is_255_are_told():
    dark = [(image / 255).round().astype(np.uint8) for image in CLEAN]
    assert "range: no pixel above 1, where white is 255; multiply by 255 and round" in lines(dark)


def test_floats_that_were_not_clipped_are_told():
    images = [(image / 255 + 0.3).astype(np.float32) for image in CLEAN]
    assert any(
        line.startswith("range: beyond 0 to 1; clip it in ")
        for line in lines(images, dtype="float32")
    )


def test_pixels_that_are_not_a_number_are_told():
    images = [(image / 255).astype(np.float32) for image in CLEAN]
    images[2][5, 5] = np.nan
    assert only(images, dtype="float32") == (
        "range: pixels that are infinite or not a number in 1 block: row 2"
    )


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        (lambda image: image.swapaxes(0, 1), "transposed (height and width exchanged)"),
        (lambda image: image[::-1], "flipped upside down"),
        (lambda image: image[:, ::-1], "flipped left to right"),
        (lambda image: image[::-1, ::-1], "turned by 180 degrees"),
        (lambda image: np.rot90(image), "turned by 90 degrees"),
        (lambda image: image[..., ::-1], "BGR instead of RGB"),
        (lambda image: image.swapaxes(0, 1)[..., ::-1], "transposed, and BGR instead of RGB"),
    ],
)
def test_images_that_are_turned_alike_are_recognised(turn, words):
    line = only(list(map(turn, CLEAN)))
    assert line.startswith("orientation: blocks are ")
    assert words in line


def test_turned_images_in_anothers_place_are_both():
    turned = [image[::-1] for image in [*CLEAN[:4], CLEAN[5], CLEAN[4]]]
    orientation, order = lines(turned)
    assert "flipped upside down" in orientation
    assert order.startswith("order: 2 blocks of 6 ")


def test_mistakes_beside_the_pixels_come_first_each_kind_once():
    mistakes = [Mistake("a flag is wrong", "one.mat"), Mistake("a flag is wrong", "two.mat")]
    assert lines(CLEAN[:5], mistakes=[*mistakes, Mistake("it is late")]) == [
        "a flag is wrong: one.mat, two.mat",
        "it is late",
        "count: 5 blocks instead of 6",
    ]


def test_what_cannot_be_read_ends_the_check_with_the_reason():
    images = [image.astype(np.uint16) for image in CLEAN[:2]]
    assert lines(images, fails=True) == [
        "type: uint16 instead of uint8 in 2 blocks: row 0, row 1",
        "it ends in the middle of a row",
    ]


def test_grey_images_have_no_order_of_colours():
    grey = [image[..., :1] for image in CLEAN]
    noisy = [
        Sample(each.name, each.scene, lambda each=each: each.noisy()[..., :1]) for each in NOISY
    ]
    assert lines(grey, noisy=noisy) == []
    assert "upside down" in lines([image[::-1] for image in grey], noisy=noisy)[0]
