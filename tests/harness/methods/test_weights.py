import json
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from torch import nn

from harness.errors import DiskFullError
from harness.methods.weights import load_weights, read_parameters, save_weights


class Shared(nn.Module):
    """Layers that share tensors in several ways."""

    def __init__(self, fill: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3) for _ in range(8)])
        for layer in self.layers[1:]:
            layer.weight = self.layers[0].weight
        self.again = self.layers[3]
        self.register_buffer("empty", torch.zeros(0))
        self.register_buffer("also_empty", torch.zeros(0))
        self.register_buffer("all", torch.arange(6.0) + fill)
        self.register_buffer("part", self.all[2:4])
        self.register_buffer("turned", torch.arange(6.0).view(2, 3).T)
        for parameter in self.parameters():
            nn.init.constant_(parameter, fill)


SAVE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_weights import Shared, save_weights
print(save_weights(Shared(0.5), Path(sys.argv[2]), {"width": 4, "channels": (3,), "name": "x"}))
"""


def test_equal_weights_give_equal_files_in_every_process(tmp_path):
    digests = {
        subprocess.run(
            [sys.executable, "-c", SAVE, __file__.rpartition("/")[0], str(tmp_path / "weights")],
            env={"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(digests) == 1


def test_shared_weights_are_written_once_and_restored_under_all_their_names(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(Shared(0.5), path, {"width": 4, "sizes": (1, 2)})
    restored = Shared()

    load_weights(restored, path)

    for name, value in Shared(0.5).state_dict().items():
        assert torch.equal(restored.state_dict()[name], value), name
    assert restored.layers[5].weight is restored.layers[0].weight
    assert read_parameters(path) == {"width": 4, "sizes": (1, 2)}
    with safe_open(path, framework="pt") as file:
        names = list(file.keys())
    assert [name for name in names if name.endswith("weight")] == ["again.weight"]


@pytest.mark.parametrize("other", [nn.Linear(3, 3), nn.Linear(3, 2, bias=False), nn.Linear(2, 2)])
def test_weights_of_another_network_are_refused(tmp_path, other):
    path = tmp_path / "weights.safetensors"
    save_weights(nn.Linear(3, 2), path, {})
    with pytest.raises(RuntimeError, match="Error"):
        load_weights(other, path)


def test_a_full_disk_is_named_with_the_weights(tmp_path, full_disk):
    path = tmp_path / "weights.safetensors"
    full_disk(path)
    with pytest.raises(DiskFullError, match=f"the disk is full: cannot write {path}"):
        save_weights(nn.Linear(300, 300), path, {})


def test_the_metadata_of_a_weights_file_is_one_entry(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(Shared(), path, {"width": 4})
    with safe_open(path, framework="pt") as file:
        (entry,) = file.metadata().values()
    assert set(json.loads(entry)) == {"parameters", "shared"}
