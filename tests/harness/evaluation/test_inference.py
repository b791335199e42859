import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from harness.errors import DataError, HarnessError, ParameterError, PluginError
from harness.evaluation import inference
from harness.evaluation.inference import crop_or_pad, denoise, tiles_of
from harness.methods.method import Method, OracleMethod


class Recorder(Method):
    """Returns what it gets and remembers the shapes."""

    def __init__(self, size_multiple=1, receptive_radius=None):
        super().__init__()
        self.size_multiple, self.receptive_radius, self.seen = size_multiple, receptive_radius, []

    def denoise(self, noisy):
        self.seen.append(tuple(noisy.shape))
        return noisy


class Convolutions(Method):
    """Two random convolutions, in every phase of a pixel-shuffle downsampling by itself."""

    def __init__(self, stride=1):
        super().__init__()
        torch.manual_seed(0)
        self.stride = self.size_multiple = stride
        self.net = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 3, 3, padding=1)
        )
        self.receptive_radius = (
            3 * stride - 1
        )  # two pixels of the phase image, and the phases between

    def denoise(self, noisy):
        channels = noisy.shape[1]
        phases = F.pixel_unshuffle(noisy, self.stride)
        phases = phases.unflatten(1, (channels, -1)).transpose(1, 2)
        denoised = self.net(phases.flatten(0, 1)).unflatten(0, phases.shape[:2])
        # phases differ, so that a tile of wrong phase cannot go unseen
        weights = torch.arange(1, phases.shape[1] + 1).view(1, -1, 1, 1, 1)
        return F.pixel_shuffle((denoised * weights).transpose(1, 2).flatten(1, 2), self.stride)


class Truth(OracleMethod):
    size_multiple = 4
    receptive_radius = 3

    def denoise_knowing(self, noisy, clean):
        return clean


class Returns(Method):
    def __init__(self, make):
        super().__init__()
        self.make = make

    def denoise(self, noisy):
        return self.make(noisy)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (3, 2), (8, 8), (13, 30)])
@pytest.mark.parametrize("multiple", [1, 2, 5, 16])
def test_any_size_is_kept_and_the_method_sees_multiples(size, multiple):
    method = Recorder(multiple)
    noisy = torch.rand(2, 3, *size)

    assert torch.equal(denoise(method, noisy), noisy)
    ((_, _, height, width),) = method.seen
    assert (height % multiple, width % multiple) == (0, 0)
    assert height - size[0] < multiple
    assert width - size[1] < multiple


@pytest.mark.parametrize("size", [(4, 6), (7, 9), (1, 20)])
def test_images_are_extended_by_reflection_as_often_as_needed(size):
    images = torch.rand(1, 2, 3, 4)

    rows, columns = (max(0, want - have) for want, have in zip(size, (3, 4), strict=True))
    extended = np.pad(images.numpy(), ((0, 0), (0, 0), (0, rows), (0, columns)), mode="reflect")

    assert np.array_equal(crop_or_pad(images, *size), extended[..., : size[0], : size[1]])


@pytest.mark.parametrize("stride", [1, 2, 5])
@pytest.mark.parametrize("tile", [33, 40, 64])
def test_tiled_equals_whole(stride, tile):
    method = Convolutions(stride)
    noisy = torch.rand(2, 3, 101, 75)

    torch.testing.assert_close(denoise(method, noisy, tile=tile), denoise(method, noisy))


def test_tiled_differs_from_whole_where_a_method_understates_its_reach():
    method = Convolutions()
    noisy = torch.rand(1, 3, 101, 75)
    whole = denoise(method, noisy)

    method.receptive_radius = 1

    assert not torch.allclose(denoise(method, noisy, tile=40), whole, atol=1e-4)


def test_no_tile_is_larger_than_asked_for():
    method = Recorder(size_multiple=4, receptive_radius=5)

    denoise(method, torch.rand(1, 3, 100, 60), tile=32)

    assert set(method.seen) == {(1, 3, 32, 32)}


def test_large_images_are_tiled_unasked(monkeypatch):
    monkeypatch.setattr(inference, "WHOLE_SIDE", 50)
    monkeypatch.setattr(inference, "TILE_CORE", 16)
    small, large = torch.rand(1, 3, 50, 50), torch.rand(1, 3, 50, 51)
    method = Recorder(receptive_radius=2)

    assert torch.equal(denoise(method, small), small)
    assert method.seen == [(1, 3, 50, 50)]
    assert torch.equal(denoise(method, large), large)
    assert method.seen[1:] == [(1, 3, 50, 39)] * 2


@pytest.mark.parametrize(
    ("multiple", "radius", "side"),
    [(1, 3, 88), (10, 3, 90), (1, 40, 96), (8, 45, 112)],
    ids=["2 below 96", "2 of tens", "5 of 96", "4 of a core and 96"],
)
def test_tiles_are_few_below_what_is_denoised_whole_and_then_small(
    monkeypatch, multiple, radius, side
):
    monkeypatch.setattr(inference, "WHOLE_SIDE", 96)
    monkeypatch.setattr(inference, "TILE_CORE", 16)
    method = Recorder(size_multiple=multiple, receptive_radius=radius)
    denoise(method, torch.rand(1, 3, 160, 160))
    assert set(method.seen) == {(1, 3, side, side)}


def test_a_method_that_depends_on_the_whole_image_gets_it_whole(monkeypatch):
    monkeypatch.setattr(inference, "WHOLE_SIDE", 10)
    method = Recorder(receptive_radius=None)

    denoise(method, torch.rand(1, 3, 50, 51))

    assert method.seen == [(1, 3, 50, 51)]


def test_a_method_that_depends_on_the_whole_image_refuses_tiles():
    with pytest.raises(ParameterError, match=r"^Recorder depends on the whole image and cannot"):
        denoise(Recorder(receptive_radius=None), torch.rand(1, 3, 50, 51), tile=32)


def test_tiles_smaller_than_the_reach_are_refused_with_the_smallest_that_would_do():
    method = Recorder(size_multiple=4, receptive_radius=9)
    with pytest.raises(ParameterError, match=r"tiles of 24 pixels .* reaches 9 .* at least 28$"):
        denoise(method, torch.rand(1, 3, 50, 51), tile=24)

    assert denoise(method, torch.rand(1, 3, 50, 51), tile=28).shape == (1, 3, 50, 51)


@pytest.mark.parametrize("tile", [None, 16])
def test_an_oracle_is_shown_the_clean_image(tile):
    noisy, clean = torch.rand(1, 3, 37, 30), torch.rand(1, 3, 37, 30)

    assert torch.equal(denoise(Truth(), noisy, clean=clean, tile=tile), clean)


def test_an_oracle_without_clean_image_is_refused():
    with pytest.raises(DataError, match=r"^Truth is an oracle and needs clean images"):
        denoise(Truth(), torch.rand(1, 3, 8, 8))


def test_the_method_runs_in_evaluation_mode_and_the_result_has_no_gradient():
    method = Convolutions().train()

    denoised = denoise(method, torch.rand(1, 3, 8, 8))

    assert not method.training
    assert not denoised.requires_grad


def test_a_method_may_fit_itself_to_the_image():
    def one_step(noisy):
        guess = torch.zeros_like(noisy, requires_grad=True)
        with torch.enable_grad():
            (guess - noisy).square().sum().backward()
        return guess - guess.grad / 2

    noisy = torch.rand(1, 3, 8, 8)

    torch.testing.assert_close(denoise(Returns(one_step), noisy), noisy)


def test_the_result_is_float32_and_not_clipped():
    denoised = denoise(Returns(lambda noisy: (noisy + 2).bfloat16()), torch.rand(1, 3, 8, 8))

    assert denoised.dtype == torch.float32
    assert denoised.min() >= 2


@pytest.mark.parametrize(
    ("make", "returned"),
    [
        (lambda noisy: noisy[..., 1:], r"shape \(1, 3, 8, 7\)"),
        (lambda noisy: noisy.numpy(), "ndarray"),
        (lambda noisy: None, "NoneType"),
    ],
)
def test_a_method_that_returns_something_else_is_named(make, returned):
    with pytest.raises(
        PluginError, match=rf"^Returns was given .*\(1, 3, 8, 8\) and returned {returned};"
    ):
        denoise(Returns(make), torch.rand(1, 3, 8, 8))


@pytest.mark.parametrize("kind", [torch.uint8, torch.bool, torch.int64, torch.complex64])
def test_pixels_that_are_not_floating_point_are_refused(kind):
    name = str(kind).removeprefix("torch.")
    with pytest.raises(
        PluginError, match=rf"^Returns returned pixels of type {name}; denoise must"
    ):
        denoise(Returns(lambda noisy: noisy.to(kind)), torch.rand(1, 3, 8, 8))


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_pixels_that_are_no_numbers_are_an_error(value):
    with pytest.raises(HarnessError, match=r"^Returns returned infinite or undefined pixels"):
        denoise(Returns(lambda noisy: noisy * value), torch.rand(1, 3, 8, 8))


@pytest.mark.parametrize("tile", [None, 24, 33])
@pytest.mark.parametrize(("multiple", "radius"), [(1, 3), (8, 0), (8, 3)])
def test_what_tiles_keep_covers_the_image(multiple, radius, tile):
    method = Recorder(multiple, radius)
    taken = np.zeros((101, 75), int)
    for each in tiles_of(method, 101, 75, tile):
        taken[each.kept_rows, each.kept_columns] += 1
        assert (each.rows.start % multiple, each.columns.start % multiple) == (0, 0)
    assert (taken >= 1).all()
