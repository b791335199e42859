"""Methods that look for clean images in every way that one process allows."""

import gc
import sys

import numpy as np
import torch
from torch.nn import functional as F
from toys import PairedBatch, Toy, ToyStage

from harness import Dataset, Image, MethodSpec, OracleMethod, Sample, hookimpl

KINDS = {
    "honest": "Toy",
    "frames": "ReadsFrames",
    "collector": "AsksTheCollector",
    "oracle-class": "BecomesAnOracle",
    "unannounced": "IsAnOracle",
    "opens-dataset": "OpensTheDataset",
    "patches": "PatchesTheReader",
    "view-changes": "AnswersTwice",
    "no-view": "AsksForMore",
    "collector-in-init": "AsksTheCollectorWhenMade",
    "frames-in-training": "ReadsFramesInTraining",
    "collector-in-training": "AsksTheCollectorInTraining",
    "unseeded": "DrawsOfItsOwn",
}


@hookimpl
def harness_register_methods():
    return [
        MethodSpec(name=name, target=f"cheats:{target}", summary=f"{name}.", trains=True)
        for name, target in KINDS.items()
    ]


def tensor(image: Image) -> torch.Tensor:
    return torch.from_numpy(image / 255).permute(2, 0, 1)[None].float()


def samples_in_frames() -> list[Sample]:
    """The samples that any function on the stack holds, in a list or by themselves."""
    found, frame = [], sys._getframe()
    while frame := frame.f_back:
        for value in list(frame.f_locals.values()):
            inner = getattr(
                getattr(value, "_fit", None) or getattr(value, "fit", None), "samples", value
            )
            items = inner if isinstance(inner, list | tuple) else [inner]
            found += [item for item in items if isinstance(item, Sample)]
    return found


def samples_of_collector() -> list[Sample]:
    return [thing for thing in gc.get_objects() if type(thing) is Sample]


def clean_means(samples: list[Sample]) -> list[float]:
    return sorted({float(sample.clean().mean()) for sample in samples if sample.clean})


class ReadsFrames(Toy):
    def denoise(self, noisy):
        found = [sample for sample in samples_in_frames() if sample.clean]
        for sample in found:
            if np.array_equal(tensor(sample.noisy()), noisy):
                return tensor(sample.clean())
        return super().denoise(noisy)


class AsksTheCollector(Toy):
    def denoise(self, noisy):
        return super().denoise(noisy) + sum(clean_means(samples_of_collector())) / 1e4


class BecomesAnOracle(Toy):
    def to(self, *arguments):  # is called when all checks are done
        self.__class__ = SwappedIn
        return super(Toy, self).to(*arguments)


class SwappedIn(OracleMethod, Toy):
    def denoise_knowing(self, noisy, clean):
        return clean


class IsAnOracle(Toy):
    """One whose class and spec do not say so."""

    def __init__(self):
        super().__init__()
        self.__class__ = SwappedIn


class OpensTheDataset(Toy):
    def denoise(self, noisy):
        toys = sys.modules["toys"]
        opened: Dataset = toys.Scenes()
        return super().denoise(noisy) + sum(clean_means(opened.samples("test"))) / 1e4


class BiasedStage(ToyStage):
    """Learns a number that it has from elsewhere."""

    def __init__(self, method, number=lambda: 0.0):
        super().__init__("cheat", method.net, method.recipe)
        self.number = number

    def forward(self, batch):
        return super().forward(batch) + self.number() / 1e4 * self.net(batch.noisy).mean()


class ReadsFramesInTraining(Toy):
    def stages(self):
        return [BiasedStage(self, lambda: sum(clean_means(samples_in_frames())))]


class AsksTheCollectorInTraining(Toy):
    def stages(self):
        return [BiasedStage(self, lambda: sum(clean_means(samples_of_collector())))]


class PatchesTheReader(Toy):
    def prepare(self, noisy):
        from harness.data import views
        from harness.training import stage_run

        def patched(samples, view, clean_samples=()):
            return views.training_images(samples, "pairs")

        stage_run.training_images = patched

    def stages(self):
        return [LooksAtPairs(self)]


class LooksAtPairs(BiasedStage):
    def forward(self, batch):
        if isinstance(batch, PairedBatch):
            return F.mse_loss(self.net(batch.noisy), batch.clean)
        return super().forward(batch)


class TwoAnswers(LooksAtPairs):
    asked = 0

    @property
    def view(self):
        self.asked += 1
        return "noisy" if self.asked == 1 else "pairs"


class AnswersTwice(Toy):
    def stages(self):
        return [TwoAnswers(self)]


class AsksForMore(Toy):
    def stages(self):
        stage = BiasedStage(self)
        stage.view = "everything"
        return [stage]


class AsksTheCollectorWhenMade(Toy):
    def __init__(self):
        super().__init__()
        number = sum(clean_means(samples_of_collector()))
        self.register_buffer("number", torch.tensor(number))

    def denoise(self, noisy):
        return super().denoise(noisy) + self.number / 1e4


class DrawsOfItsOwn(Toy):
    def denoise(self, noisy):
        return super().denoise(noisy) + np.random.default_rng().random() / 10
