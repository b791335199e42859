"""A method that draws from every generator, wherever it can."""

import random

import numpy as np
import torch
from toys import Toy, ToyStage

from harness import MethodSpec, hookimpl


@hookimpl
def harness_register_methods():
    return MethodSpec(name="drawing", target="drawing:Drawing", summary="Draws.", trains=True)


def draw() -> list[float]:
    return [random.random(), np.random.random(), float(torch.rand(()))]


class Drawing(Toy):
    def __init__(self):
        super().__init__(iterations=2)
        self.register_buffer("made", torch.tensor(draw()))
        self.register_buffer("prepared", torch.zeros(3))
        self.register_buffer("staged", torch.zeros(3))

    def prepare(self, noisy):
        self.prepared += torch.tensor(draw())

    def stages(self):
        self.staged += torch.tensor(draw())
        return [ToyStage("stage", self.net, self.recipe)]

    def denoise(self, noisy):
        return super().denoise(noisy) + sum(draw()) / 100
