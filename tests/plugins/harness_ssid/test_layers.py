import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from harness_ssid.layers import ExactConv2d, SpatialConv2d, shifted_down


def plain_half_plane(layer, features):
    """A row of zeros on top, an ordinary convolution, and the last row dropped."""
    taller = F.pad(features, (0, 0, 1, 0))
    return F.conv2d(taller, layer.weight, layer.bias, padding=1)[..., :-1, :]


def test_the_half_plane_convolution_is_a_moved_ordinary_one():
    layer = SpatialConv2d(3, 5, half_plane=True)
    features = torch.randn(2, 3, 8, 6)

    assert torch.equal(layer(features), plain_half_plane(layer, features))


def test_the_half_plane_convolution_sees_two_rows_above_and_none_below(influence):
    layer = SpatialConv2d(1, 1, half_plane=True).double()

    seen = influence(layer, (1, 1, 9, 9)).nonzero() - 4

    assert (seen.amin(0).tolist(), seen.amax(0).tolist()) == ([-2, -1], [0, 1])


@pytest.mark.parametrize("half_plane", [False, True])
def test_merging_is_enlarging_joining_and_convolving(half_plane):
    layer = SpatialConv2d(7, 5, half_plane=half_plane).double()
    coarse = torch.randn(2, 4, 3, 5, dtype=torch.float64)
    skip = torch.randn(2, 3, 6, 10, dtype=torch.float64)

    enlarged = F.interpolate(coarse, scale_factor=2)

    torch.testing.assert_close(layer.merge(coarse, skip), layer(torch.cat([enlarged, skip], dim=1)))


@pytest.mark.parametrize("half_plane", [False, True])
def test_merging_has_the_gradient_of_the_plain_form(half_plane):
    layer = SpatialConv2d(5, 4, half_plane=half_plane).double()
    coarse = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    skip = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    inputs = (layer.weight, layer.bias, coarse)

    plain = layer(torch.cat([F.interpolate(coarse, scale_factor=2), skip], dim=1))

    expected = torch.autograd.grad(plain.square().sum(), inputs)
    found = torch.autograd.grad(layer.merge(coarse, skip).square().sum(), inputs)
    torch.testing.assert_close(found, expected)


def test_what_is_moved_down_is_zero_at_the_top():
    features = torch.arange(1.0, 5).view(1, 1, 4, 1)

    assert shifted_down(features, 3).flatten().tolist() == [0, 0, 0, 1]


def test_the_last_layer_tells_bright_intensities_apart_in_half_precision():
    layer = ExactConv2d(1, 1)
    nn.init.ones_(layer.weight)
    nn.init.zeros_(layer.bias)
    intensities = torch.tensor([250.0, 250.4]).view(1, 1, 1, 2)

    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(intensities), intensities)


class Doubles(TorchDispatchMode):
    """Notes the operations that compute in double precision."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if isinstance(out, torch.Tensor) and out.dtype == torch.float64:
            self.found.add(func.overloadpacket.__name__)
        return out


def test_on_a_gpu_the_last_layer_computes_beyond_tf32():
    """TF32 has no switch for one product, and tells only eighths of bright intensities apart."""
    with FakeTensorMode(), Doubles() as doubles, torch.no_grad():
        layer = ExactConv2d(4, 3)
        weight, bias = torch.empty(3, 4, 1, 1, device="cuda"), torch.empty(3, device="cuda")
        layer.weight, layer.bias = nn.Parameter(weight, False), nn.Parameter(bias, False)
        output = layer(torch.empty(2, 4, 5, 5, device="cuda"))
    assert output.dtype == torch.float32
    assert {"mm", "addmm", "bmm"} & doubles.found
