from dataclasses import replace

import numpy as np
import pytest

from harness import DataError, Dataset, ImageHeader, Sample, write_image
from harness.data.dataset import ImageFile, header_of, read_pair, read_shots
from harness.data.views import training_images


def image(height=4, width=6, channels=3, kind=np.uint8, value=0):
    return np.full((height, width, channels), value, kind)


def sample(noisy, clean=None, name="x", scene="s"):
    return Sample(name, scene, lambda: noisy, None if clean is None else lambda: clean)


class Held(Dataset):
    """Samples that are held in memory."""

    def __init__(self, *samples):
        self.held = samples

    def samples(self, split):
        return self.held


def test_a_pair_is_read_as_it_is():
    noisy, clean = read_pair(sample(image(value=1), image(value=2)))
    assert (noisy.max(), clean.max()) == (1, 2)


def test_an_image_without_ground_truth_has_no_clean_half():
    assert read_pair(sample(image()))[1] is None


@pytest.mark.parametrize(
    ("clean", "described"),
    [
        (image(width=7), "7x4x3 uint8"),
        (image(channels=1), "6x4x1 uint8"),
        (image(kind=np.uint16), "6x4x3 uint16"),
    ],
)
def test_halves_that_differ_are_described(clean, described):
    with pytest.raises(DataError) as caught:
        read_pair(sample(image(), clean))
    assert str(caught.value) == (
        f"image 'x': noisy is 6x4x3 uint8 but clean is {described}; "
        "a pair must have one size and depth"
    )


NO_IMAGES = [
    (image(kind=np.int32), "of type int32"),
    (image(kind=np.float64), "of type float64"),
    (image().astype(">u2"), "of type >u2"),
    (image(kind=bool), "of type bool"),
    (image()[:, :, 0], r"of shape \(4, 6\)"),
    (image(channels=4), r"of shape \(4, 6, 4\)"),
    (image().transpose(2, 0, 1), r"of shape \(3, 4, 6\)"),
    (image(height=0), r"of shape \(0, 6, 3\)"),
    (image(kind=np.float32, value=np.nan), "infinite or NaN in places"),
    (image(kind=np.float32, value=np.inf), "infinite or NaN in places"),
    ([[0]], "list"),
    (None, "NoneType"),
]


@pytest.mark.parametrize(("wrong", "described"), NO_IMAGES)
@pytest.mark.parametrize(
    "read",
    [
        read_pair,
        lambda sample: sample.noisy(),
        lambda sample: replace(sample, name="x").noisy(),
        lambda sample: training_images([sample], "noisy"),
        lambda sample: training_images([sample], "pairs"),
        lambda sample: Held(sample).fingerprint("test"),
    ],
    ids=["pair", "noisy half", "copied sample", "noisy view", "view of pairs", "fingerprint"],
)
def test_what_is_no_image_is_refused_whoever_reads_it(read, wrong, described):
    with pytest.raises(DataError, match=f"^the noisy image of 'x' is {described}; an image is"):
        read(sample(wrong, wrong))


def test_a_clean_half_that_is_no_image_is_refused():
    half = sample(image(), image(kind=np.int32))
    with pytest.raises(DataError, match=r"^the clean image of 'x' is of type int32; an image is"):
        read_pair(half)


def test_floats_beyond_the_range_are_an_image():
    assert sample(image(kind=np.float32, value=-0.3)).noisy().max() == np.float32(-0.3)


def test_the_fingerprint_of_equal_content_is_equal():
    one, other = (Held(sample(image(value=1), image(value=2))) for _ in range(2))
    assert one.fingerprint("test") == other.fingerprint("test")


@pytest.mark.parametrize(
    "changed",
    [
        sample(image(value=9), image(value=2)),
        sample(image(value=1), image(value=9)),
        sample(image(value=1)),
        sample(image(6, 4, value=1), image(6, 4, value=2)),
        sample(image(value=1), image(value=2), name="y"),
        sample(image(value=1), image(value=2), scene="t"),
    ],
    ids=["noisy", "clean", "no ground truth", "shape", "name", "scene"],
)
def test_the_fingerprint_changes_with(changed):
    original = Held(sample(image(value=1), image(value=2)))
    assert original.fingerprint("test") != Held(changed).fingerprint("test")


def test_the_fingerprint_changes_with_the_order():
    first, second = sample(image(value=1), name="a"), sample(image(value=2), name="b")
    assert Held(first, second).fingerprint("test") != Held(second, first).fingerprint("test")


class Sized:
    """A reader that knows the size of its image."""

    def __call__(self):
        return image()

    def header(self):
        return ImageHeader((4, 6, 3), "uint8")


def test_a_reader_may_say_the_size_of_its_image_before_it_reads_it(tmp_path):
    assert header_of(Sample("x", "s", Sized()).noisy) == ImageHeader((4, 6, 3), "uint8")
    assert header_of(sample(image()).noisy) is None
    write_image(tmp_path / "x.png", image())
    assert header_of(ImageFile(tmp_path / "x.png")) == ImageHeader((4, 6, 3), "uint8", "PNG")


def test_a_header_says_the_bytes_of_an_image():
    header = ImageHeader((4, 6, 3), "float32")
    assert header.nbytes == 288
    assert str(header) == "6x4x3 float32"


def test_a_dataset_finds_no_problems_of_its_own_unless_it_says_so():
    assert list(Held().problems()) == []


def test_shots_of_another_size_than_the_first_are_described():
    first, other = np.zeros((4, 6, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)
    sample = Sample("a", "s", lambda: first, shots=(lambda: first, lambda: other))

    with pytest.raises(DataError, match="'a': its first shot is 6x4x3 uint8 but shot 3 is 5x4x3"):
        read_shots(sample, first)
