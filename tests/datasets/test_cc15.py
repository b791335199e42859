import logging

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from harness import DataError, run
from harness.plugin.registry import active_registry
from harness.runs.request import Request
from harness_datasets.cc15 import CC15

CAMERAS = ("5dmark3_iso3200", "d600_iso3200", "d800_iso1600", "d800_iso3200", "d800_iso6400")
STEMS = [f"{camera}_{number}" for camera in CAMERAS for number in (1, 2, 3)]


@pytest.fixture
def crops(tmp_path, image_file):
    """A root with all names of the real set, the paper's results among them."""
    for stem in STEMS:
        for kind in ("real", "mean", "ours"):
            image_file(tmp_path / "Real_ccnoise_denoised_part" / f"{stem}_{kind}.png")
    return tmp_path


def test_crops_pair_up_and_results_are_left_out(crops):
    samples = CC15(crops).samples("test")
    assert [sample.name for sample in samples] == STEMS
    for sample in samples:
        assert sample.noisy.path.name == f"{sample.name}_real.png"
        assert sample.clean.path.name == f"{sample.name}_mean.png"


def test_crops_of_a_camera_and_iso_share_a_scene(crops):
    assert {sample.scene for sample in CC15(crops).samples("test")} == set(CAMERAS)


def test_names_tell_camera_and_iso(crops):
    groups = {sample.name: sample.groups for sample in CC15(crops).samples("test")}
    assert groups["d800_iso6400_2"] == {"camera": "d800", "iso": "6400"}
    assert groups["5dmark3_iso3200_1"] == {"camera": "5dmark3", "iso": "3200"}


def test_an_odd_name_has_no_groups(tmp_path, image_file):
    for half in ("real", "mean"):
        image_file(tmp_path / f"7_{half}.png")
    (sample,) = CC15(tmp_path).samples("test")
    assert sample.groups == {}


def test_its_problems_are_second_copies_other_sizes_and_odd_names(crops, image_file):
    folder = crops / "Real_ccnoise_denoised_part"
    for half in ("real", "mean"):
        image_file(folder / f"5dma_iso3200_1_{half}.png")
        image_file(folder / f"x_{half}.jpg")
    copies, size, odd = CC15(crops).problems()
    assert copies == (
        "second copies of 5dmark3_*, which are left out: "
        "5dma_iso3200_1_mean.png, 5dma_iso3200_1_real.png"
    )
    assert size.startswith("32 images are not 512x512, as images of CC15 are")
    assert odd.endswith("unknown: x_real.jpg")


def test_the_folder_of_the_crops_is_as_good_as_the_one_above(crops):
    above, inside = CC15(crops), CC15(crops / "Real_ccnoise_denoised_part")
    assert above.fingerprint("test") == inside.fingerprint("test")


def test_second_copies_are_left_out(crops, image_file):
    for number in (1, 2, 3):
        for kind in ("real", "mean"):
            image_file(crops / "Real_ccnoise_denoised_part" / f"5dma_iso3200_{number}_{kind}.png")
    assert [sample.name for sample in CC15(crops).samples("test")] == STEMS


def test_the_whole_set_is_quiet_and_part_of_it_is_not(crops, caplog):
    with caplog.at_level(logging.WARNING):
        CC15(crops).prepare()
        assert caplog.text == ""
        for kind in ("real", "mean"):
            (crops / "Real_ccnoise_denoised_part" / f"{STEMS[0]}_{kind}.png").unlink()
        CC15(crops).prepare()
    assert "holds 14 of the 15 images of this dataset" in caplog.text


def test_half_a_pair_is_named(crops):
    (crops / "Real_ccnoise_denoised_part" / f"{STEMS[3]}_real.png").unlink()
    with pytest.raises(DataError, match=f"no noisy image for {STEMS[3]}_mean.png"):
        CC15(crops).samples("test")


def test_other_images_are_not_taken_for_crops(tmp_path, image_file):
    image_file(tmp_path / "1_noise.png")  # as in another set of crops of the same photographs
    with pytest.raises(DataError, match=r"^no images named \*_real in .*, as CC15's are$"):
        CC15(tmp_path).samples("test")


def test_the_real_noisy_images_have_the_published_scores(real_data):
    root = real_data / "cc15"
    if not root.is_dir():
        pytest.skip(f"needs the CC15 set in {root} (HARNESS_REAL_DATA)")
    pairs = [(sample.noisy(), sample.clean()) for sample in CC15(root).samples("test")]
    psnr = [peak_signal_noise_ratio(clean, noisy) for noisy, clean in pairs]
    ssim = [
        structural_similarity(clean, noisy, data_range=255, channel_axis=2)
        for noisy, clean in pairs
    ]
    assert len(pairs) == 15
    assert np.mean(psnr) == pytest.approx(33.4142, abs=5e-4)
    assert np.mean(ssim) == pytest.approx(0.8429, abs=1e-4)


def test_a_run_of_identity_on_the_real_set_scores_as_published(real_data, tmp_path):
    root = real_data / "cc15"
    if not root.is_dir():
        pytest.skip(f"needs the CC15 set in {root} (HARNESS_REAL_DATA)")
    request = Request(
        methods="identity",
        datasets=f"cc15[root={root}]",
        metrics="psnr,ssim",
        device="cpu",
        images=0,
        out=tmp_path / "runs",
    )
    (cell,) = run(request, active_registry()).cells
    psnr, ssim = cell.scores
    assert psnr.value == pytest.approx(33.4142, abs=5e-5)
    assert ssim.value == pytest.approx(0.8429, abs=5e-5)
    assert cell.job.data.part == ""
