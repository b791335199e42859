"""Denoise photographs one by one: each is kept or failed alone, and nothing is overwritten."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np

from harness.errors import DataError, DiskFullError, HarnessError
from harness.models.denoiser import Denoiser
from harness.photos.files import Task
from harness.photos.photo import Photo, Pixels
from harness.photos.photo_file import read_photo, write_photo
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.util.files import remove_left_over

T = TypeVar("T")
R = TypeVar("R")

DenoiserOf = Callable[[int, str], Denoiser]
"""Gives the denoiser for images of 1 or 3 channels, of ``uint8`` or ``uint16``."""


@dataclass(frozen=True)
class Outcome:
    """How one photograph went.

    Attributes:
        task: source and target.
        status: ``skipped``: its result was there.
        error: one line; empty unless it failed.
    """

    task: Task
    status: Literal["done", "skipped", "failed"]
    error: str = ""


_Halfway = tuple[Task, Photo] | Outcome
"""A photograph between two steps, or how it went where there is no further step."""


def denoise_photos(
    tasks: Iterable[Task],
    denoiser_of: DenoiserOf,
    *,
    as_png: bool = False,
    overwrite: bool = False,
) -> Iterator[Outcome]:
    """Denoise photographs, one after the other; the next is read and the last written beside that.

    Depth, alpha, profile, EXIF, orientation and kind of a file are kept, see
    :func:`harness.photos.photo_file.read_photo`.

    Args:
        tasks: what to denoise.
        denoiser_of: by channels and type of the pixels.
        as_png: write PNG, whatever was read.
        overwrite: denoise again what is there.

    Returns:
        How each went, in their order; one that fails does not keep others from being denoised.

    Raises:
        DiskFullError: the disk is full.
    """
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="photos") as beside:
        read = _one_ahead(beside, partial(_read, overwrite=overwrite), tasks)
        denoised = (_denoised(each, denoiser_of) for each in read)
        yield from _one_ahead(beside, partial(_written, as_png=as_png), denoised)


def _one_ahead(beside: Executor, call: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """What a function makes of each item, made while the item before is worked on."""
    running: deque[Future[R]] = deque()
    for item in items:
        running.append(beside.submit(call, item))
        if len(running) > 1:
            yield running.popleft().result()
    if running:
        yield running.popleft().result()


def _read(task: Task, *, overwrite: bool) -> _Halfway:
    if task.target.exists() and not overwrite:
        return Outcome(task, "skipped")
    return _or_failed(task, lambda: (task, read_photo(task.source)))


def _denoised(halfway: _Halfway, denoiser_of: DenoiserOf) -> _Halfway:
    if isinstance(halfway, Outcome):
        return halfway
    task, photo = halfway

    def denoise() -> _Halfway:
        pixels = denoised_pixels(photo, denoiser_of, task.source.stem)
        return task, photo.with_pixels(pixels)

    return _or_failed(task, denoise)


def _written(halfway: _Halfway, *, as_png: bool) -> Outcome:
    if isinstance(halfway, Outcome):
        return halfway
    task, photo = halfway

    def write() -> Outcome:
        remove_left_over(task.target)
        write_photo(task.target, photo.as_png() if as_png else photo)
        return Outcome(task, "done")

    return _or_failed(task, write)


def _or_failed(task: Task, step: Callable[[], R]) -> R | Outcome:
    """What a step makes of a photograph, or that it failed."""
    try:
        return step()
    except DiskFullError:
        raise
    except HarnessError as error:
        return Outcome(task, "failed", " ".join(str(error).splitlines()))
    except (OSError, *FAILURES) as error:
        return Outcome(task, "failed", f"{task.source}: {one_line_with_place(error)}")


def denoised_pixels(photo: Photo, denoiser_of: DenoiserOf, name: str = "") -> Pixels:
    """Denoise a photograph's pixels.

    A denoiser of colour images is shown a grey one in all three channels, and their mean is taken;
    one of grey images is shown a colour image channel by channel.

    Args:
        photo: what to denoise.
        denoiser_of: by channels and type of the pixels.
        name: seeds what the method draws.

    Returns:
        Of the same shape and type.
    """
    pixels = photo.pixels
    channels = pixels.shape[2]
    denoiser = denoiser_of(channels, str(pixels.dtype))
    if denoiser.channels in (None, channels):
        denoised: Pixels = denoiser.denoise(pixels, name)
        return denoised
    if denoiser.channels == 1:
        parts = [denoiser.denoise(pixels[..., [at]], name) for at in range(channels)]
        return np.concatenate(parts, axis=2)
    if channels == 1 and denoiser.channels is not None:
        repeated = denoiser.denoise(pixels.repeat(denoiser.channels, axis=2), name)
        mean: Pixels = np.rint(repeated.mean(axis=2, keepdims=True)).astype(pixels.dtype)
        return mean
    raise DataError(f"the model takes images of {denoiser.channels} channels, not {channels}")
