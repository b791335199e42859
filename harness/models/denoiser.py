"""A method that denoises arrays, one image after the other."""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.images import check_image, to_tensor, white
from harness.errors import DataError, HarnessError
from harness.evaluation.inference import Tile, reflected, smaller_tile
from harness.evaluation.memory import is_out_of_memory
from harness.evaluation.scoring import image_seed
from harness.evaluation.subject import Subject
from harness.methods.method import Method
from harness.util.seeding import seed_all

_log = logging.getLogger(__name__)


class Denoiser:
    """A method with its weights, ready for images.

    Args:
        method: with its weights.
        channels: how many channels its images have; None where it takes any.
        seed: root of what the method draws.
        device: where it computes, such as ``cpu`` or ``cuda``.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.
    """

    def __init__(
        self,
        method: Method,
        channels: int | None = None,
        seed: int = 0,
        device: str = "cpu",
        tile: int | None = None,
    ) -> None:
        self.channels = channels
        self._seed = seed
        self._subject = Subject(method, torch.device(device), tile=tile)

    def denoise(self, image: NDArray[Any], name: str = "") -> NDArray[Any]:
        """Denoise an image.

        Equal images of equal names come out equal, whatever was denoised before. The random
        generators of the calling program stay as they are. Where the memory does not suffice, the
        image is cut into tiles, smaller and smaller ones, as far as the method allows.

        Args:
            image: H x W x C, or H x W for grey; uint8, uint16, or float32 or float64 in [0, 1]; any
                size.
            name: seeds what the method draws, as the name of a dataset's image does in a run.

        Returns:
            Of the same shape and type: rounded and clipped to the range of integers; of floats,
            neither.

        Raises:
            DataError: it is no such image, or has another number of channels than those that the
                method was trained on.
            HarnessError: the memory does not suffice, even for the smallest tiles.
        """
        pixels = image[..., np.newaxis] if image.ndim == 2 else image
        pixels = pixels.astype(np.float32) if pixels.dtype == np.float64 else pixels
        check_image(pixels, "this")
        if self.channels not in (None, pixels.shape[2]):
            raise DataError(
                f"the model was trained on images of {self.channels} channels, and this one has "
                f"{pixels.shape[2]}"
            )
        with _own_randomness():
            denoised = self._denoised(pixels, image.dtype, image_seed(self._seed, name))
        return denoised.reshape(image.shape)

    def _denoised(self, noisy: NDArray[Any], dtype: np.dtype[Any], seed: int) -> NDArray[Any]:
        """Denoise H x W x C, in tiles so small that the memory suffices."""
        tile = self._subject.tile
        while True:
            seed_all(seed)
            try:
                return self._denoised_in_tiles(noisy, dtype, tile)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                height, width = noisy.shape[:2]
                tile = smaller_tile(self._subject.method, height, width, tile)
                if tile is None:
                    raise HarnessError(
                        f"the memory does not suffice for an image of {width}x{height}, and "
                        f"{type(self._subject.method).__name__} cannot be cut into smaller tiles"
                    ) from error
            _log.warning("the memory did not suffice: going on in tiles of %d pixels", tile)

    def _denoised_in_tiles(
        self, noisy: NDArray[Any], dtype: np.dtype[Any], tile: int | None
    ) -> NDArray[Any]:
        """Denoise H x W x C; of a large image no more than a tile is held as floats."""
        height, width, _ = noisy.shape
        denoised = np.empty(noisy.shape, dtype)
        subject = self._subject.in_tiles(tile)
        parts = subject.denoise_by_tiles(height, width, lambda part: _read(noisy, part))
        for part, kept in parts:
            denoised[part.kept_rows, part.kept_columns] = _pixels(kept[0], dtype)
        return denoised


def _read(noisy: NDArray[Any], tile: Tile) -> torch.Tensor:
    """What a tile reads of H x W x C, extended by reflection where it reaches beyond the image."""
    height, width, _ = noisy.shape
    if tile.rows.stop <= height and tile.columns.stop <= width:
        pixels = noisy[tile.rows, tile.columns]
    else:
        rows = reflected(height, max(height, tile.rows.stop))[tile.rows].numpy()
        columns = reflected(width, max(width, tile.columns.stop))[tile.columns].numpy()
        pixels = noisy[np.ix_(rows, columns)]
    return to_tensor(pixels)[None]


def _pixels(denoised: torch.Tensor, dtype: np.dtype[Any]) -> NDArray[Any]:
    """An array H x W x C of C x H x W: rounded and clipped for integers; neither for floats."""
    levels = denoised
    if np.issubdtype(dtype, np.integer):
        levels = denoised.mul(white(dtype)).round_().clamp_(0, white(dtype))
    pixels: NDArray[Any] = levels.cpu().numpy().transpose(1, 2, 0)
    return pixels.astype(dtype)


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Leave the random generators of the calling program as they are."""
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
