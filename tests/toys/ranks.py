"""Two processes of a data-parallel fit on the CPU, forked from one that has imported all they need.

Run as ``python ranks.py FOLDER``: every method is trained, and a fit is stopped by one process.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator
from narrow_fits import NARROW, trained_weights
from toys import Scenes, Toy

from harness.testing.contracts.fits import PROCESSES, in_processes
from harness.training.budget import parse_budget
from harness.training.trainer import StopRequestedError, Trainer, TrainingOptions


def both(folder: Path) -> None:
    """What each of them does; its results go to files."""
    accelerator = Accelerator(cpu=True)
    rank = accelerator.process_index
    assert accelerator.num_processes == PROCESSES
    for name in NARROW:
        weights = trained_weights(name, accelerator, folder / "fits")
        torch.save(weights, folder / f"{name}.{rank}.pt")
    (folder / f"stopped.{rank}").write_text(str(steps_until_stopped(accelerator, folder)))
    (folder / f"timed.{rank}").write_text(str(steps_in_half_a_second(accelerator, folder)))


def steps_until_stopped(accelerator: Accelerator, folder: Path) -> int:
    """Of a fit that the second process is asked to stop after its third step, and the first not."""
    steps = 0

    def should_stop() -> bool:
        nonlocal steps
        steps += 1
        return accelerator.process_index == 1 and steps >= 3

    try:
        toy_fit(accelerator, folder / "stopped", "100000it", should_stop).fit()
    except StopRequestedError:
        return steps
    raise AssertionError("nobody stopped")


def steps_in_half_a_second(accelerator: Accelerator, folder: Path) -> int:
    """Of a fit with a budget of time."""
    (record,) = toy_fit(accelerator, folder / "timed", "0.5s", lambda: False).fit()
    return record.iterations


def toy_fit(
    accelerator: Accelerator, folder: Path, budget: str, should_stop: Callable[[], bool]
) -> Trainer:
    """A fit of a small method."""
    return Trainer(
        Toy(),
        Scenes().samples("train"),
        accelerator,
        TrainingOptions(budget=parse_budget(budget), seed=7),
        folder,
        should_stop=should_stop,
    )


if __name__ == "__main__":
    in_processes(lambda rank: both(Path(sys.argv[1])))
