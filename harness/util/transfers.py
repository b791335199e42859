"""Copies from the memory of the machine to that of a GPU."""

import torch
from torch import Tensor


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Copy a tensor to a device, to a GPU without waiting until it is there.

    A GPU fetches it on its own from memory that is locked, "pinned"; from any other memory the
    copy waits for all that the GPU has yet to do.

    Args:
        tensor: in memory; or on the device, then it is returned as it is.
        device: where to.
    """
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
