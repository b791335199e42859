import logging

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from harness import DataError
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
    assert scenes["NikonD800_6-3_125_5000_plant__4"] == "NikonD800_6-3_125_5000_plant"
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


def test_the_real_set_is_whole_and_shows_29_scenes(real_samples):
    assert len(real_samples) == 100
    assert len({sample.scene for sample in real_samples}) == 29


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
