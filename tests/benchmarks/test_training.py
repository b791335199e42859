from statistics import median
from time import perf_counter

import pytest
import torch
from accelerate import Accelerator
from toys import Scenes, Toy

from harness.data.views import training_images
from harness.training.budget import parse_budget
from harness.training.sampler import Sampler
from harness.training.trainer import Trainer, TrainingOptions

ITERATIONS = 100
WIDTH = 32


def make() -> Toy:
    torch.manual_seed(0)
    return Toy(width=WIDTH, iterations=ITERATIONS)


def bare_loop() -> float:
    """Seconds of the same steps on the same crops, with nothing around them."""
    (stage,) = make().stages()
    images = training_images(Scenes().samples("train"), "noisy")
    sampler = Sampler(images, stage.recipe, 0, torch.device("cpu"))
    optimizer = torch.optim.Adam(stage.parameters(), lr=stage.recipe.learning_rate)
    start = perf_counter()
    for iteration in range(ITERATIONS):
        loss = stage(sampler.batch(iteration))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return perf_counter() - start


@pytest.mark.usefixtures("fresh_accelerate")
def test_the_trainer_against_a_bare_loop(benchmark, tmp_path):
    samples = Scenes().samples("train")
    accelerator = Accelerator(cpu=True)
    options = TrainingOptions(budget=parse_budget("paper"), seed=0)
    bare, rounds = [], iter(range(1000))

    def train() -> None:
        bare.append(bare_loop())  # in turn, so that both see the same machine
        folder = tmp_path / str(next(rounds))
        start = perf_counter()
        Trainer(make(), samples, accelerator, options, folder).fit()
        trained.append(perf_counter() - start)

    trained: list[float] = []
    benchmark.pedantic(train, rounds=5, warmup_rounds=1)
    benchmark.extra_info["milliseconds per step, bare"] = 1e3 * median(bare) / ITERATIONS
    benchmark.extra_info["milliseconds per step, trainer"] = 1e3 * median(trained) / ITERATIONS
    benchmark.extra_info["trainer / bare"] = median(trained) / median(bare)
