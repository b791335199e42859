"""Fits of a method on small images, as its contract asks for them: alone, and by two processes."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from accelerate import Accelerator
from safetensors.torch import load_file, save_file
from torch import Tensor

from harness.data.dataset import Image
from harness.methods.method import Method
from harness.plugin.registry import Registry, load_registry
from harness.results.reference import Reference
from harness.specs import LoadSettings
from harness.testing.contracts.images import training_samples
from harness.training.budget import Budget
from harness.training.trainer import Trainer, TrainingOptions, TrainingProgress
from harness.util.seeding import derive_seed, seed_all

STEPS = 2
"""Optimizer steps of a fit; every stage takes at least one."""

PROCESSES = 2
"""Processes that share a batch."""

PROGRAM = """
import json, sys
given = json.loads(sys.argv[1])
sys.path[:] = given.pop("path")
from harness.testing.contracts.fits import train_in_processes
train_in_processes(**given)
"""
"""A program that trains a method in two processes."""


def built(registry: Registry, reference: Reference, channels: int, seed: int = 0) -> Method:
    """A method with fresh weights, drawn as for a fit.

    Args:
        registry: has the plugin.
        reference: the method.
        channels: of the images.
        seed: of the weights.
    """
    seed_all(derive_seed(seed, "weights"))
    method: Method = registry.build(reference, channels)
    return method


def trained(
    registry: Registry,
    reference: Reference,
    channels: int,
    folder: Path | None = None,
    *,
    seed: int = 0,
    steps: int | None = None,
    parts: int = 1,
    clean_of: Callable[[Image, int], Image] | None = None,
) -> Method:
    """Train a method for two steps, on the CPU and in this process.

    Args:
        registry: has the plugin.
        reference: the method.
        channels: of the images.
        folder: has the checkpoint that it goes on from, or gets one; None: one of its own.
        seed: of the first weights.
        steps: after how many it is stopped; None: at the end.
        parts: into which a batch is cut.
        clean_of: makes what takes the place of a clean image, see :func:`training_samples`.

    Raises:
        StopRequestedError: it was stopped.
        UsageError: the batch of a stage cannot be cut so.
    """
    if folder is None:
        with TemporaryDirectory() as own:
            return trained(
                registry,
                reference,
                channels,
                Path(own),
                seed=seed,
                steps=steps,
                parts=parts,
                clean_of=clean_of,
            )
    method = built(registry, reference, channels, seed)
    done: list[TrainingProgress] = []
    trainer = Trainer(
        method,
        training_samples(channels, clean_of=clean_of),
        Accelerator(cpu=True, gradient_accumulation_steps=parts),
        TrainingOptions(
            budget=Budget("quick", iterations=STEPS),
            seed=0,
            view=registry.view_of(reference),
            accumulate=parts,
        ),
        folder,
        on_progress=done.append,
        should_stop=lambda: len(done) == steps,
    )
    trainer.fit()
    return method


def trained_by_two(
    registry: Registry, selector: str, channels: int, *, quick: bool
) -> Sequence[Mapping[str, Tensor]]:
    """Train a method in two processes, each of which has half of every batch.

    Args:
        registry: has the plugin.
        selector: of the method.
        channels: of the images.
        quick: in the configuration of the budget ``quick``.

    Returns:
        The parameters that each process ends with, by name.

    Raises:
        AssertionError: one of them failed.
    """
    settings = registry.settings
    with TemporaryDirectory() as folder:
        given = {
            "path": sys.path,
            "plugins": settings.plugins,
            "autoload": settings.autoload,
            "only": settings.only and list(settings.only),
            "selector": selector,
            "channels": channels,
            "quick": quick,
            "folder": folder,
        }
        result = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(given)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        last = result.stderr.strip().rpartition("\n")[2].rpartition("]: ")[2]  # behind [rank0]:
        assert result.returncode == 0, f"trained by two processes, it fails: {last}"
        return [load_file(Path(folder) / f"{rank}.safetensors") for rank in range(PROCESSES)]


def train_in_processes(
    plugins: Sequence[str],
    selector: str,
    channels: int,
    folder: str,
    *,
    autoload: bool,
    only: Sequence[str] | None,
    quick: bool,
) -> None:
    """Fork, train a method in both processes, and write the weights of each; ends the second."""
    wanted = None if only is None else tuple(only)
    registry = load_registry(LoadSettings(tuple(plugins), autoload, wanted))
    reference = registry.choose("method", selector, quick=quick)

    def train(rank: int) -> None:
        method = trained(registry, reference, channels, Path(folder) / "fit")
        save_file(parameters_of(method), Path(folder) / f"{rank}.safetensors")

    in_processes(train)


def in_processes(work: Callable[[int], None]) -> None:
    """Fork, and do some work in two processes that find each other as torchrun's do.

    The first then waits for the second, and exits with its status.

    Args:
        work: is given the rank of its process.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = os.fork()
    rank = int(child == 0)
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(PROCESSES)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= {"LOCAL_WORLD_SIZE": str(PROCESSES), "ACCELERATE_USE_CPU": "true"}
    work(rank)
    if child:
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))


def parameters_of(method: Method) -> dict[str, Tensor]:
    """The values of all parameters, those of buffers left out, by name."""
    return {name: value.detach().clone() for name, value in method.named_parameters()}
