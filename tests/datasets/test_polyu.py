import logging
from collections import Counter

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from harness import DataError, run
from harness.plugin.registry import active_registry
from harness.runs.request import Request
from harness_datasets.polyu import PolyU

STEMS = (
    "Canon5D2_5_160_3200_chair_11",
    "Canon5D2_5_160_3200_chair_5",
    "NikonD800_4-5_160_1800_classroom_15",
    "NikonD800_6-3_125_5000_plant_10",
    "NikonD800_6-3_125_5000_plant__4",
)


@pytest.fixture
def crops(tmp_path, image_file):
    """A root with a few crops under the names of the real ones."""
    for stem in STEMS:
        for half in ("real", "mean"):
            image_file(tmp_path / "CroppedImages" / f"{stem}_{half}.JPG")
    return tmp_path


def test_crops_pair_up_under_their_stems(crops):
    samples = PolyU(crops).samples("test")
    assert tuple(sample.name for sample in samples) == STEMS
    for sample in samples:
        assert sample.noisy.path.name == f"{sample.name}_real.JPG"
        assert sample.clean.path.name == f"{sample.name}_mean.JPG"


def test_crops_of_an_object_share_a_scene_also_with_two_underscores(crops):
    scenes = {sample.name: sample.scene for sample in PolyU(crops).samples("test")}
    assert scenes["Canon5D2_5_160_3200_chair_11"] == scenes["Canon5D2_5_160_3200_chair_5"]
    assert scenes["NikonD800_6-3_125_5000_plant__4"] == "plant"
    assert len(set(scenes.values())) == 3


def test_the_folder_of_the_crops_is_as_good_as_the_one_above(crops):
    above, inside = PolyU(crops), PolyU(crops / "CroppedImages")
    assert above.fingerprint("test") == inside.fingerprint("test")


def test_full_size_originals_beside_the_crops_are_left_out(crops, image_file):
    for half in ("Real", "mean"):
        image_file(crops / "CroppedImages" / f"Nikon800_4-5_160_1600_classroom_{half}.JPG")
    assert len(PolyU(crops).samples("test")) == len(STEMS)


def test_originals_alone_are_no_benchmark(tmp_path, image_file):
    for half in ("Real", "mean"):
        image_file(tmp_path / f"SonyA7II_4_200_3200_door_{half}.JPG")
    with pytest.raises(DataError, match=r"full-size originals \(\*_Real\); the benchmark is the c"):
        PolyU(tmp_path).samples("test")


def test_crops_alone_are_no_originals(crops):
    with pytest.raises(DataError, match=r"holds PolyU's crops \(\*_real\); polyu\[crops=false\] r"):
        PolyU(crops / "CroppedImages", crops=False).samples("test")


@pytest.mark.parametrize(
    ("stem", "camera", "iso", "scene"),
    [
        ("Canon5D2_5_160_3200_chair_11", "Canon5D2", "3200", "chair"),
        ("Canon80D_8_8_12800_printer_2", "Canon80D", "12800", "printer"),
        ("NikonD800_4-5_160_1800_classroom_15", "NikonD800", "1800", "classroom"),
        ("NikonD800_6-3_125_5000_plant__4", "NikonD800", "5000", "plant"),
        ("Sony_4_200_3200_door_1", "Sony", "3200", "door"),
        ("Sony_3-5_200_1600_lecture_room_1", "Sony", "1600", "lecture_room"),
        ("old_copy_3", None, None, "old_copy"),
        ("12", None, None, "12"),
    ],
)
def test_what_a_name_tells_is_told(tmp_path, image_file, stem, camera, iso, scene):
    for half in ("real", "mean"):
        image_file(tmp_path / f"{stem}_{half}.jpg")
    (sample,) = PolyU(tmp_path).samples("test")
    assert (sample.scene, sample.groups.get("camera"), sample.groups.get("iso")) == (
        scene,
        camera,
        iso,
    )


ORIGINALS = {
    "Nikon800_4-5_160_1600_classroom": ("NikonD800", "classroom"),
    "Nikon_800_11_160_3200_stair": ("NikonD800", "stair"),
    "SonyA7II_4_200_3200_door": ("Sony", "door"),
    "Canon600D_4-5_125_1600_toy": ("Canon600D", "toy"),
}


@pytest.fixture
def originals(tmp_path, image_file):
    for stem in ORIGINALS:
        for half in ("Real", "mean"):
            image_file(tmp_path / "OriginalImages" / f"{stem}_{half}.JPG")
    return tmp_path


def test_originals_share_the_names_of_cameras_and_scenes_with_the_crops(originals):
    samples = PolyU(originals, crops=False).samples("test")
    assert {s.name: (s.groups["camera"], s.scene) for s in samples} == ORIGINALS


def test_originals_and_crops_of_one_root_are_two_sets(crops, originals, caplog):
    assert len(PolyU(originals).samples("test")) == len(STEMS)
    with caplog.at_level(logging.WARNING):
        PolyU(originals, crops=False).prepare()
    assert "holds 4 of the 40 images of this dataset" in caplog.text


def test_originals_are_asked_for_by_a_parameter(originals):
    registry = active_registry()
    reference = registry.choose("dataset", f"polyu[crops=false,root={originals}]")
    assert len(registry.build(reference).samples("test")) == 4


def test_its_problems_are_other_sizes_and_odd_names(crops, image_file):
    for half in ("real", "mean"):
        image_file(crops / "CroppedImages" / f"copy_{half}.JPG")
    size, odd = PolyU(crops).problems()
    assert size.startswith("6 images are not 512x512, as images of PolyU's crops are, such as ")
    assert odd.startswith(
        "names that are none of PolyU's, which leaves scene and camera unknown: c"
    )


def test_a_folder_that_is_not_there_is_no_problem_of_its_own(tmp_path):
    assert list(PolyU(tmp_path / "nowhere").problems()) == []


def test_other_images_are_not_taken_for_crops(tmp_path, image_file):
    image_file(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"^no images named \*_real in .*, as PolyU's crops are$"):
        PolyU(tmp_path).samples("test")


def test_half_a_pair_is_named(crops):
    (crops / "CroppedImages" / f"{STEMS[0]}_mean.JPG").unlink()
    with pytest.raises(DataError, match=f"no clean image for {STEMS[0]}_real.JPG"):
        PolyU(crops).samples("test")


def test_part_of_the_set_is_used_and_said_aloud(crops, caplog):
    with caplog.at_level(logging.WARNING):
        PolyU(crops).prepare()
    assert f"{crops} holds 5 of the 100 images of this dataset" in caplog.text


@pytest.fixture(scope="module")
def real_samples(real_data):
    root = real_data / "polyu"
    if not root.is_dir():
        pytest.skip(f"needs the PolyU set in {root} (HARNESS_REAL_DATA)")
    return PolyU(root).samples("test")


def test_the_real_set_is_whole_and_shows_23_objects(real_samples):
    assert len(real_samples) == 100
    assert len({sample.scene for sample in real_samples}) == 23


def test_the_real_names_tell_camera_and_iso(real_samples):
    cameras = Counter(sample.groups["camera"] for sample in real_samples)
    assert cameras == {
        "NikonD800": 33,
        "Canon5D2": 29,
        "Canon80D": 15,
        "Sony": 12,
        "Canon600D": 11,
    }
    assert Counter(sample.groups["iso"] for sample in real_samples)["6400"] == 38


@pytest.mark.slow
def test_real_noisy_images_have_the_published_scores(real_samples):
    pairs = [(sample.noisy(), sample.clean()) for sample in real_samples]
    psnr = [peak_signal_noise_ratio(clean, noisy) for noisy, clean in pairs]
    ssim = [
        structural_similarity(clean, noisy, data_range=255, channel_axis=2)
        for noisy, clean in pairs
    ]
    assert np.mean(psnr) == pytest.approx(35.9694, abs=5e-4)
    assert np.mean(ssim) == pytest.approx(0.9088, abs=1e-4)


@pytest.mark.slow
def test_a_run_of_identity_on_the_real_set_scores_as_published(real_data, real_samples, tmp_path):
    request = Request(
        methods="identity",
        datasets=f"polyu[root={real_data / 'polyu'}]",
        metrics="psnr,ssim",
        device="cpu",
        images=0,
        out=tmp_path / "runs",
    )
    (cell,) = run(request, active_registry()).cells
    psnr, ssim = cell.scores
    assert psnr.value == pytest.approx(35.9694, abs=5e-5)
    assert ssim.value == pytest.approx(0.9088, abs=5e-5)
    assert cell.job.data.part == ""
