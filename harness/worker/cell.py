"""A cell: test a method and score its images."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.dataset import Sample
from harness.data.images import to_array, to_tensor, write_image
from harness.errors import DataError, PluginError
from harness.evaluation.scoring import (
    Evaluation,
    Keep,
    OnImage,
    ReadyMetric,
    drawing_seed,
    evaluate,
)
from harness.evaluation.subject import Subject
from harness.methods.method import Method, OracleMethod
from harness.methods.pretrained import load_pretrained
from harness.methods.weights import load_weights, read_parameters
from harness.plugin.registry import Registry
from harness.results.jobs import CellJob, MetricReference
from harness.results.names import (
    CLEAN,
    IMAGES,
    NOISY,
    SCORES,
    WEIGHTS,
    job_folder,
    originals_folder,
    picture_name,
    root_of,
)
from harness.results.progress import Progress, ProgressFile
from harness.results.records import CellRecord
from harness.results.serial import to_text
from harness.specs import MetricSpec
from harness.util.files import digest_of, write_text
from harness.util.seeding import seed_all
from harness.worker.inputs import open_samples
from harness.worker.precision import start_device


def test(job: CellJob, folder: Path, registry: Registry) -> CellRecord:
    """Carry out a cell.

    Args:
        job: what to do.
        folder: gets the scores of images, and some of them denoised.
        registry: has the plugins that the job needs.

    Raises:
        DataError: the images do not fit the model.
    """
    evaluation, arguments = evaluate_job(
        job,
        folder,
        registry,
        [_ready(registry, metric) for metric in job.metrics],
        on_image=_writer(ProgressFile(folder)),
        keep=_keeper(job, folder),
    )
    lines = [to_text(score) + "\n" for score in evaluation.image_scores]
    write_text(folder / SCORES, "".join(lines))
    return CellRecord(
        job=job,
        status="done",
        parameters=arguments,
        scores=evaluation.scores,
        files={SCORES: digest_of(folder / SCORES)},
    )


def evaluate_job(
    job: CellJob,
    folder: Path,
    registry: Registry,
    metrics: Sequence[ReadyMetric],
    on_image: OnImage | None = None,
    keep: Keep | None = None,
) -> tuple[Evaluation, dict[str, Any]]:
    """Make the method of a cell and evaluate it.

    Args:
        job: what to do, but for its metrics.
        folder: of the cell; that of its fit lies where it does in a run.
        registry: has the plugins that the job needs.
        metrics: in the order wanted.
        on_image: hears of progress.
        keep: is given every denoised image.

    Returns:
        The evaluation, and the parameters of the method.

    Raises:
        DataError: the images do not fit the model.
        PluginError: the method is an oracle, and its spec does not say so.
    """
    device = torch.device(job.device)
    start_device(job)
    seed_all(job.seed)
    samples = open_samples(registry, job.data)
    method, arguments = _method(job, folder, registry, samples[0])
    evaluation = evaluate(
        Subject(method.to(device), device, precision=job.precision, tile=job.tile),
        samples,
        metrics,
        seed=drawing_seed(job.seed, job.method.name),
        on_image=on_image,
        keep=keep,
        bits=job.image_bits,
    )
    return evaluation, arguments


def _method(
    job: CellJob, folder: Path, registry: Registry, sample: Sample
) -> tuple[Method, dict[str, Any]]:
    """The method with the weights of its fit, or of the file that the user gave."""
    channels = sample.noisy().shape[2]
    method: Method = registry.build(job.method, channels)
    if isinstance(method, OracleMethod) and not job.oracle:
        raise PluginError(
            f"method {job.method.name!r} makes itself an oracle, which is given clean images; its "
            "class and its spec must say so"
        )
    arguments = registry.arguments(job.method, channels)
    if job.weights is not None:
        load_pretrained(method, job.weights)
    if job.fit is not None:
        weights = job_folder(root_of(folder), job.fit.kind, job.fit.key) / WEIGHTS
        if read_parameters(weights) != arguments:
            raise DataError(
                f"the model was trained on images of another number of channels "
                f"({job.fit.data.label}) than the {channels} of {job.data.label}; train on images "
                "of the same kind"
            )
        load_weights(method, weights)
    return method, arguments


def _ready(registry: Registry, metric: MetricReference) -> ReadyMetric:
    spec = registry.find("metric", metric.metric.name).spec
    assert isinstance(spec, MetricSpec)
    function = _untried if metric.missing else registry.build(metric.metric)
    return ReadyMetric(metric.column, spec.rounding, function, metric.missing, spec.compares)


def _untried(*_: Any, **__: Any) -> Any:
    """Stands for a metric that the plan found to be unavailable, and that is never called."""
    raise AssertionError("a metric that is missing is not called")


def _writer(file: ProgressFile) -> Callable[[int, int], None]:
    """Writes how many images are done."""
    started = time.monotonic()

    def write(done: int, total: int) -> None:
        rate = done / max(time.monotonic() - started, 1e-9)
        file.write(Progress(done / total, f"image {done} of {total}", rate, "images"))

    return write


def _keeper(job: CellJob, folder: Path) -> Keep:
    """Saves the first denoised images, and once for all methods the images that they are of."""
    originals = originals_folder(root_of(folder), job.data.fingerprint)
    saved = 0

    def keep(sample: Sample, denoised: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        nonlocal saved
        if job.images is not None and saved >= job.images:
            return
        name = picture_name(sample.name)
        write_image(folder / IMAGES / name, denoised)
        for half, read in ((NOISY, sample.noisy), (CLEAN, sample.clean)):
            if read and not (originals / half / name).exists():
                write_image(originals / half / name, to_array(to_tensor(read())))
        saved += 1

    return keep
