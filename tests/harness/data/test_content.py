"""Images are recognised by their pixels, whatever file or dataset they come from."""

import numpy as np
import pytest
from PIL import Image as Pillow

from harness import Dataset, Sample, read_image
from harness.data import content
from harness.data.content import image_digest, sample_digests, split_digests

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 10, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "copy",
    [PIXELS.astype(np.uint16) * 257, PIXELS.astype(np.float32) / np.float32(255)],
    ids=["16 bit", "float"],
)
def test_a_copy_in_another_type_is_the_same_image(copy):
    assert image_digest(copy) == image_digest(PIXELS)


@pytest.mark.parametrize("ending", ["png", "tif", "bmp"])
def test_a_copy_in_another_format_is_the_same_image(tmp_path, ending):
    file = tmp_path / f"copy.{ending}"
    Pillow.fromarray(PIXELS).save(file)
    assert image_digest(read_image(file)) == image_digest(PIXELS)


@pytest.mark.parametrize("other", [PIXELS[:, ::-1], PIXELS.reshape(10, 12, 3), PIXELS[..., :1]])
def test_other_pixels_are_another_image(other):
    assert image_digest(other) != image_digest(PIXELS)


def test_a_large_image_is_digested_as_a_whole_but_not_at_once(monkeypatch):
    noisy = PIXELS.astype(np.float32) / np.float32(255) * 1.2 - np.float32(0.1)
    whole = [image_digest(image) for image in (PIXELS, noisy, PIXELS[:, ::-1])]
    monkeypatch.setattr(content, "_AT_ONCE", 50)
    assert [image_digest(image) for image in (PIXELS, noisy, PIXELS[:, ::-1])] == whole
    assert whole[0] == "a23e34053ec1a6f4"  # digests that are remembered stay valid


def unreadable():
    raise ValueError("no image")


class Counted(Dataset):
    """Counts how often its only image is read."""

    reads = 0

    def samples(self, split):
        return [Sample("a", "scene", self.read, lambda: PIXELS)]

    def read(self):
        self.reads += 1
        return PIXELS


@pytest.fixture
def _empty_memory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.mark.usefixtures("_empty_memory")
def test_the_images_of_a_split_are_read_once_and_for_all_processes():
    first, again, changed = Counted(), Counted(), Counted()
    digests = split_digests(first.samples("test"), "test", "one")
    assert split_digests(again.samples("test"), "test", "one") == digests
    split_digests(changed.samples("test"), "test", "another")
    assert [each.reads for each in (first, again, changed)] == [1, 0, 1]


@pytest.mark.usefixtures("_empty_memory")
def test_a_memory_that_is_damaged_is_no_memory(tmp_path):
    digests = split_digests(Counted().samples("test"), "test", "one")
    for file in (tmp_path / "harness" / "images").iterdir():
        file.write_text("[[1]]")
    assert split_digests(Counted().samples("test"), "test", "one") == digests


def test_what_cannot_be_read_and_what_is_not_there_has_no_digest():
    samples = [Sample("a", "s", unreadable), Sample("b", "s", lambda: PIXELS, unreadable)]
    assert [(each.noisy, each.clean) for each in sample_digests(samples)] == [
        ("", ""),
        (image_digest(PIXELS), ""),
    ]
