"""Denoise photographs one by one: each is kept or failed alone, and nothing is overwritten."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.errors import DataError, DiskFullError, HarnessError
from harness.models.denoiser import Denoiser
from harness.photos.files import Task
from harness.photos.photo import Photo, Pixels
from harness.photos.photo_file import read_photo, write_photo
from harness.plugin.blame import FAILURES, one_line_with_place
from harness.util.files import remove_left_over

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


def denoise_photos(
    tasks: Iterable[Task],
    denoiser_of: DenoiserOf,
    *,
    as_png: bool = False,
    overwrite: bool = False,
) -> Iterator[Outcome]:
    """Denoise photographs, one after the other.

    Depth, alpha, profile, EXIF, orientation and kind of a file are kept, see
    :func:`harness.photos.photo_file.read_photo`.

    Args:
        tasks: what to denoise.
        denoiser_of: by channels and type of the pixels.
        as_png: write PNG, whatever was read.
        overwrite: denoise again what is there.

    Returns:
        How each went, as soon as it has; one that fails does not keep others from being denoised.

    Raises:
        DiskFullError: the disk is full.
    """
    for task in tasks:
        if task.target.exists() and not overwrite:
            yield Outcome(task, "skipped")
            continue
        remove_left_over(task.target)
        try:
            photo = read_photo(task.source)
            pixels = denoised_pixels(photo, denoiser_of, task.source.stem)
            result = photo.with_pixels(pixels)
            write_photo(task.target, result.as_png() if as_png else result)
        except DiskFullError:
            raise
        except HarnessError as error:
            yield Outcome(task, "failed", str(error))
        except (OSError, *FAILURES) as error:
            yield Outcome(task, "failed", f"{task.source}: {one_line_with_place(error)}")
        else:
            yield Outcome(task, "done")


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
