import torch

from harness.util.transfers import to_device


class Pinning:
    """Stands for a tensor in memory: notes how it is copied."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.copied: list[object] = []

    def pin_memory(self):
        self.copied.append("pinned")
        return self

    def to(self, device, non_blocking=False):
        self.copied.append((device, non_blocking))
        return self


def test_a_copy_to_a_gpu_is_from_locked_memory_and_not_waited_for():
    tensor, gpu = Pinning(), torch.device("cuda")
    to_device(tensor, gpu)
    assert tensor.copied == ["pinned", (gpu, True)]


def test_a_tensor_stays_where_it_is_wanted():
    tensor = torch.rand(3)
    assert to_device(tensor, torch.device("cpu")) is tensor
