"""What every method does on a GPU, told by tensors that pretend to lie there."""

import pytest
import torch
from narrow_fits import narrow_method, narrow_stages
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from harness.methods.stage import Batch, NoisyBatch, PairedBatch, Stage, UnpairedBatch
from harness_ssid import adaptive

MPS = torch.device("mps")
STAGES = [pytest.param(name, index, id=f"{name}-{stage}") for name, index, stage in narrow_stages()]


class Copies(TorchDispatchMode):
    """Notes copies from memory to the GPU."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if devices_of(out) == {"cuda"} and "cpu" in devices_of((args, kwargs)):
            self.found.append(str(func))
        return out


class Doubles(TorchDispatchMode):
    """Notes operations whose result is of double precision."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if any(
            isinstance(each, Tensor) and each.dtype == torch.float64 for each in tree_leaves(out)
        ):
            self.found.append(str(func))
        return out


def devices_of(values: object) -> set[str]:
    """The kinds of devices on which tensors are."""
    return {each.device.type for each in tree_leaves(values) if isinstance(each, Tensor)}


def put_on_gpu(module: nn.Module) -> None:
    """Put a module on a GPU that is not there."""
    moved: dict[int, Tensor] = {}

    def there(tensor: Tensor) -> Tensor:
        if id(tensor) not in moved:
            moved[id(tensor)] = torch.empty_strided(
                tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cuda"
            )
        return moved[id(tensor)]

    for each in module.modules():
        for name, parameter in each._parameters.items():
            if parameter is not None:
                each._parameters[name] = nn.Parameter(there(parameter), requires_grad=False)
        for name, buffer in each._buffers.items():
            each._buffers[name] = None if buffer is None else there(buffer)


def batch_on(device: str, stage: Stage) -> Batch:
    """A batch of a stage, without numbers."""
    recipe = stage.recipe
    crops = torch.empty(recipe.batch_size, 3, recipe.crop, recipe.crop, device=device)
    image = torch.zeros(recipe.batch_size, dtype=torch.long, device=device)
    kinds = {"noisy": NoisyBatch, "unpaired": UnpairedBatch, "pairs": PairedBatch}
    halves = (crops,) if stage.view == "noisy" else (crops, crops)
    return kinds[stage.view](*halves, image)


@pytest.mark.parametrize(("name", "index"), STAGES)
def test_a_stage_on_a_gpu_waits_for_nothing(name, index):
    """It reads no number back, which a pretended tensor could not give, and copies none there."""
    stage = narrow_method(name).train().stages()[index]
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
        put_on_gpu(stage)
        batch = batch_on("cuda", stage)
        with Copies() as copies:
            loss = stage(batch)
    assert loss.device.type == "cuda"
    assert copies.found == []


@pytest.mark.parametrize(("name", "index"), STAGES)
def test_a_stage_on_mps_needs_no_double_precision(monkeypatch, name, index):
    monkeypatch.setattr(adaptive, "most_exact", lambda _, real=adaptive.most_exact: real(MPS))
    stage = narrow_method(name).train().stages()[index]
    with torch.no_grad(), Doubles() as doubles:
        stage(batch_on("cpu", stage))
    assert doubles.found == []
