import logging

import numpy as np
import pytest
from PIL import Image

from harness import DataError
from harness_datasets.sidd import SIDDMedium

INSTANCES = (
    "0001_001_S6_00100_00060_3200_L",
    "0035_002_GP_00800_00350_3200_N",
    "0065_003_GP_10000_08460_4400_N",
)


def put(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 48, 3), np.uint8)
    Image.fromarray(pixels).save(path, format="PNG")


@pytest.fixture
def medium(tmp_path):
    """The tree of SIDD Medium, of three instances."""
    for seed, name in enumerate(INSTANCES):
        for half in ("NOISY", "GT"):
            for shot in ("010", "011"):
                put(
                    tmp_path
                    / "SIDD_Medium_Srgb/Data"
                    / name
                    / f"{name[:4]}_{half}_SRGB_{shot}.PNG",
                    seed,
                )
    (tmp_path / "SIDD_Medium_Srgb" / "ReadMe_sRGB.txt").write_text("…", encoding="utf-8")
    return tmp_path


@pytest.fixture
def small(tmp_path):
    """The tree of SIDD Small, of copies whose files have no number."""
    for name in INSTANCES:
        for half in ("NOISY", "GT"):
            put(tmp_path / "SIDD_Small_sRGB_Only/Data" / name / f"{half}_SRGB_010.PNG")
    return tmp_path


def test_two_pairs_of_each_instance_are_found(medium):
    samples = SIDDMedium(medium).samples("train")
    assert [sample.name for sample in samples] == [
        f"{name}_{shot}" for name in INSTANCES for shot in ("010", "011")
    ]
    for sample in samples:
        number, shot = sample.name[:4], sample.name[-3:]
        assert sample.noisy.path.name == f"{number}_NOISY_SRGB_{shot}.PNG"
        assert sample.clean.path.name == f"{number}_GT_SRGB_{shot}.PNG"


def test_the_scene_is_the_second_field_and_groups_are_phone_iso_and_brightness(medium):
    samples = SIDDMedium(medium).samples("train")
    assert [sample.scene for sample in samples] == ["001", "001", "002", "002", "003", "003"]
    assert samples[0].groups == {"camera": "S6", "iso": "100", "brightness": "L"}
    assert samples[-1].groups == {"camera": "GP", "iso": "10000", "brightness": "N"}


@pytest.mark.parametrize("inside", ["SIDD_Medium_Srgb", "SIDD_Medium_Srgb/Data"])
def test_the_folders_inside_are_as_good_as_the_one_above(medium, inside):
    above, below = SIDDMedium(medium), SIDDMedium(medium / inside)
    assert above.fingerprint("train") == below.fingerprint("train")


def test_case_does_not_matter(medium, tmp_path):
    data = medium / "SIDD_Medium_Srgb" / "Data"
    for folder in list(data.iterdir()):
        for path in list(folder.iterdir()):
            path.rename(folder / path.name.lower())
        folder.rename(data / folder.name.lower())
    data.rename(data.with_name("data"))
    samples = SIDDMedium(tmp_path).samples("train")
    assert len(samples) == 6
    assert samples[0].groups == {"camera": "S6", "iso": "100", "brightness": "L"}


def test_small_is_read_and_named(small, caplog):
    dataset = SIDDMedium(small)
    with caplog.at_level(logging.WARNING):
        dataset.prepare()
    assert "holds SIDD Small, one pair of each of 3 instances" in caplog.text
    assert [sample.name for sample in dataset.samples("train")] == [
        f"{name}_010" for name in INSTANCES
    ]
    (problem,) = dataset.problems()
    assert "SIDD Medium, which papers train on, has two" in problem


def test_part_of_medium_is_said_aloud(medium, caplog):
    with caplog.at_level(logging.WARNING):
        SIDDMedium(medium).prepare()
    assert "holds 6 of the 320 images of this dataset" in caplog.text
    assert list(SIDDMedium(medium).problems()) == []


def test_an_instance_with_one_pair_among_others_with_two_is_a_problem(medium):
    for half in ("NOISY", "GT"):
        (medium / "SIDD_Medium_Srgb/Data" / INSTANCES[0] / f"0001_{half}_SRGB_011.PNG").unlink()
    (problem,) = SIDDMedium(medium).problems()
    assert problem.endswith(f"another number than two pairs of {INSTANCES[0]}")


def test_a_folder_that_is_no_instance_is_named(medium):
    (medium / "SIDD_Medium_Srgb/Data/0001_crops").mkdir()
    with pytest.raises(DataError, match=r"3200_L: 0001_crops$") as error:
        SIDDMedium(medium).samples("train")
    assert "\n" not in str(error.value)


def test_hidden_folders_are_left_out(medium):
    (medium / "SIDD_Medium_Srgb/Data/.thumbnails").mkdir()
    (medium / "SIDD_Medium_Srgb/Data/__MACOSX").mkdir()
    assert len(SIDDMedium(medium).samples("train")) == 6


def test_half_a_pair_is_named(medium):
    (medium / "SIDD_Medium_Srgb/Data" / INSTANCES[1] / "0035_GT_SRGB_010.PNG").unlink()
    with pytest.raises(DataError, match=r"the other half is missing for 0035_NOISY_SRGB_010.PNG$"):
        SIDDMedium(medium).samples("train")


def test_an_image_of_another_instance_is_named(medium):
    folder = medium / "SIDD_Medium_Srgb/Data" / INSTANCES[1]
    (folder / "0035_GT_SRGB_010.PNG").rename(folder / "0036_GT_SRGB_010.PNG")
    with pytest.raises(DataError, match=r"0036_GT_SRGB_010.PNG is of another instance than its"):
        SIDDMedium(medium).samples("train")


def test_two_files_of_one_image_are_named(medium):
    put(medium / "SIDD_Medium_Srgb/Data" / INSTANCES[0] / "GT_SRGB_010.PNG")
    with pytest.raises(DataError, match="two files for one image"):
        SIDDMedium(medium).samples("train")


@pytest.mark.parametrize("folder", [".", "nowhere", "Data"])
def test_a_folder_without_instances_is_said_to_have_none(tmp_path, folder):
    (tmp_path / "Data").mkdir()
    with pytest.raises(DataError, match=r"no folders of SIDD's instances|is no folder"):
        SIDDMedium(tmp_path / folder).samples("train")


def test_the_names_of_the_real_instances_are_understood(real_data, tmp_path):
    names = real_data / "sidd-meta" / "Scene_Instances.txt"
    if not names.is_file():
        pytest.skip(f"needs {names} (HARNESS_REAL_DATA)")
    for name in names.read_text(encoding="utf-8").split():
        for half in ("NOISY", "GT"):
            for shot in ("010", "011"):
                path = tmp_path / name / f"{name[:4]}_{half}_SRGB_{shot}.PNG"
                path.parent.mkdir(exist_ok=True)
                path.touch()
    pairs = SIDDMedium(tmp_path).files("train")
    assert len(pairs) == SIDDMedium.expected
    assert {pair.scene for pair in pairs} == {f"{number:03d}" for number in range(1, 11)}
    phones = [pair.groups["camera"] for pair in pairs]
    counts = {phone: phones.count(phone) // 2 for phone in set(phones)}
    assert counts == {"IP": 54, "S6": 35, "GP": 33, "N6": 22, "G4": 16}
