"""This project's datasets with a small ``camera``, so that examples on pages run in seconds."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness import Dataset, DatasetSpec, Sample, hookimpl
from harness_datasets import hooks

SIDE = 96


@hookimpl
def harness_register_datasets() -> list[DatasetSpec]:
    return [
        replace(spec, target="small_camera:SmallCamera") if spec.name == "camera" else spec
        for spec in hooks.harness_register_datasets()
    ]


harness_register_protocols = hooks.harness_register_protocols
harness_register_submissions = hooks.harness_register_submissions


class SmallCamera(Dataset):
    """Two smooth images in each split, with white noise."""

    def samples(self, split: str) -> Sequence[Sample]:
        return [
            Sample(f"{split}-{number}", str(number), _Noisy(split, number), _Clean(number))
            for number in range(2)
        ]


class _Clean:
    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self) -> NDArray[np.float32]:
        rows, columns = np.mgrid[:SIDE, :SIDE]
        grey = 0.5 + 0.3 * np.sin((rows + self.number * columns) / 9)
        return np.stack([grey, grey * 0.8, grey[::-1]], axis=-1).astype(np.float32)


class _Noisy(_Clean):
    def __init__(self, split: str, number: int) -> None:
        super().__init__(number)
        self.seed = [*split.encode(), number]

    def __call__(self) -> NDArray[np.float32]:
        noise = np.random.default_rng(self.seed).normal(0, 0.1, (SIDE, SIDE, 3))
        return (super().__call__() + noise).clip(0, 1).astype(np.float32)
