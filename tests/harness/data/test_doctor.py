"""What is wrong with a dataset is found, and what is merely to be known is no problem."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pillow

from harness import DataError, Dataset, Sample, write_image
from harness.data.content import sample_digests
from harness.data.dataset import ImageFile
from harness.data.doctor import against, compared, examine, manifest_of
from harness.data.manifest import ImageFacts, Manifest, SampleFacts


def pixels(seed, height=140, width=150, channels=3, kind=np.uint8):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (height, width, channels), np.uint8).astype(kind)


def sample(name, noisy, clean=None):
    def reader(image):
        return image if callable(image) else lambda: image

    return Sample(name, name, reader(noisy), None if clean is None else reader(clean))


class Held(Dataset):
    """Samples that are held in memory, by split."""

    def __init__(self, *test, own=(), **more):
        self.held = {"test": test, **more}
        self.own = own

    def samples(self, split):
        if isinstance(self.held[split], Exception):
            raise self.held[split]
        return self.held[split]

    def problems(self):
        yield from self.own


def found(dataset, *splits, **options):
    examined = examine(dataset, splits or ("test",), **options)
    return examined.problems, examined.notes


PAIR = sample("a", pixels(0), pixels(1))


def test_of_a_sound_dataset_there_is_nothing_to_say():
    assert found(Held(PAIR, sample("b", pixels(2), pixels(3)))) == ([], [])


def test_every_image_is_read_once_and_progress_told():
    reads, told = [], []

    def read():
        reads.append(1)
        return pixels(0)

    examine(Held(sample("a", read), PAIR), ("test",), on_image=lambda *now: told.append(now))
    assert (len(reads), told) == (1, [(0, 2), (1, 2), (2, 2)])


def test_what_the_dataset_itself_finds_comes_first_also_where_its_images_cannot_be_listed():
    held = Held(own=["this is SIDD small"])
    held.held["test"] = DataError("no images")
    assert found(held) == (["this is SIDD small", "test: no images"], [])


def test_a_split_that_is_not_there_does_not_hide_the_others():
    held = Held(PAIR, train=DataError("no folder train"))
    examined = examine(held, ("train", "test"))
    assert examined.problems == ["train: no folder train"]
    assert list(examined.seen) == ["test"]


def test_pairs_that_differ_in_size_or_type_are_named():
    deep = pixels(3, kind=np.uint16)
    odd = Held(sample("a", pixels(0), pixels(1, width=200)), sample("b", pixels(2), deep), PAIR)
    assert found(odd)[0] == [
        "test: pairs whose halves differ in size or type (2 of 3): a (150x140x3 uint8 and "
        "200x140x3 uint8), b (150x140x3 uint8 and 150x140x3 uint16)"
    ]


def test_images_that_cannot_be_read_are_counted_and_told():
    def fails():
        raise DataError("cannot read image x.png: it is damaged")

    assert found(Held(PAIR, sample("b", pixels(2), fails)))[0] == [
        "test: images that cannot be read (1 of 2): cannot read image x.png: it is damaged"
    ]


def test_a_dataset_that_fails_is_told_and_the_rest_is_looked_at():
    class Fails(Held):
        def problems(self):
            raise KeyError("a name")

    def fails():
        raise ValueError("no such variable")

    problems, _ = found(Fails(PAIR, sample("b", fails), train=RuntimeError("no")), "train", "test")
    own, train, test = problems
    assert own.startswith("KeyError: 'a name' (")
    assert train.startswith("train: RuntimeError: no (")
    assert test.startswith("test: images that cannot be read (1 of 2): ValueError: no such variabl")


def test_the_same_image_in_two_splits_is_found_by_its_pixels():
    again = sample("renamed", pixels(0, kind=np.uint16) * 257)
    held = Held(PAIR, train=[again, sample("other", pixels(5))])
    assert found(held, "train", "test")[0] == [
        "images of 'test' that are in 'train', too, by their pixels (1 of 1): a"
    ]


def test_images_of_another_dataset_are_found_by_their_pixels():
    others = sample_digests([sample("renamed", pixels(7), pixels(1)), sample("b", pixels(8))])
    examined = against(examine(Held(PAIR, sample("c", pixels(9))), ("test",)), "other", others)
    assert examined.problems == [
        "images of 'test' that are in 'other', too, by their pixels (1 of 2): a"
    ]
    assert against(examined, "third", sample_digests([sample("d", pixels(4))])) == examined


def test_part_of_a_set_is_told():
    class Whole(Held):
        expected = 5

    assert found(Whole(PAIR))[0] == [
        "test: 1 of the 5 images of this dataset are here; no published score stands beside what "
        "is measured on them"
    ]


def test_clean_images_that_are_jpeg_files_are_noted_whatever_their_name(tmp_path):
    Pillow.fromarray(pixels(1)).save(tmp_path / "clean.png", "JPEG")
    write_image(tmp_path / "noisy.png", pixels(0))
    pair = Sample("a", "a", ImageFile(tmp_path / "noisy.png"), ImageFile(tmp_path / "clean.png"))
    assert found(Held(pair)) == (
        [],
        [
            "test: clean images that are JPEG files, so part of what is measured is compression "
            "(1 of 1): a"
        ],
    )


@pytest.mark.parametrize(
    ("image", "note"),
    [
        (
            np.repeat(pixels(0, channels=1), 3, axis=2),
            "grey images stored as colour, all channels equal, which count as colour (1 of 2): x",
        ),
        (
            pixels(0, height=100),
            "images smaller than a crop of 128 pixels, which are reflected up to it (1 of 2): x",
        ),
    ],
)
def test_what_matters_of_an_image_is_noted(image, note):
    assert found(Held(sample("x", image), PAIR)) == ([], [f"test: {note}"])


def test_grey_is_not_colour_and_the_crop_can_be_said():
    assert found(Held(sample("x", pixels(0, channels=1)))) == ([], [])
    assert found(Held(sample("x", pixels(0, height=100))), crop=100) == ([], [])


def test_noisy_images_that_are_their_clean_ones_and_images_that_are_there_twice_are_noted():
    held = Held(sample("a", pixels(0), pixels(0)), sample("b", pixels(0), pixels(2)))
    assert found(held)[1] == [
        "test: noisy images that are equal to their clean ones (1 of 2): a",
        "test: images that are there more than once, by their pixels (2 of 2): a, b",
    ]


def test_a_manifest_says_what_was_read_and_files_only_where_there_are_any(tmp_path):
    write_image(tmp_path / "noisy.png", pixels(0))
    held = Held(Sample("a", "a", ImageFile(tmp_path / "noisy.png")), PAIR)
    manifest = manifest_of(examine(held, ("test",)), "mine")
    first, second = manifest.splits["test"]
    assert (manifest.dataset, manifest.has_files) == ("mine", True)
    assert (first.noisy.file, first.noisy.bytes) == (
        "noisy.png",
        (tmp_path / "noisy.png").stat().st_size,
    )
    assert first.clean is None
    assert (second.noisy.file, second.noisy.sha256) == (None, None)
    assert second.noisy.pixels == first.noisy.pixels
    assert (second.clean.width, second.clean.height, second.clean.type) == (150, 140, "uint8")


def test_what_is_not_as_a_manifest_says_is_a_problem():
    manifest = Manifest(splits={"test": (SampleFacts(name="a", noisy=ImageFacts(width=7)),)})
    examined = compared(examine(Held(PAIR), ("test",)), manifest)
    assert examined.problems == ["test: width differs (1): a (noisy: 150, not 7)"]


def test_shots_of_another_size_are_a_problem_and_all_are_in_the_manifest():
    first, second, taller = (lambda: pixels(1)), (lambda: pixels(2)), lambda: pixels(2, height=141)
    sound = replace(PAIR, clean=None, shots=(first, second))
    odd = replace(sound, name="odd", shots=(first, taller))
    examined = examine(Held(odd, sound), ("test",))
    assert examined.problems == ["test: bursts whose shots differ in size or type (1 of 2): odd"]
    facts = manifest_of(examined, "mine").splits["test"]
    assert [list(each.images) for each in facts] == [["noisy", "shot 2", "shot 3"]] * 2


def test_a_shot_that_another_split_holds_is_found():
    burst = replace(sample("a", pixels(0)), shots=(lambda: pixels(5),))
    problems, _ = found(Held(burst, train=[sample("b", pixels(5))]), "test", "train")
    assert problems == ["images of 'train' that are in 'test', too, by their pixels (1 of 1): b"]
