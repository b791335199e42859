"""A trained model in the hand: loaded from its file, it denoises arrays."""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.images import check_image, to_tensor, white
from harness.errors import DataError, ParameterError, UnknownNameError
from harness.evaluation.scoring import image_seed
from harness.evaluation.subject import Subject
from harness.methods.method import Method
from harness.methods.pretrained import load_pretrained
from harness.plugin.registry import Registry, load_registry
from harness.results.model import ModelHeader, read_model_header
from harness.results.reference import Reference
from harness.util.seeding import derive_seed, seed_all

_log = logging.getLogger(__name__)


class Model:
    """A trained method, ready for images.

    Args:
        header: what its file says of it.
        method: with its weights.
        device: where it computes, such as ``cpu`` or ``cuda``.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.

    Attributes:
        header: what its file says of it.
    """

    def __init__(
        self, header: ModelHeader, method: Method, device: str = "cpu", tile: int | None = None
    ) -> None:
        self.header = header
        self._subject = Subject(method, torch.device(device), tile=tile)

    def denoise(self, image: NDArray[Any], name: str = "") -> NDArray[Any]:
        """Denoise an image.

        Equal images of equal names come out equal, whatever was denoised before. The random
        generators of the calling program stay as they are.

        Args:
            image: H x W x C, or H x W for grey; uint8, uint16, or float32 or float64 in [0, 1]; any
                size.
            name: seeds what the method draws, as the name of a dataset's image does in a run.

        Returns:
            Of the same shape and type: rounded and clipped to the range of integers; of floats,
            neither.

        Raises:
            DataError: it is no such image, or has another number of channels than those that the
                model was trained on.
        """
        pixels = image[..., np.newaxis] if image.ndim == 2 else image
        pixels = pixels.astype(np.float32) if pixels.dtype == np.float64 else pixels
        check_image(pixels, "this")
        if self.header.channels not in (None, pixels.shape[2]):
            raise DataError(
                f"the model was trained on images of {self.header.channels} channels, and this "
                f"one has {pixels.shape[2]}"
            )
        with _own_randomness():
            seed_all(image_seed(derive_seed(self.header.seed, self.header.method.name), name))
            output = self._subject.denoise(to_tensor(pixels)[None])[0]
        denoised = output.cpu().numpy().transpose(1, 2, 0)
        if np.issubdtype(image.dtype, np.integer):
            denoised = np.rint(denoised.clip(0, 1).astype(np.float64) * white(image.dtype))
        return denoised.reshape(image.shape).astype(image.dtype)


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


def load_model(
    path: str | Path,
    registry: Registry | None = None,
    device: str = "cpu",
    tile: int | None = None,
) -> Model:
    """Load a model that ``harness export`` wrote.

    ::

        import harness
        import skimage.io

        model = harness.load_model("model.safetensors")
        denoised = model.denoise(skimage.io.imread("noisy.png"))

    Args:
        path: of the file.
        registry: has the plugin of the model's method; None: those that are installed.
        device: where it computes.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.

    Raises:
        DataError: the file is missing, damaged, no exported model, written by a newer harness, of a
            method that is not installed, or of one that has changed so far that it does not fit.
    """
    header = read_model_header(Path(path))
    if header is None:
        raise DataError(f"{path} is no model that harness export wrote")
    registry = registry or load_registry()
    chosen = method_of(header, registry, Path(path))
    method: Method = registry.build(chosen, header.channels)
    load_pretrained(method, Path(path))
    return Model(header, method, device, tile)


def method_of(header: ModelHeader, registry: Registry, path: Path) -> Reference:
    """The method of a model as it is installed here; a warning says if its sources changed.

    Raises:
        DataError: it is not installed, or has other parameters.
    """
    method = header.method
    try:
        chosen = registry.choose("method", method.selector)
    except (UnknownNameError, ParameterError) as error:
        version = f" {method.version}" if method.version else ""
        raise DataError(
            f"the model {path} needs the method {method.selector} of the plugin "
            f"{method.plugin}{version}, which is not installed here: {error}"
        ) from error
    if method.sources and registry.plugin_sources(chosen) != method.sources:
        _log.warning(
            "the sources of method %s changed since the model %s was trained: it may denoise "
            "otherwise than then",
            method.label,
            path,
        )
    return chosen
