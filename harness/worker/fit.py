"""A fit: train a method and save its weights."""

import threading
from collections.abc import Callable
from pathlib import Path

from accelerate import Accelerator

from harness.errors import HarnessError
from harness.methods.method import Method
from harness.methods.weights import save_weights
from harness.plugin.registry import Registry
from harness.results.jobs import FitJob
from harness.results.names import WEIGHTS
from harness.results.progress import Progress, ProgressFile
from harness.results.records import FitRecord
from harness.training.budget import parse_budget
from harness.training.image_cache import ImageCache, held_samples
from harness.training.trainer import IMAGES, Trainer, TrainingOptions, TrainingProgress
from harness.util.seeding import derive_seed, seed_all
from harness.worker.inputs import open_samples
from harness.worker.precision import start_device


def train(job: FitJob, folder: Path, registry: Registry, stop: threading.Event) -> FitRecord:
    """Carry out a fit; goes on from its checkpoint if there is one.

    Args:
        job: what to do.
        folder: gets the weights, the loss curve and checkpoints.
        registry: has the plugins that the job needs.
        stop: when it is set, training ends with a checkpoint.

    Raises:
        StopRequestedError: training was stopped.
    """
    start_device(job)
    accelerator = _accelerator(job)
    samples, clean_samples = held_samples(
        open_samples(registry, job.data),
        job.view,
        open_samples(registry, job.clean) if job.clean else None,
        ImageCache(
            folder / IMAGES / str(accelerator.process_index), processes=accelerator.num_processes
        ),
    )
    # of the method's name and not of its parameters: variants see the same crops; of the pixels,
    # where they are known, and not of the code that makes them
    seed = derive_seed(job.seed, job.method.name, job.data.content or job.data.fingerprint)
    seed_all(derive_seed(seed, "weights"))
    channels = samples[0].noisy().shape[2]
    arguments = registry.arguments(job.method, channels)
    method: Method = registry.build(job.method, channels)
    trainer = Trainer(
        method,
        samples,
        accelerator,
        TrainingOptions(
            budget=parse_budget(job.budget),
            seed=seed,
            view=job.view,
            checkpoint_seconds=job.checkpoint_seconds,
            accumulate=job.accumulate,
            compile=job.compile,
            previews=job.previews,
        ),
        folder,
        on_progress=_writer(ProgressFile(folder)),
        should_stop=stop.is_set,
        clean_samples=clean_samples,
    )
    stages = trainer.fit()
    files = {}
    if accelerator.is_main_process:
        files[WEIGHTS] = save_weights(method.cpu(), folder / WEIGHTS, arguments)
    return FitRecord(
        job=job,
        status="done",
        parameters=arguments,
        stages=stages,
        trained_parameters=trainer.trained_parameters,
        files=files,
        notes=tuple(trainer.notes),
    )


def _accelerator(job: FitJob) -> Accelerator:
    """Device, precision and processes as the job says.

    Raises:
        HarnessError: the environment made accelerate choose others.
    """
    accelerator = Accelerator(
        cpu=job.device == "cpu",
        mixed_precision="no" if job.precision in ("fp32", "tf32") else job.precision,
        gradient_accumulation_steps=job.accumulate,
    )
    wanted = (job.device, job.processes, job.accumulate)
    found = (
        accelerator.device.type,
        accelerator.num_processes,
        accelerator.gradient_accumulation_steps,
    )
    if found != wanted:
        raise HarnessError(
            f"accelerate chose device, processes and accumulation {found} and not {wanted}: see "
            "what the launcher leaves of the environment, such as ACCELERATE_… and WORLD_SIZE"
        )
    return accelerator


def _writer(file: ProgressFile) -> Callable[[TrainingProgress], None]:
    """Writes how far training is."""

    def write(now: TrainingProgress) -> None:
        text = now.stage if now.loss is None else f"{now.stage}, loss {now.loss:.4g}"
        file.write(Progress(now.fraction, text, now.per_second, "it"))

    return write
