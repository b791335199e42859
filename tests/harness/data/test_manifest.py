"""A manifest holds a copy of a dataset to what another was."""

import json
from dataclasses import replace

import numpy as np
import pytest

from harness.data.manifest import (
    ImageFacts,
    Manifest,
    SampleFacts,
    differences,
    pixel_digest,
    read_manifest,
    write_manifest,
)
from harness.errors import DiskFullError, UsageError

FACTS = ImageFacts(
    file="a.png", bytes=3, sha256="00", width=4, height=5, channels=3, type="uint8", pixels="11"
)


def manifest(*samples, split="test"):
    return Manifest(splits={split: samples}, dataset="mine")


def test_what_is_written_is_read_back_without_what_is_not_stated(tmp_path):
    written = manifest(SampleFacts(name="a", noisy=FACTS), SampleFacts(name="b"))
    write_manifest(tmp_path / "m.json", written)
    assert read_manifest(tmp_path / "m.json") == written
    data = json.loads((tmp_path / "m.json").read_text())
    assert data["kind"] == "manifest"
    assert data["splits"]["test"][1] == {"name": "b", "noisy": {}}


def test_a_manifest_may_be_a_mapping_that_states_little():
    read = read_manifest({"splits": {"test": [{"name": "a"}, {"name": "b"}]}})
    assert [sample.name for sample in read.splits["test"]] == ["a", "b"]
    assert not read.has_files
    assert list(differences(read, manifest(*read.splits["test"]))) == []


def test_images_that_are_missing_and_those_that_are_unknown_are_named():
    stated = manifest(*(SampleFacts(name=str(number)) for number in range(10)))
    found = manifest(*(SampleFacts(name=str(number)) for number in range(7, 12)))
    assert list(differences(stated, found)) == [
        "test: images of the manifest that are not here (7 of 10): 0, 1, 2, 3, 4 and 2 more",
        "test: images that the manifest does not know (2): 10, 11",
    ]


def test_a_split_that_is_not_there_misses_all_its_images():
    stated = manifest(SampleFacts(name="a"), split="train")
    assert list(differences(stated, manifest())) == [
        "train: images of the manifest that are not here (1 of 1): a"
    ]


@pytest.mark.parametrize(
    ("fact", "value", "shown"),
    [
        ("file", "b.png", "(noisy: b.png, not a.png)"),
        ("bytes", 4, "(noisy: 4, not 3)"),
        ("sha256", "99", "(noisy)"),
        ("width", 9, "(noisy: 9, not 4)"),
        ("height", 9, "(noisy: 9, not 5)"),
        ("channels", 1, "(noisy: 1, not 3)"),
        ("type", "uint16", "(noisy: uint16, not uint8)"),
        ("pixels", "99", "(noisy)"),
    ],
)
def test_every_fact_that_differs_is_told(fact, value, shown):
    other = ImageFacts(**{**vars(FACTS), fact: value})
    stated = manifest(SampleFacts(name="a", noisy=FACTS))
    assert list(differences(stated, manifest(SampleFacts(name="a", noisy=other)))) == [
        f"test: {fact} differs (1): a {shown}"
    ]


def test_a_clean_image_that_is_lacking_is_told():
    stated = manifest(SampleFacts(name="a", clean=FACTS))
    assert list(differences(stated, manifest(SampleFacts(name="a")))) == [
        "test: images without their clean one (1): a"
    ]
    assert list(differences(manifest(SampleFacts(name="a")), stated)) == []


def test_the_digest_of_pixels_knows_shape_and_type():
    image = np.zeros((2, 3, 1), np.uint8)
    others = [image, image.reshape(3, 2, 1), image.astype(np.uint16), image + np.uint8(1)]
    assert len({pixel_digest(each) for each in others}) == 4
    assert pixel_digest(np.asfortranarray(image)) == pixel_digest(image)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting property name enclosed"),
        ("[]", "it is none"),
        ('{"splits": 3}', "it is none"),
        ('{"splits": {"test": [{"noisy": {}}]}}', "it is none"),
        ('{"schema": 9}', "its schema is 9, and this harness reads 1"),
    ],
)
def test_a_file_that_is_no_manifest_is_told(tmp_path, content, why):
    (tmp_path / "m.json").write_text(content)
    with pytest.raises(UsageError) as caught:
        read_manifest(tmp_path / "m.json")
    assert str(caught.value).startswith(f"cannot read the manifest {tmp_path / 'm.json'}: {why}")


def test_a_manifest_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match=r"^cannot read the manifest .*m\.json: No such file or"):
        read_manifest(tmp_path / "m.json")


def test_a_full_disk_leaves_no_half_of_a_manifest(tmp_path, full_disk):
    full_disk(tmp_path / "m.json")
    with pytest.raises(DiskFullError):
        write_manifest(tmp_path / "m.json", manifest())
    assert not (tmp_path / "m.json").exists()


def test_shots_are_written_and_compared(tmp_path):
    both = manifest(SampleFacts(name="a", noisy=FACTS, shots=(FACTS, FACTS)))
    write_manifest(tmp_path / "m.json", both)
    assert read_manifest(tmp_path / "m.json") == both
    changed = replace(FACTS, pixels="22")
    other = manifest(SampleFacts(name="a", noisy=FACTS, shots=(changed,)))
    assert list(differences(both, other)) == [
        "test: bursts with fewer shots (1): a",
        "test: pixels differs (1): a (shot 2)",
    ]
