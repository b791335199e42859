"""What a run keeps of its jobs beside their records: scores of images, loss curves, pictures.

A run can be read without these, for they lie with the results and not in its folder. So each of
these functions returns nothing where the files are gone, or are no longer those of the record.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from harness.results.losses import LossPoint, loss_point
from harness.results.names import (
    CLEAN,
    IMAGES,
    LOSSES,
    NOISY,
    SCORES,
    originals_folder,
    picture_name,
)
from harness.results.records import CellRecord, FitRecord, ImageScore, Run
from harness.util.files import digest_of

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pictures:
    """The files of one image, 8-bit PNG; None for one that was not kept.

    Attributes:
        noisy: what the method was given.
        denoised: what it made of it.
        clean: the ground truth.
    """

    noisy: Path | None
    denoised: Path | None
    clean: Path | None


def image_scores(run: Run, cell: CellRecord) -> tuple[ImageScore, ...]:
    """The scores of a cell image by image, and for each in the order of the metrics."""
    path = run.folder_of(cell) / SCORES
    if cell.status != "done" or not path.is_file():
        return ()
    if SCORES in cell.files and digest_of(path) != cell.files[SCORES]:
        _log.warning("%s is not of this run any more: it was measured again", path)
        return ()
    return tuple(_read(path, _image_score))


def loss_curve(run: Run, fit: FitRecord) -> tuple[LossPoint, ...]:
    """The loss of a fit as it went on, stage by stage."""
    return loss_points(run.folder_of(fit))


def loss_points(folder: Path) -> tuple[LossPoint, ...]:
    """The loss curve in the folder of a fit; empty where there is none."""
    path = folder / LOSSES
    read = partial(loss_point, folder=folder)
    return tuple(_read(path, read)) if path.is_file() else ()


def pictures_of(run: Run, cell: CellRecord, image: str) -> Pictures:
    """The files of an image, noisy, denoised and clean.

    Args:
        run: that has the cell.
        cell: that denoised the image.
        image: name of its sample.
    """
    name = picture_name(image)
    originals = originals_folder(run.root_of(cell), cell.job.data.fingerprint)
    return Pictures(
        noisy=_existing(originals / NOISY / name),
        denoised=_existing(run.folder_of(cell) / IMAGES / name),
        clean=_existing(originals / CLEAN / name),
    )


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _read(path: Path, read: Callable[[Any], T]) -> Iterator[T]:
    """The lines of a file of JSON; nothing after one that is damaged."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield read(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError):
            _log.warning("%s: line %d is damaged, and the rest is left out", path, number)
            return


def _image_score(data: Any) -> ImageScore:
    value = data["value"]
    return ImageScore(
        image=data["image"],
        scene=data["scene"],
        metric=data["metric"],
        value=None if value is None else float(value),
        reason=data["reason"],
    )
