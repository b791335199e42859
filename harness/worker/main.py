"""What the process of a job does: carry out one fit or one cell, and leave a record.

Run as ``python -m harness.worker.main JOB.json`` by launchers that start a program, or called by
those that fork.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import psutil

from harness.errors import DataError, HarnessError, MetricUnavailableError
from harness.plugin.registry import Registry, load_registry
from harness.results.jobs import (
    RECORD,
    WEIGHTS,
    CellJob,
    DataReference,
    FitJob,
    MetricReference,
    Progress,
    ProgressFile,
    read_job,
)
from harness.results.records import CellRecord, FitRecord, Status, dump_json, to_json
from harness.util.files import write_text
from harness.util.text import one_line
from harness.worker.ending import end_after
from harness.worker.machine import machine
from harness.worker.weights import load_weights, read_parameters, save_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.data.dataset import Sample
    from harness.evaluation import ResolvedMetric
    from harness.methods.method import Method


def main(job_file: Path, watched: int) -> None:
    """Carry out a job; whatever happens, its folder holds a record afterwards.

    Only the main process of a data-parallel fit writes it.

    Args:
        job_file: as written by :func:`harness.results.jobs.write_job`.
        watched: process that the job must not outlive; 0: none.
    """
    if watched:
        threading.Thread(target=_die_with, args=(watched,), daemon=True).start()
    job = read_job(job_file)
    stop = threading.Event()
    if isinstance(job, FitJob):  # a fit writes its checkpoint before it ends; a cell just ends
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    started = time.monotonic()
    record: FitRecord | CellRecord
    try:
        registry = load_registry(job.settings)
        record = _fit(job, registry, stop) if isinstance(job, FitJob) else _test(job, registry)
    except BaseException as error:
        record = replace(
            empty_record(job),
            status=_status(error),
            error=_one_line(error),
            traceback="".join(traceback.format_exception(error)),
        )
    if int(os.environ.get("RANK", "0")) == 0:
        record = replace(
            record,
            seconds=round(time.monotonic() - started, 3),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            machine=machine(job.device),
        )
        write_text(job.folder / RECORD, to_json(record) + "\n")
        if isinstance(job, FitJob) and record.status == "done":
            from harness.training.trainer import remove_state

            remove_state(job.folder)


@overload
def empty_record(job: FitJob) -> FitRecord: ...
@overload
def empty_record(job: CellJob) -> CellRecord: ...
def empty_record(job: FitJob | CellJob) -> FitRecord | CellRecord:
    """The record of a job that was not done: all that is known beforehand."""
    if isinstance(job, FitJob):
        return FitRecord(
            key=job.key,
            status="interrupted",
            method=job.method,
            parameters=job.parameters,
            seed=job.seed,
            trained_on=job.data.label,
            split=job.data.split,
            clean=job.clean.label if job.clean else "",
            budget=job.budget,
            precision=job.precision,
            processes=job.processes,
        )
    return CellRecord(
        key=job.key,
        status="interrupted",
        method=job.method,
        parameters=job.parameters,
        seed=job.seed,
        dataset=job.data.label,
        split=job.data.split,
        fit=job.fit,
        weights=job.weights.name if job.weights else "",
        trained_on=job.trained_on,
        train_split=job.train_split,
        clean=job.clean,
        budget=job.budget,
        narrowed=job.narrowed,
        view=job.view,
        oracle=job.oracle,
    )


def open_samples(registry: Registry, data: DataReference) -> "list[Sample]":
    """The images of a split.

    Raises:
        DataError: it has none.
    """
    dataset = registry.load(registry.find("dataset", data.name))(**data.parameters)
    samples = list(dataset.samples(data.split))
    if not samples:
        raise DataError(f"dataset {data.label!r} has no images in its split {data.split!r}")
    return samples


def _fit(job: FitJob, registry: Registry, stop: threading.Event) -> FitRecord:
    """Train a method and save its weights."""
    import torch
    from accelerate import Accelerator

    if job.device.startswith("cuda:"):
        torch.cuda.set_device(job.device)
    from harness.training.budget import parse_budget
    from harness.training.trainer import Trainer, TrainingOptions
    from harness.util.seeding import derive_seed

    samples = open_samples(registry, job.data)
    parameters = _with_channels(job, registry, samples)
    seed = derive_seed(job.seed, job.method, job.data.fingerprint)
    torch.manual_seed(derive_seed(seed, "weights"))
    method: Method = registry.load(registry.find("method", job.method_name))(**parameters)
    accelerator = Accelerator(
        cpu=job.device == "cpu",
        mixed_precision="no" if job.precision == "fp32" else job.precision,
        gradient_accumulation_steps=job.accumulate,
    )
    progress = ProgressFile(job.folder)
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
        ),
        job.folder,
        on_progress=lambda now: progress.write(
            Progress(
                now.fraction,
                now.stage if now.loss is None else f"{now.stage}, loss {now.loss:.4g}",
                now.per_second,
                "it",
            )
        ),
        should_stop=stop.is_set,
        clean_samples=open_samples(registry, job.clean) if job.clean else None,
    )
    stages = trainer.fit()
    digest = ""
    if accelerator.is_main_process:
        digest = save_weights(method.cpu(), job.folder / WEIGHTS, parameters)
    return replace(
        empty_record(job), status="done", parameters=parameters, stages=stages, weights=digest
    )


def _test(job: CellJob, registry: Registry) -> CellRecord:
    """Score a method on a split."""
    import torch

    from harness.evaluation import Subject, evaluate

    torch.manual_seed(job.seed)
    samples = open_samples(registry, job.data)
    method, parameters = _restore_method(job, registry, samples)
    subject = Subject(
        method.to(job.device), torch.device(job.device), precision=job.precision, tile=job.tile
    )
    progress = ProgressFile(job.folder)
    started = time.monotonic()

    def tell(done: int, total: int) -> None:
        rate = done / max(time.monotonic() - started, 1e-9)
        progress.write(Progress(done / total, f"image {done} of {total}", rate, "images"))

    evaluation = evaluate(
        subject,
        samples,
        [_load_metric(registry, metric) for metric in job.metrics],
        on_image=tell,
        keep=_keeper(job),
    )
    lines = [dump_json(asdict(score)) + "\n" for score in evaluation.image_scores]
    write_text(job.folder / "scores.jsonl", "".join(lines))
    return replace(
        empty_record(job), status="done", parameters=parameters, scores=evaluation.scores
    )


def _restore_method(
    job: CellJob, registry: Registry, samples: "list[Sample]"
) -> "tuple[Method, dict[str, Any]]":
    """Make the method of a cell, with the weights of its fit or of the file that the user gave."""
    from harness.methods.pretrained import load_pretrained

    factory = registry.load(registry.find("method", job.method_name))
    if job.fit_folder is None:
        parameters = _with_channels(job, registry, samples)
        method: Method = factory(**parameters)
        if job.weights is not None:
            load_pretrained(method, job.weights)
        return method, parameters
    weights = job.fit_folder / WEIGHTS
    parameters = read_parameters(weights)
    _check_channels(parameters, samples[0], job, registry)
    method = factory(**parameters)
    load_weights(method, weights)
    return method, parameters


def _with_channels(
    job: FitJob | CellJob, registry: Registry, samples: "list[Sample]"
) -> dict[str, Any]:
    """The parameters of a method; those of the images come from them unless the user set them."""
    parameters = dict(job.parameters)
    for name in registry.find("method", job.method_name).of_images:
        if name not in parameters:
            parameters[name] = samples[0].noisy().shape[2]
    return parameters


def _check_channels(
    parameters: Mapping[str, Any], sample: "Sample", job: CellJob, registry: Registry
) -> None:
    found = sample.noisy().shape[2]
    for name in registry.find("method", job.method_name).of_images:
        trained = parameters.get(name, found)
        if trained != found:
            raise DataError(
                f"the model was trained on images of {trained} channels ({job.trained_on}), and "
                f"those of {job.data.label} have {found}; train on images of the same kind"
            )


def _load_metric(registry: Registry, metric: MetricReference) -> "ResolvedMetric":
    from harness.evaluation import ResolvedMetric

    choice = registry.choose("metric", metric.name)
    function = _unavailable(metric.missing) if metric.missing else registry.load(choice)
    return ResolvedMetric(metric.label, choice.spec, dict(metric.parameters), function)


def _unavailable(reason: str) -> "Callable[..., Any]":
    """A metric that the plan found to be out of reach; it is not tried again for every cell."""

    def function(*_: Any, **__: Any) -> Any:
        raise MetricUnavailableError(reason)

    return function


def _keeper(job: CellJob) -> "Callable[[Sample, NDArray[np.uint8]], None]":
    """Saves the first denoised images of a cell."""
    from harness.data.images import write_image

    folder = job.folder / "images"
    saved = 0

    def keep(sample: "Sample", denoised: "NDArray[np.uint8]") -> None:
        nonlocal saved
        if job.images is None or saved < job.images:
            folder.mkdir(exist_ok=True)
            write_image(folder / f"{sample.name.replace('/', '_')}.png", denoised)
            saved += 1

    return keep


def _status(error: BaseException) -> Status:
    import torch

    from harness.training.trainer import StopRequestedError

    if isinstance(error, (StopRequestedError, KeyboardInterrupt)):
        return "interrupted"
    out_of_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    )
    return "out-of-memory" if out_of_memory else "failed"


def _one_line(error: BaseException) -> str:
    return str(error) if isinstance(error, HarnessError) else one_line(error)


def _die_with(watched: int) -> None:
    """End this process group when the process that planned the job is gone, however it ended.

    The launcher in between is watched as well: it is this process's parent.
    """
    launcher = os.getppid()
    while psutil.pid_exists(watched) and os.getppid() == launcher:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    end_after(lambda: main(Path(sys.argv[1]), int(sys.argv[2])))
