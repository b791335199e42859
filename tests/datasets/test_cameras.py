import numpy as np
import pytest

from harness_datasets import isp
from harness_datasets.camera import Camera
from harness_datasets.cameras import Cameras, _phone, _window
from harness_datasets.scenes import cuts_of


@pytest.fixture(scope="module")
def training():
    return Cameras(images=30, side=64).samples("train")


@pytest.fixture(scope="module")
def noises(training):
    return [sample.noisy().astype(np.float64) - sample.clean() for sample in training]


def test_there_are_as_many_training_images_as_asked_for_of_every_scene(training):
    assert len(training) == 30
    assert {sample.scene for sample in training} == {cut.scene for cut in cuts_of("train")}
    assert len({sample.name for sample in training}) == 30


def test_training_images_are_square_and_some_are_resized(training):
    shapes = [sample.noisy().shape for sample in training]
    assert all(height == width and channels == 3 for height, width, channels in shapes)
    assert shapes.count((64, 64, 3)) >= 20
    assert len(set(shapes)) > 1


def test_the_blocks_are_those_of_the_one_camera():
    for split in ("test", "tune"):
        own, one = Cameras().samples(split), Camera().samples(split)
        assert [sample.scene for sample in own] == [sample.scene for sample in one]
    assert own[0].noisy().shape == own[0].clean().shape


def test_training_windows_lie_inside_the_parts_for_training():
    for part in cuts_of("train"):
        for seed in range(20):
            window = _window(part, 640, np.random.default_rng(seed)).box
            assert part.box[0] <= window[0] < window[2] <= part.box[2]
            assert part.box[1] <= window[1] < window[3] <= part.box[3]


def test_noise_is_weak_in_some_images_and_strong_in_others(noises):
    spread = [noise.std() for noise in noises]
    assert min(spread) < 4
    assert max(spread) > 30


def test_all_that_is_drawn_follows_from_the_seed():
    same, again, other = (
        Cameras(images=1, side=64, seed=seed).samples("train")[0] for seed in (1, 1, 2)
    )
    assert np.array_equal(same.noisy(), again.noisy())
    assert same.noisy().tobytes() != other.noisy().tobytes()


def test_reading_again_gives_the_same_pixels_in_an_array_of_ones_own(training):
    first = training[0].noisy()
    before = first.copy()
    first[:] = 0
    assert np.array_equal(training[0].noisy(), before)


def test_no_camera_is_like_another_and_each_keeps_grey():
    phones = [_phone(np.random.default_rng(seed)) for seed in range(20)]
    assert len(set(phones)) == 20
    for phone in phones:
        np.testing.assert_allclose(np.sum(phone.colour_matrix, axis=1), 1)


def test_the_fingerprint_changes_with_each_parameter_and_split():
    digests = {
        Cameras().fingerprint("train"),
        Cameras().fingerprint("test"),
        Cameras(images=2).fingerprint("train"),
        Cameras(side=32).fingerprint("train"),
        Cameras(seed=1).fingerprint("train"),
        Camera().fingerprint("train"),
    }
    assert len(digests) == 6


def test_a_camera_of_the_right_values_is_the_one_camera():
    """What is drawn for many cameras is what one is made of."""
    photograph = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    phone = isp.Phone(isp.PHONE.colour_matrix, (2.0, 1.0, 1.8), 3.0, 1 / 16, 1.0)
    mosaic = isp.expose(photograph)
    assert np.array_equal(mosaic, isp.expose(photograph, phone, (1.0, 1.0, 1.0)))
    assert np.array_equal(isp.develop(mosaic), isp.develop(mosaic, phone))
