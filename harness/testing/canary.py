"""The canary: what a method makes of noisy images must not change with the clean ones.

A fit and a test are done twice, as ever and with every clean image replaced by noise. A method that
learns from noisy images alone and is shown nothing else returns the same images, bit for bit.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import numpy as np
import torch
from torch import Tensor

from harness.data.dataset import Dataset, Image, Sample
from harness.data.images import white
from harness.data.prepared import without_stores
from harness.data.roots import Roots
from harness.errors import DataError, HarnessError, UsageError
from harness.evaluation.scoring import ReadyMetric
from harness.plugin.registry import Registry
from harness.results.columns import Column
from harness.results.jobs import CellJob
from harness.results.names import job_folder
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.util.seeding import derive_seed
from harness.worker.cell import evaluate_job
from harness.worker.fit import train

ITERATIONS = 8
"""Optimizer steps of the fit; a leak of one pixel changes every weight in the first."""

IMAGES = 3
"""Images of a split that are trained and tested on, at most."""

_COLUMN = Column(
    metric="canary", label="Canary", protocol="", higher_is_better=True, decimals=0, tolerance=0
)


def check_canary(
    registry: Registry, method: str, dataset: str = "", roots: Roots | None = None
) -> CellJob:
    """Fit and test a method as ever and with all clean images replaced by noise, and compare.

    Its ``quick`` configuration is trained for :data:`ITERATIONS` steps, on the CPU and in this
    process. Of a method that announces that it trains on clean images, those of the test are
    replaced alone.

    Args:
        registry: has the plugins.
        method: selector of the method.
        dataset: selector of the dataset to test on; empty: the first of those that plugins offer.
        roots: where datasets lie.

    Returns:
        The cell that was tested.

    Raises:
        HarnessError: a denoised image changed; says which, and why that may be.
        UsageError: the method is an oracle, or there is no such method or dataset.
        DataError: the test images have no clean ones to replace.
    """
    cell = _plan(registry, method, dataset, roots or Roots())
    name, data = cell.method.label, cell.data.label
    genuine = _denoised(registry, cell, _as_it_is)
    if not genuine:
        raise DataError(f"the canary replaces clean images, and those of {data!r} have none")
    if changed := _differing(genuine, _denoised(registry, cell, _noise)):
        if _differing(genuine, _denoised(registry, cell, _as_it_is)):
            raise HarnessError(
                f"{name!r} denoises {changed[0]!r} of {data} otherwise when all is done again: it "
                "keeps something between runs, or draws from a generator that the harness cannot "
                "seed; draw from Python's, NumPy's or torch's own"
            )
        raise HarnessError(
            f"{name!r} denoises {changed[0]!r} of {data} otherwise when clean images are replaced "
            f"by noise ({len(changed)} of {len(genuine)} images): it reads clean images"
        )
    return cell


def _plan(registry: Registry, method: str, dataset: str, roots: Roots) -> CellJob:
    """The cell of a method on the first dataset.

    Raises:
        UsageError: the method is an oracle.
    """
    request = Request(
        methods=(method,),
        datasets=dataset,
        metrics=(),
        budget=f"quick:{ITERATIONS}it",
        device="cpu",
        roots=roots,
    )
    cell = make_plan(request, registry).cells[0]
    if cell.oracle:
        raise UsageError(f"{method!r} is an oracle, which is given clean images by its contract")
    return cell


def _differing(first: dict[str, Tensor], second: dict[str, Tensor]) -> list[str]:
    return [name for name, image in first.items() if not torch.equal(image, second[name])]


def _denoised(
    registry: Registry, cell: CellJob, clean_of: Callable[[Sample], Image]
) -> dict[str, Tensor]:
    """Fit and test, with the clean images that a function makes of samples.

    Returns:
        The denoised images by name, clipped to [0, 1] but not rounded; those without a clean one,
        which no metric sees, are left out.
    """
    denoised: list[Tensor] = []

    def record(images: Tensor, _: Tensor) -> list[float]:
        denoised.append(images.clone())
        return [0.0]

    with TemporaryDirectory() as root, without_stores(), _replaced(registry, cell, clean_of):
        if cell.fit:
            train(cell.fit, _folder(root, cell.fit.kind, cell.fit.key), registry, Event())
        metric = ReadyMetric(_COLUMN, "none", record)
        folder = _folder(root, cell.kind, cell.key)
        evaluation, _ = evaluate_job(cell, folder, registry, [metric])
    names = [score.image for score in evaluation.image_scores if score.value is not None]
    return dict(zip(names, denoised, strict=True))


def _folder(root: str, kind: str, key: str) -> Path:
    folder = job_folder(Path(root), kind, key)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _replaced(
    registry: Registry, cell: CellJob, clean_of: Callable[[Sample], Image]
) -> Iterator[None]:
    """Replace the clean images of the datasets of a cell, for whoever opens them."""
    alone = cell.view == "noisy"
    fitted = cell.fit.datasets if cell.fit and alone else ()
    kinds = {type(registry.build(data.dataset)) for data in (cell.data, *fitted)}
    own = {kind: vars(kind).get("samples") for kind in kinds}
    for kind in kinds:
        kind.samples = _replacing(kind, clean_of, None if alone else cell.data.split)
    try:
        yield
    finally:
        for kind, samples in own.items():
            if samples is None:
                del kind.samples
            else:
                kind.samples = samples


def _replacing(
    kind: type[Dataset], clean_of: Callable[[Sample], Image], only: str | None
) -> Callable[[Dataset, str], Sequence[Sample]]:
    """``Dataset.samples`` with a few images, whose readers hold these pixels and no others."""
    genuine = kind.samples

    def samples(self: Dataset, split: str) -> Sequence[Sample]:
        found = genuine(self, split)
        if only not in (None, split):
            return found
        return [_holding(sample, clean_of) for sample in found[:IMAGES]]

    return samples


def _holding(sample: Sample, clean_of: Callable[[Sample], Image]) -> Sample:
    noisy = sample.noisy().copy()
    if sample.clean is None:
        return replace(sample, noisy=lambda: noisy, shots=())
    clean = clean_of(sample)
    return replace(sample, noisy=lambda: noisy, clean=lambda: clean, shots=())


def _as_it_is(sample: Sample) -> Image:
    assert sample.clean is not None
    return sample.clean().copy()


def _noise(sample: Sample) -> Image:
    """Uniform noise of the shape and type of the clean image, always the same."""
    image = _as_it_is(sample)
    generator = np.random.default_rng(derive_seed(0, "canary", sample.name))
    if image.dtype == np.float32:
        return generator.random(image.shape, np.float32)
    top = int(white(image.dtype))
    return generator.integers(0, top, image.shape, image.dtype, endpoint=True)
