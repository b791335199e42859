"""From a trained method to a file of ONNX, which is checked against PyTorch before it is kept."""

import logging
import random
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode
from torch.utils._python_dispatch import TorchDispatchMode

from harness.errors import UsageError
from harness.methods.method import Method
from harness.methods.networks import receptive_radius_of
from harness.methods.pretrained import load_trained
from harness.models.export import header_of, weights_of
from harness.models.model import method_of
from harness.plugin.blame import FAILURES
from harness.plugin.registry import Registry
from harness.results.model import ModelHeader
from harness.results.onnx_file import (
    DENOISED,
    NOISY,
    OPSET,
    OnnxHeader,
    OnnxInterface,
    metadata_of,
    onnx_package,
)
from harness.results.records import FitRecord, Run
from harness.util.files import write_bytes
from harness.util.text import one_line

TOLERANCE = 1e-4
"""Largest difference from PyTorch that a model may have, of 1 for white."""

CHANNELS = 3
"""Of the images of a method that takes any number of them."""

FIXED = 256
"""Height and width, or a little more, of a model that knows one size only."""


def export_fit(
    run: Run,
    fit: FitRecord,
    path: Path,
    registry: Registry,
    licence: str = "",
    opset: int = OPSET,
) -> OnnxHeader:
    """Write what a run trained as a file of ONNX; see :func:`export_onnx`.

    Args:
        run: that has the fit.
        fit: one of its fits.
        path: of the file, ending in ``.onnx``.
        registry: has the plugin of the method.
        licence: terms of the model.
        opset: version of the operators.

    Raises:
        DataError: the weights are gone, are no longer those of the run, or the method changed.
        UsageError: the method cannot be written so.
        DiskFullError: the disk is full.
    """
    weights = weights_of(run, fit)
    header = header_of(run, fit, registry, licence)
    method: Method = registry.build(method_of(header, registry, weights), header.channels)
    load_trained(method, weights, header)
    return export_onnx(method, header, path, opset)


def export_onnx(method: Method, header: ModelHeader, path: Path, opset: int = OPSET) -> OnnxHeader:
    """Write a method as a file of ONNX, and all that is known of it; atomically.

    What is written is the method's ``denoise``: padding to multiples of ``size_multiple``, and
    cropping, are left to the caller.

    Args:
        method: with its weights, on the CPU.
        header: of the model.
        path: of the file, ending in ``.onnx``.
        opset: version of the operators.

    Returns:
        What the file says of itself.

    Raises:
        UsageError: the method cannot be written so, with the reason; or a package is missing.
        DiskFullError: the disk is full.
    """
    for package in ("onnx", "onnxscript", "onnxruntime"):
        onnx_package(package)
    method.eval()
    with torch.no_grad(), _quiet():
        _refuse_draws(method, _image(header.channels, method.size_multiple, (FIXED, FIXED)))
        try:
            made = _of_any_size(method, header.channels, opset)
        except UsageError:  # one size is better than none, or its reason is said
            made = _of_one_size(method, header.channels, opset)
    whole = OnnxHeader(header, made.interface)
    write_bytes(path, _described(made.model, whole).SerializeToString())
    return whole


@dataclass(frozen=True)
class _Made:
    """A model of ONNX, and how it is called."""

    model: Any
    interface: OnnxInterface


def _of_any_size(method: Method, channels: int | None, opset: int) -> _Made:
    """A model whose height and width are free, checked on two sizes.

    Where it is made from an odd number of times ``size_multiple``, it is checked on an even one:
    what PyTorch decides by the first size, ONNX does for all.

    Raises:
        UsageError: there is none.
    """
    multiple = method.size_multiple
    times = -(-90 // multiple) | 1
    images = [
        _image(channels, multiple, size)
        for size in ((multiple * times, multiple * (times + 2)), (160, 224))
    ]
    model = _converted(method, images[0], opset, {2: Dim.AUTO, 3: Dim.AUTO})
    axes = model.graph.input[0].type.tensor_type.shape.dim[2:]
    if not all(axis.dim_param and not axis.dim_param.isdigit() for axis in axes):
        raise _cannot(method, "it takes images of one size")
    ends = (model.graph.input[0], model.graph.output[0])
    for end in ends:
        for axis, name in zip(end.type.tensor_type.shape.dim[2:], ("height", "width"), strict=True):
            axis.dim_param = name
    return _checked(method, model, images, None, opset)


def _of_one_size(method: Method, channels: int | None, opset: int) -> _Made:
    """A model of one height and width.

    Raises:
        UsageError: there is none.
    """
    image = _image(channels, method.size_multiple, (FIXED, FIXED))
    return _checked(method, _converted(method, image, opset), [image], image.shape[-1], opset)


def _checked(
    method: Method, model: Any, images: Sequence[Tensor], side: int | None, opset: int
) -> _Made:
    """A model that gives what PyTorch gives.

    Args:
        method: that it is of.
        model: of ONNX.
        images: that it is checked on.
        side: height and width of all its images; None: they are free.
        opset: version of its operators.

    Raises:
        UsageError: it does not.
    """
    del model.graph.value_info[:]  # sizes in symbols that the input has no more
    difference = max(_difference(model, method, each) for each in images)
    if not difference <= TOLERANCE:
        raise _cannot(method, f"its output differs from PyTorch's by {difference:.2g}")
    interface = OnnxInterface(
        opset=opset,
        channels=images[0].shape[1],
        height=side,
        width=side,
        size_multiple=method.size_multiple,
        receptive_radius=receptive_radius_of(method),
        difference=difference,
    )
    return _Made(model, interface)


class _Denoise(nn.Module):
    """A method as what PyTorch exports: a module whose call denoises."""

    def __init__(self, method: Method) -> None:
        super().__init__()
        self.method = method

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise 1 x C x H x W."""
        return self.method.denoise(noisy).float()


class _Draws(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the operators that draw random numbers."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.found: list[str] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call an operator, and see whether it draws; attention does so only for its dropout."""
        is_random = torch.Tag.nondeterministic_seeded in func.tags
        if is_random and "dropout_p" not in {each.name for each in func._schema.arguments}:
            self.found.append(str(func))
        return func(*args, **(kwargs or {}))


def _refuse_draws(method: Method, image: Tensor) -> None:
    """Refuse a method that draws random numbers, of which ONNX would draw others.

    Raises:
        UsageError: it draws some.
    """
    before = random.getstate(), repr(np.random.get_state())
    try:
        with _Draws() as draws:
            method.denoise(image)
    except FAILURES as error:
        raise _cannot(method, one_line(error)) from error
    if draws.found:
        raise _cannot(method, f"it draws random numbers (with {draws.found[0]})")
    if (random.getstate(), repr(np.random.get_state())) != before:
        raise _cannot(method, "it draws random numbers outside of PyTorch")


def _converted(
    method: Method, image: Tensor, opset: int, free: Mapping[int, Any] | None = None
) -> Any:
    """The method as a model of ONNX.

    Args:
        method: what it is of.
        image: that it is made from.
        opset: version of its operators.
        free: axes whose lengths are not those of the image; None: none is.

    Raises:
        UsageError: it cannot be converted.
    """
    try:
        program = torch.export.export(
            _Denoise(method), (image,), dynamic_shapes=free and (dict(free),), strict=False
        )
        made = torch.onnx.export(
            program,
            opset_version=opset,
            input_names=[NOISY],
            output_names=[DENOISED],
            dynamo=True,
            verbose=False,
        )
        assert made is not None
        model = made.model_proto
    except Exception as error:  # what cannot be converted fails in many ways
        raise _cannot(method, _reason(error)) from error
    if (version := _opset_of(model)) != opset:
        raise _cannot(method, f"its operators are of opset {version}, not {opset}")
    return model


def _difference(model: Any, method: Method, image: Tensor) -> float:
    """The largest difference between ONNX and PyTorch on an image.

    Raises:
        UsageError: onnxruntime does not run the model.
    """
    runtime = onnx_package("onnxruntime")
    expected = method.denoise(image).float().numpy()
    try:
        session = runtime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        (denoised,) = session.run([DENOISED], {NOISY: image.numpy()})
    except Exception as error:  # of a binding, whose exceptions have no common base
        raise _cannot(method, f"onnxruntime does not run it: {one_line(error)}") from error
    if denoised.shape != expected.shape:
        raise _cannot(method, f"its output is of shape {denoised.shape}, not {expected.shape}")
    return float(np.abs(denoised - expected).max())


def _described(model: Any, header: OnnxHeader) -> Any:
    """The model with its metadata, without those of the machine that it was made on."""
    for node in [*model.graph.node, *(node for each in model.functions for node in each.node)]:
        del node.metadata_props[:]  # lines of sources, by their paths
    model.doc_string = f"{header.model.method.selector}: {header.interface}"
    for key, text in metadata_of(header).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, text
    return model


def _image(channels: int | None, multiple: int, size: tuple[int, int]) -> Tensor:
    """An image of noise, of a height and width or a little more."""
    height, width = (-(-length // multiple) * multiple for length in size)
    generator = torch.Generator().manual_seed(0)
    return torch.rand(1, channels or CHANNELS, height, width, generator=generator)


def _opset_of(model: Any) -> int:
    return next((int(each.version) for each in model.opset_import if each.domain == ""), 0)


def _reason(error: BaseException) -> str:
    """Why a method cannot be converted, from an exception and those that led to it."""
    last = error
    for each in _causes(error):
        last = each
        if isinstance(each, GuardOnDataDependentSymNode):
            return "how it computes depends on the values of the image"
        if found := re.search(r"No ONNX function found for <OpOverload\(op='([^']+)'", str(each)):
            return f"ONNX has no operator for {found[1]}"
    return one_line(last)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _cannot(method: Method, reason: str) -> UsageError:
    name = type(method).__name__
    return UsageError(f"{name} cannot be exported to ONNX: {reason}; --format safetensors can")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter says of its own doings from the user."""
    loggers = [logging.getLogger(name) for name in ("torch", "onnxscript", "onnx_ir")]
    levels = [each.level for each in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for each in loggers:
            each.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for each, level in zip(loggers, levels, strict=True):
                each.setLevel(level)
