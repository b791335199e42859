"""What tests of networks share: the weights of reference numbers at full size."""

import zlib
from collections.abc import Callable, Mapping

import pytest
import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


@pytest.fixture
def fill_by_rule() -> Callable[[Weights], dict[str, Tensor]]:
    """Fills a state dict by its names alone, so that reference numbers need no weights.

    The function that it gives returns new tensors, for ``load_state_dict``; integers stay.
    """

    def fill(weights: Weights) -> dict[str, Tensor]:
        return {name: _filled(name, value) for name, value in weights.items()}

    return fill


def _filled(name: str, value: Tensor) -> Tensor:
    if not value.is_floating_point():
        return value.clone()
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    random = torch.randn(value.shape, generator=generator)
    if name.endswith(("running_var", "temperature")):
        return 1 + 0.1 * random.abs()
    if name.endswith(("running_mean", ".beta", ".gamma")):
        return 0.1 * random
    if value.ndim == 1:
        return 1 + 0.1 * random if name.endswith(".weight") else 0.01 * random
    return random / random[0].numel() ** 0.5
