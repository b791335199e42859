"""The noise of real photographs, against figures that others measured on them."""

import pytest

from harness_datasets.cc15 import CC15
from harness_datasets.folder import Folder
from harness_datasets.polyu import PolyU
from harness_noise import measure_noise, observe_pairs


def profile_of(dataset, **options):
    return measure_noise(observe_pairs(dataset.samples("test")), **options)


@pytest.fixture
def cc15(real_data):
    return profile_of(real_data(CC15, "cc15"))


@pytest.fixture
def sidd(real_data):
    return profile_of(real_data(Folder, "sidd-validation-blocks"))


def test_cc15_has_the_known_noise(cc15):
    pooled = cc15.correlations[0]
    assert pooled.horizontal[:3] == pytest.approx((0.73, 0.39, 0.23), abs=0.005)
    assert pooled.horizontal[4] == pytest.approx(0.10, abs=0.01)
    assert pooled.vertical[0] == pytest.approx(0.69, abs=0.005)
    assert cc15.std == pytest.approx(5.7, abs=0.05)
    assert cc15.mean == pytest.approx(0.7, abs=0.05)
    assert cc15.channels.correlation[0][1:] == pytest.approx((0.44, 0.44), abs=0.03)
    assert cc15.psnr == pytest.approx(33.4142, abs=5e-4)


def test_cc15_needs_a_larger_stride_than_sidd(cc15, sidd):
    assert sidd.suggestion.stride < cc15.suggestion.stride
    assert sidd.suggestion.blind < cc15.suggestion.blind


@pytest.mark.slow
def test_polyu_has_the_known_noise(real_data):
    polyu = profile_of(real_data(PolyU, "polyu"), definitions=["pooled"])
    (pooled,) = polyu.correlations
    assert pooled.horizontal[:3] == pytest.approx((0.66, 0.38, 0.28), abs=0.005)
    assert pooled.horizontal[4] == pytest.approx(0.20, abs=0.01)
    assert pooled.vertical[0] == pytest.approx(0.64, abs=0.005)
    assert polyu.std == pytest.approx(4.2, abs=0.05)
    assert polyu.mean == pytest.approx(-0.1, abs=0.05)
    assert polyu.channels.correlation[0][1:] == pytest.approx((0.69, 0.64), abs=0.01)
    assert polyu.psnr == pytest.approx(35.9694, abs=5e-4)
    assert polyu.suggestion.stride is None


def test_sidd_blocks_have_the_known_noise(sidd):
    """Figures known of 65 blocks, which are of two scenes; here there may be fewer."""
    pooled = sidd.correlations[0]
    assert pooled.horizontal[:3] == pytest.approx((0.45, 0.06, 0.01), abs=0.02)
    assert pooled.vertical[0] == pytest.approx(0.45, abs=0.02)
    assert sidd.channels.correlation[0][1:] == pytest.approx((0.30, 0.54), abs=0.05)
    assert sidd.channels.at_black == pytest.approx(0.064, abs=0.01)


def test_sidd_noise_is_not_zero_on_average_and_that_has_a_price(sidd):
    first_scene = [image.ceiling for image in sidd.images if int(image.name) < 32]
    assert -5.5 < sidd.mean < -2.5
    assert min(first_scene) == pytest.approx(36.5, abs=0.05)
    assert max(first_scene) == pytest.approx(41.7, abs=0.05)


def test_the_direction_of_sidd_noise_is_as_the_report_has_it(sidd):
    """The report's values, of 320 whole images."""
    values = sidd.correlations[1].array[10:, 10:]
    published = {
        (0, 1): 0.5647,
        (1, 0): 0.5651,
        (1, 1): 0.4210,
        (0, 2): 0.2334,
        (2, 0): 0.2345,
        (1, 2): 0.187,
        (2, 2): 0.0709,
        (0, 3): 0.0733,
        (0, 4): 0.031,
        (0, 5): 0.0118,
    }
    for (down, right), value in published.items():
        assert values[down, right] == pytest.approx(value, abs=0.015)
