"""Train a self-supervised method on the very photographs that it is to denoise."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.data.images import read_image, to_array, to_tensor, write_image
from harness.data.roots import Roots
from harness.errors import DataError, HarnessError
from harness.evaluation.scoring import drawing_seed
from harness.methods.method import Method
from harness.methods.weights import load_weights
from harness.models.denoiser import Denoiser
from harness.models.export import weights_of
from harness.photos.denoising import DenoiserOf
from harness.photos.photo_file import read_photo
from harness.plugin.registry import Registry
from harness.runs.api import run
from harness.runs.devices import chosen_device
from harness.runs.request import Request

_DATASET = "folder[layout=noisy,root={}]"
_SAMPLE = 64
"""Side in pixels of the part of a photograph that the run tests on, for it must test on one."""


def fit_denoiser(
    photos: Sequence[Path], request: Request, registry: Registry, tile: int | None = None
) -> Denoiser:
    """Train on photographs, or take what was trained on them before.

    Args:
        photos: files of images of one number of channels and one bit depth.
        request: method, budget, seed and so on; what it is trained and tested on is set here.
        registry: knows the plugins.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.

    Raises:
        HarnessError: training failed; its text says why.
    """
    with TemporaryDirectory(prefix="harness-photos-") as folder:
        all_photos, sample = Path(folder) / "photos", Path(folder) / "sample"
        all_photos.mkdir()
        for number, photo in enumerate(photos):
            # found by this ending; what it is, its content says
            (all_photos / f"{number:06}.png").symlink_to(photo.resolve())
        part = to_array(to_tensor(read_image(photos[0])[:_SAMPLE, :_SAMPLE]))
        write_image(sample / "part.png", part)
        ran = run(
            replace(
                request,
                datasets=_DATASET.format(sample),
                train=_DATASET.format(all_photos),
                metrics=("parameters",),
                images=0,
                roots=Roots(),
            ),
            registry,
        )
    (fit,) = ran.fits
    if fit.status != "done":
        raise HarnessError(f"cannot train {fit.method}: {fit.error or fit.status}")
    channels = 1 if part.shape[2] == 1 else 3
    method: Method = registry.build(fit.job.method, channels)
    load_weights(method, weights_of(ran, fit))
    seed = drawing_seed(fit.seed, fit.job.method.name)
    return Denoiser(method, channels, seed, chosen_device(request.device), tile)


def fit_denoisers(
    photos: Sequence[Path], request: Request, registry: Registry, tile: int | None = None
) -> DenoiserOf:
    """Train on all photographs, on those of each number of channels and bit depth by themselves.

    Args:
        photos: files of images; those that cannot be read, and so not be denoised, are left out.
        request: as for :func:`fit_denoiser`.
        registry: knows the plugins.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.

    Returns:
        Gives the denoiser for images of a kind; where training failed, it raises why.
    """
    kinds: dict[tuple[int, str], list[Path]] = {}
    for photo in photos:
        with suppress(DataError):  # it is said when it is the photograph's turn
            pixels = read_photo(photo).pixels
            kinds.setdefault((pixels.shape[2], str(pixels.dtype)), []).append(photo)
    made: dict[tuple[int, str], Denoiser | HarnessError] = {}
    for kind, of_kind in kinds.items():
        try:
            made[kind] = fit_denoiser(of_kind, request, registry, tile)
        except HarnessError as error:
            made[kind] = error

    def denoiser_of(channels: int, dtype: str) -> Denoiser:
        found = made[channels, dtype]
        if isinstance(found, HarnessError):
            raise found
        return found

    return denoiser_of
