"""A trained model in the hand: loaded from its file, it denoises arrays."""

import logging
from pathlib import Path

from harness.errors import DataError, ParameterError, UnknownNameError
from harness.evaluation.scoring import drawing_seed
from harness.methods.method import Method
from harness.methods.pretrained import load_pretrained
from harness.models.denoiser import Denoiser
from harness.models.named import model_file, plugin_of
from harness.plugin.registry import Registry, load_registry
from harness.results.model import ModelHeader, require_model_header
from harness.results.reference import Reference

_log = logging.getLogger(__name__)


class Model(Denoiser):
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
        seed = drawing_seed(header.seed, header.method.name)
        super().__init__(method, header.channels, seed, device, tile)
        self.header = header


def load_model(
    model: str | Path,
    registry: Registry | None = None,
    device: str = "cpu",
    tile: int | None = None,
) -> Model:
    """Load a model that ``harness export`` wrote, or that comes along with a plugin.

    ::

        import harness
        import skimage.io

        model = harness.load_model("model.safetensors")
        denoised = model.denoise(skimage.io.imread("noisy.png"))

    Args:
        model: path of the file, or the name of a model of a plugin.
        registry: has the plugin of the model's method; None: those that are installed.
        device: where it computes.
        tile: side of the tiles for large images in pixels; None: as the harness chooses.

    Raises:
        DataError: the file is missing, damaged, no exported model, written by a newer harness, of a
            method that is not installed, or of one that has changed so far that it does not fit.
    """
    registry = registry or load_registry()
    path = model_file(model, registry)
    header = require_model_header(path)
    chosen = method_of(header, registry, path, brought_by=plugin_of(model, registry))
    method: Method = registry.build(chosen, header.channels)
    load_pretrained(method, path)
    return Model(header, method, device, tile)


def method_of(
    header: ModelHeader, registry: Registry, path: Path, *, brought_by: str = ""
) -> Reference:
    """The method of a model as it is installed here; a warning says if its sources changed.

    Args:
        header: what the model says of itself.
        registry: has the plugin of the method.
        path: of the model, for messages.
        brought_by: plugin that brings the model along; if the method is its own, too, they fit.

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
    if method.plugin == brought_by or not method.sources:
        return chosen
    if registry.plugin_sources(chosen) != method.sources:
        _log.warning(
            "the sources of method %s changed since the model %s was trained: it may denoise "
            "otherwise than then",
            method.label,
            path,
        )
    return chosen
