import logging

import numpy as np
import pytest
from numpy.random import RandomState
from PIL import Image

from harness import DataError, ParameterError
from harness.data.dataset import read_pair
from harness.plugin.registry import load_registry
from harness_datasets.noise import (
    Gaussian,
    HeteroscedasticGaussian,
    validation_multivariate_gaussian,
)
from harness_datasets.synthetic import BSD68, CBSD68, Kodak24, McMaster, Set12

SETS = [BSD68, Set12, CBSD68, Kodak24, McMaster]
EVERY_SET = pytest.mark.parametrize("kind", SETS, ids=lambda kind: kind.title)


def write(folder, names, size, channels=3, ending=".png"):
    """Write flat images of the names, brighter from one to the next."""
    for number, name in enumerate(names):
        level = 20 + 3 * number
        colour = level if channels == 1 else (level, 128, 255 - level)
        Image.new("L" if channels == 1 else "RGB", size, colour).save(folder / f"{name}{ending}")
    return folder


@pytest.fixture
def whole(tmp_path):
    """Writes all images of a set in their first size, under the names of one naming."""

    def make(kind, naming=0, ending=".png"):
        return write(tmp_path, kind.namings[naming], kind.sizes[0], kind.channels, ending)

    return make


@pytest.fixture
def set12(whole):
    return whole(Set12)


@EVERY_SET
def test_a_set_is_found_under_its_names(kind, whole):
    dataset = kind(whole(kind))

    dataset.prepare()
    samples = dataset.samples("test")

    assert tuple(sample.name for sample in samples) == kind.namings[0]
    assert len({sample.scene for sample in samples}) == len(samples)
    assert read_pair(samples[0])[0].shape == (*reversed(kind.sizes[0]), kind.channels)


@pytest.mark.parametrize(
    ("kind", "count"), [(BSD68, 68), (Set12, 12), (CBSD68, 68), (Kodak24, 24), (McMaster, 18)]
)
def test_a_set_has_as_many_images_by_every_naming(kind, count):
    assert [len(set(naming)) for naming in kind.namings] == [count] * len(kind.namings)


@pytest.mark.parametrize("naming", [1, 2])
def test_copies_of_cbsd68_that_count_its_images_are_found(whole, naming):
    samples = CBSD68(whole(CBSD68, naming)).samples("test")
    assert tuple(sample.name for sample in samples) == CBSD68.namings[naming]


def test_tiff_files_are_found(whole):
    dataset = McMaster(whole(McMaster, ending=".tif"))
    dataset.prepare()
    assert read_pair(dataset.samples("test")[0])[0].shape == (500, 500, 3)


def test_missing_images_are_named(set12):
    for name in ("03", "07"):
        (set12 / f"{name}.png").unlink()
    with pytest.raises(DataError, match=f"^{set12} lacks 2 of the 12 images of Set12: 03, 07$"):
        Set12(set12).samples("test")


def test_images_of_others_are_named(set12):
    write(set12, ["mine"], (8, 8))
    with pytest.raises(
        DataError, match=r"holds images that are none of Set12's: mine\.png; remove"
    ):
        Set12(set12).samples("test")


def test_another_set_is_not_taken_for_this_one(set12):
    expected = f"^no images of BSD68 in {set12}: they are named test001 to test068$"
    with pytest.raises(DataError, match=expected):
        BSD68(set12).samples("test")


def test_a_colour_image_is_none_of_a_grey_set(set12):
    write(set12, ["05"], (256, 256))
    with pytest.raises(DataError, match=r"05\.png is colour, but Set12 is grey$"):
        Set12(set12).prepare()


def test_an_image_of_another_size_is_none_of_the_set(set12):
    write(set12, ["05"], (300, 200), channels=1)
    expected = r"05\.png is 300x200, but images of Set12 are 256x256 or 512x512$"
    with pytest.raises(DataError, match=expected):
        Set12(set12).prepare()


def test_grey_stored_as_colour_and_other_sizes_are_problems(set12):
    assert list(Set12(set12).problems()) == []
    write(set12, ["05", "06"], (256, 256))
    write(set12, ["07"], (300, 200), channels=1)
    assert list(Set12(set12).problems()) == [
        "2 images are stored as colour, and Set12 is grey, such as 05.png: get the files that are "
        "grey, or convert them",
        "1 image is not 256x256 or 512x512, as images of Set12 are, such as 07.png (300x200): "
        "another version or another set; get the original files",
    ]


def test_missing_images_are_no_problem_of_its_own(set12):
    (set12 / "03.png").unlink()
    assert list(Set12(set12).problems()) == []


def test_another_version_of_kodak24_and_mixed_ones_are_problems(tmp_path):
    write(tmp_path, Kodak24.namings[0], (500, 500))
    assert list(Kodak24(tmp_path).problems()) == []
    (wrong,) = Kodak24(tmp_path, version="original").problems()
    assert "holds the version crops-500 of Kodak24, not original; say kodak24[version=" in wrong
    write(tmp_path, ["kodim24"], (256, 256))
    (mixed,) = Kodak24(tmp_path).problems()
    assert mixed.endswith("mixes versions of Kodak24: 1 of crops-256, 23 of crops-500; keep one")


def test_there_are_no_training_images(set12):
    with pytest.raises(DataError, match=r"^this dataset has no split 'train'; it has test$"):
        Set12(set12).samples("train")


def test_images_are_unclipped_and_clean_ones_what_the_file_holds(set12):
    for sample in Set12(set12, sigma=50.0).samples("test")[:1]:
        noisy, clean = read_pair(sample)
        assert noisy.dtype == clean.dtype == np.float32
        assert noisy.min() < 0
        np.testing.assert_array_equal(np.rint(clean * 255), 20)


def test_clipped_images_are_as_a_file_would_hold_them(set12):
    noisy, clean = read_pair(Set12(set12, clip=True).samples("test")[0])
    unclipped = Set12(set12).samples("test")[0].noisy()
    assert noisy.dtype == clean.dtype == np.uint8
    np.testing.assert_array_equal(noisy, np.rint(unclipped.clip(0, 1) * 255))
    assert np.unique(clean).tolist() == [20]


def test_an_image_is_the_same_whenever_it_is_read(set12):
    first, again = (Set12(set12).samples("test")[2].noisy() for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_noise_differs_between_images_and_seeds(set12):
    def noise(seed, number):
        sample = Set12(set12, seed=seed).samples("test")[number]
        return sample.noisy() - sample.clean()

    for other in (noise(0, 1), noise(1, 0)):
        assert abs(np.corrcoef(noise(0, 0).ravel(), other.ravel())[0, 1]) < 0.02


def test_the_fingerprint_tells_what_changes_the_pixels_and_nothing_else(whole):
    root = whole(Set12)
    fingerprints = [
        Set12(root, **parameters).fingerprint("test")
        for parameters in (
            {},
            {"sigma": 15.0},
            {"seed": 1},
            {"clip": True},
            {"noise": "hg-release"},
            {"noise": "hg-paper"},
        )
    ]
    assert len(set(fingerprints)) == len(fingerprints)
    assert Set12(root, alpha=1.0).fingerprint("test") == fingerprints[0]  # awgn knows no alpha
    write(root, ["05"], (256, 256), channels=1)
    assert Set12(root).fingerprint("test") != fingerprints[0]


@pytest.mark.parametrize(("version", "sizes"), Kodak24.versions.items())
def test_a_version_of_kodak24_is_told_by_its_size(tmp_path, caplog, version, sizes):
    write(tmp_path, Kodak24.namings[0], sizes[0])
    write(tmp_path, Kodak24.namings[0][18:], sizes[-1])

    Kodak24(tmp_path, version=version).prepare()
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING):
        Kodak24(tmp_path).prepare()

    assert f"{tmp_path} holds the version {version} of Kodak24" in caplog.text


def test_another_version_of_kodak24_is_refused(tmp_path):
    write(tmp_path, Kodak24.namings[0], (500, 500))
    expected = (
        f"^{tmp_path} holds the version crops-500 of Kodak24, not original; "
        r"say kodak24\[version=crops-500\], or give the folder of the other$"
    )
    with pytest.raises(DataError, match=expected):
        Kodak24(tmp_path, version="original").prepare()


def test_versions_of_kodak24_do_not_mix(tmp_path):
    write(tmp_path, Kodak24.namings[0], (500, 500))
    write(tmp_path, ["kodim24"], (256, 256))
    with pytest.raises(DataError, match="mixes versions of Kodak24: 1 of crops-256, 23 of crops"):
        Kodak24(tmp_path).prepare()


@pytest.mark.parametrize(
    ("tested", "trained"),
    [
        ("bsd68", "set12"),
        ("set12[sigma=50]", "bsd68[sigma=50]"),
        ("cbsd68[clip=true,noise=mg,seed=3]", "kodak24[clip=true,noise=mg,seed=3]"),
        ("kodak24[alpha=20,noise=hg-paper,version=original]", "cbsd68[alpha=20,noise=hg-paper]"),
        ("mcmaster[noise=poisson-gaussian,peak=30]", "cbsd68[noise=poisson-gaussian,peak=30]"),
    ],
)
def test_training_data_has_the_noise_of_what_is_tested(tested, trained):
    registry = load_registry()
    reference = registry.choose("dataset", tested)
    trains_on = registry.find("dataset", reference.name).spec.trains_on
    train = registry.choose("dataset", trains_on.format(**reference.arguments()))
    assert train == registry.choose("dataset", trained)


def psnr(noisy, clean):
    return -10 * np.log10(np.mean(np.square(noisy - clean, dtype=np.float64)))


@pytest.fixture(scope="module")
def real_set(real_data):
    """Makes a dataset of the real images, or skips the test."""

    def make(kind, **parameters):
        root = real_data / kind.title
        if not root.is_dir():
            pytest.skip(f"needs {kind.title} in {root} (HARNESS_REAL_DATA)")
        dataset = kind(root, **parameters)
        dataset.prepare()
        return dataset.samples("test")

    return make


@pytest.mark.parametrize(
    ("kind", "model", "expected"),
    [
        (BSD68, Gaussian(25.0), 20.19),
        (BSD68, HeteroscedasticGaussian(40.0, 10.0, power=2), 21.49),
        (BSD68, HeteroscedasticGaussian(40.0, 10.0, power=1), 19.27),
        (CBSD68, Gaussian(25.0), 20.18),
        (CBSD68, validation_multivariate_gaussian(), 12.70),
    ],
    ids=str,
)
def test_noisy_images_score_as_those_of_the_released_code(real_set, kind, model, expected):
    """It draws the noise of every image from seed 0, so that all have nearly the same noise."""
    clean = [sample.clean() for sample in real_set(kind)]
    scores = [psnr(model.add(image, RandomState(0)), image) for image in clean]
    assert np.mean(scores) == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize(
    ("kind", "parameters", "variance"),
    [  # in grey levels of 255
        (BSD68, {"sigma": 15.0}, lambda x: 15.0**2 + 0 * x),
        (BSD68, {"noise": "hg-release"}, lambda x: 40.0**2 * x**2 + 10.0**2),
        (BSD68, {"noise": "hg-paper"}, lambda x: 40.0**2 * x + 10.0**2),
        (Set12, {"sigma": 50.0}, lambda x: 50.0**2 + 0 * x),
        (CBSD68, {"noise": "mg"}, lambda x: np.array([3438.88, 3701.21, 3360.48]) + 0 * x),
        (Kodak24, {}, lambda x: 25.0**2 + 0 * x),
    ],
)
def test_noise_of_a_draw_per_image_scores_as_its_formula_says(real_set, kind, parameters, variance):
    pairs = [read_pair(sample) for sample in real_set(kind, **parameters)]
    measured = [psnr(noisy, clean) for noisy, clean in pairs]
    expected = [-10 * np.log10(variance(clean).mean() / 255**2) for _, clean in pairs]
    assert np.mean(measured) == pytest.approx(np.mean(expected), abs=0.01)


@pytest.mark.parametrize("kind", [BSD68, Set12])
def test_a_grey_set_refuses_noise_that_is_correlated_between_channels(kind, tmp_path):
    with pytest.raises(ParameterError, match=rf"^noise 'mg' .* and {kind.title} is grey; choose"):
        kind(tmp_path, noise="mg")
