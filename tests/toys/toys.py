"""Small methods and a small dataset for tests, as a single-file plugin."""

import os
import signal
import time
from typing import Annotated

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from harness import (
    Channels,
    Cosine,
    Dataset,
    DatasetSpec,
    Iterations,
    Method,
    MethodSpec,
    NoisyBatch,
    PairedBatch,
    ParameterError,
    Recipe,
    Sample,
    Stage,
    UnpairedBatch,
    Views,
    hookimpl,
)


@hookimpl
def harness_register_methods():
    return [
        MethodSpec(
            name="toy",
            target="toys:Toy",
            summary="Predicts a pixel from its neighbours.",
            trains=True,
            quick={"width": 2},
        ),
        MethodSpec(
            name="supervised",
            target="toys:Supervised",
            summary="Learns from pairs.",
            trains=True,
            view="pairs",
        ),
        MethodSpec(
            name="unpaired",
            target="toys:Unpaired",
            summary="Learns from clean images of other scenes too, if told to.",
            trains=True,
        ),
        MethodSpec(
            name="breaks",
            target="toys:Breaks",
            summary="Breaks in the way it is told to.",
        ),
    ]


@hookimpl
def harness_register_datasets():
    return [
        DatasetSpec(
            name="scenes",
            target="toys:Scenes",
            summary="Smooth images with noise.",
            splits=("train", "test"),
            trains_on="scenes",
        ),
        DatasetSpec(
            name="further",
            target="toys:Scenes",
            summary="The same, to be tested on alone.",
            trains_on="scenes[channels={channels}]",
        ),
    ]


class Seen(list):
    """What a method was given; its copies share it."""

    def __deepcopy__(self, memo):
        return self


class Neighbours(nn.Module):
    """A small network that never sees the pixel it predicts."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.last = nn.Conv2d(width, channels, 1)
        self.register_buffer("mask", torch.ones(1, 1, 3, 3))
        self.mask[0, 0, 1, 1] = 0

    def forward(self, noisy: Tensor) -> Tensor:
        weight = self.first.weight * self.mask
        return self.last(F.leaky_relu(F.conv2d(noisy, weight, self.first.bias, padding=1)))


class ToyStage(Stage):
    """Mean squared error against the noisy image."""

    def __init__(self, name: str, net: nn.Module, recipe: Recipe, seconds: float = 0.0) -> None:
        super().__init__()
        self.name = name
        self.net = net
        self.recipe = recipe
        self.seconds = seconds

    def forward(self, batch: NoisyBatch) -> Tensor:
        if self.seconds:
            time.sleep(self.seconds)
        return F.mse_loss(self.net(batch.noisy), batch.noisy)


class Toy(Method):
    receptive_radius = 1

    def __init__(
        self,
        channels: Channels = 3,
        width: int = 4,
        stages: int = 1,
        ema: float | None = None,
        learning_rate: float = 1e-2,
        seconds_per_step: float = 0.0,
        iterations: Iterations = 8,
    ) -> None:
        super().__init__()
        if iterations == 7:
            raise ParameterError("toys do not like 7 iterations")
        self.net = Neighbours(channels, width)
        self.count = stages
        self.seconds = seconds_per_step
        self.recipe = Recipe(
            iterations=iterations,
            batch_size=4,
            crop=16,
            learning_rate=learning_rate,
            schedule=Cosine(),
            ema=ema,
        )

    def stages(self) -> list[Stage]:
        return [
            ToyStage(f"stage-{index}", self.net, self.recipe, self.seconds)
            for index in range(self.count)
        ]

    def denoise(self, noisy: Tensor) -> Tensor:
        return self.net(noisy)


class SupervisedStage(ToyStage):
    view = "pairs"

    def forward(self, batch: PairedBatch) -> Tensor:
        return F.mse_loss(self.net(batch.noisy), batch.clean)


class UnpairedStage(ToyStage):
    view = "unpaired"

    def forward(self, batch: UnpairedBatch) -> Tensor:
        return F.mse_loss(self.net(batch.noisy), batch.noisy) + batch.clean.mean()


class Supervised(Toy):
    def __init__(self, iterations: Iterations = 8) -> None:
        super().__init__(iterations=iterations)

    def stages(self) -> list[Stage]:
        return [SupervisedStage("pairs", self.net, self.recipe)]


class Unpaired(Toy):
    def __init__(self, clean: Annotated[bool, Views({True: "unpaired"})] = True) -> None:
        super().__init__()
        self.clean = clean

    def stages(self) -> list[Stage]:
        stage = UnpairedStage if self.clean else ToyStage
        return [stage("stage", self.net, self.recipe)]


class Breaks(Method):
    """Breaks when it denoises."""

    def __init__(self, how: str = "raise") -> None:
        super().__init__()
        self.how = how

    def denoise(self, noisy: Tensor) -> Tensor:
        if self.how == "raise":
            raise ValueError("it broke\nand this is the second line")
        if self.how == "memory":
            raise MemoryError
        if self.how == "hang":
            time.sleep(600)
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return noisy


class Scenes(Dataset):
    """Smooth images, and the same with independent noise."""

    def __init__(self, channels: int = 3, count: int = 2) -> None:
        self.channels = channels
        self.count = count

    def samples(self, split: str) -> list[Sample]:
        return [self._sample(f"{split}-{index}") for index in range(self.count)]

    def _sample(self, name: str) -> Sample:
        generator = np.random.default_rng([ord(letter) for letter in name])
        rows, columns = np.mgrid[0:40, 0:48] / 40
        phases = generator.uniform(0, 6, size=(self.channels, 1, 1))
        clean = 128 + 80 * np.sin(3 * rows + 2 * columns + phases).transpose(1, 2, 0)
        noisy = clean + generator.normal(0, 20, clean.shape)
        return Sample(
            name=name,
            scene=name,
            noisy=lambda: noisy.clip(0, 255).astype(np.uint8),
            clean=lambda: clean.astype(np.uint8),
        )
