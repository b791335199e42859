"""From a method to the files of a submission: a run that keeps all its images, and packs them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.images import read_image
from harness.data.submission import About, Denoised, Submission
from harness.errors import HarnessError, UsageError
from harness.plugin.registry import Registry
from harness.results.names import IMAGES, picture_name
from harness.results.records import CellRecord, Run
from harness.results.reference import Reference
from harness.runs.request import Request
from harness.specs import SubmissionSpec
from harness.worker.inputs import open_samples

METRICS = "throughput,parameters"
"""What is measured of a method on the way: what submissions are asked for."""


def submission_request(request: Request, submission: Reference, registry: Registry) -> Request:
    """The run that denoises what a submission needs.

    Args:
        request: of one method.
        submission: what is to be handed in.
        registry: knows the plugins.

    Raises:
        UsageError: there is more than one seed: nobody could say which is handed in.
    """
    if len(request.seeds) > 1:
        raise UsageError("a submission is of one model: give one seed")
    spec = _spec(submission, registry)
    return replace(
        request,
        datasets=(spec.dataset,),
        metrics=METRICS,
        images=None,
        image_bits=spec.bits,
    )


def pack(
    run: Run,
    submission: Reference,
    registry: Registry,
    folder: Path,
    on_image: Callable[[int, int], None],
) -> Sequence[Path]:
    """Write the files of a submission from the images that a run keeps.

    Args:
        run: of one method on one dataset.
        submission: what is handed in.
        registry: knows the plugins.
        folder: gets the files.
        on_image: hears how many images are packed, and of how many.

    Returns:
        The files.

    Raises:
        HarnessError: the method did not denoise the images, or some are not there any more.
        DataError: they are not the images of such a submission.
    """
    (cell,) = run.cells
    if cell.status != "done":
        reason = cell.error or cell.status
        raise HarnessError(f"{cell.method} has not denoised {cell.dataset}: {reason}")
    samples = open_samples(registry, cell.job.data)
    pictures = run.folder_of(cell) / IMAGES
    paths = [pictures / picture_name(sample.name) for sample in samples]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise HarnessError(f"{missing[0]} is gone: denoise again with --fresh")

    def read(index: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
        on_image(index + 1, len(samples))
        return read_image(paths[index])

    denoised = [Denoised(sample, partial(read, index)) for index, sample in enumerate(samples)]
    target: Submission = registry.build(submission)
    return target.write(denoised, folder, _about(cell, registry))


def refuse_to_overwrite(target: Submission, folder: Path) -> None:
    """See that no file of a submission is there already.

    Raises:
        UsageError: one is.
    """
    for name in target.files():
        if (folder / name).exists():
            raise UsageError(
                f"{folder / name} is there already: name another folder with --out, or replace it "
                "with --overwrite"
            )


def _about(cell: CellRecord, registry: Registry) -> About:
    """What a submission may say of how it was made."""
    throughput = next(score.value for score in cell.scores if score.label == "Throughput")
    return About(
        method=cell.method,
        paper=registry.find("method", cell.job.method.name).spec.paper,
        machine=cell.machine.device if cell.machine else "",
        seconds_per_megapixel=1 / throughput if throughput else None,
    )


def _spec(submission: Reference, registry: Registry) -> SubmissionSpec:
    spec = registry.find("submission", submission.name).spec
    assert isinstance(spec, SubmissionSpec)
    return spec
