"""The method under test, and what is measured of the method itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from harness.errors import DataError, MetricUnavailableError
from harness.evaluation.inference import crop_or_pad, denoise
from harness.evaluation.timing import Timing, time_call
from harness.methods.method import Method
from harness.specs import Precision

_AUTOCAST: Mapping[Precision, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Measurement:
    """What a metric of a method returns when there is more to say than the number.

    Attributes:
        value: in the metric's unit.
        spread: standard deviation over repeats, in the same unit.
        count: repeats.
        details: what else belongs to the number, plain JSON.
    """

    value: float
    spread: float | None = None
    count: int = 1
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Subject:
    """A method under test, on a device, in a precision.

    Time and memory are measured when they are first asked for, and once. They mean most in a
    process that did nothing else before.

    Args:
        method: with its weights; it is moved to the device.
        device: where it computes.
        precision: ``bf16`` and ``fp16`` run it under autocast.
        tile: side of the tiles, see :func:`harness.evaluation.inference.denoise`.
        example: 1 x C x H x W in [0, 1], the noisy image that is timed;
            :func:`harness.evaluation.evaluate` sets it to the first one.
        example_clean: its clean image, for an oracle.
    """

    method: Method
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: Precision = "fp32"
    tile: int | None = None
    example: Tensor | None = None
    example_clean: Tensor | None = None
    _timings: dict[int, Timing] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.method.to(self.device)

    def denoise(self, noisy: Tensor, clean: Tensor | None = None) -> Tensor:
        """Denoise a batch on the device, see :func:`harness.evaluation.inference.denoise`."""
        noisy = noisy.to(self.device)
        clean = None if clean is None else clean.to(self.device)
        with torch.autocast(
            self.device.type,
            dtype=_AUTOCAST.get(self.precision),
            enabled=self.precision in _AUTOCAST,
        ):
            return denoise(self.method, noisy, clean=clean, tile=self.tile)

    def timing(self, size: int) -> Timing:
        """Time and peak memory of denoising one image of ``size`` x ``size`` pixels.

        The example image is cropped, or extended by reflection, to that size. The first call
        measures, later ones remember.
        """
        if size not in self._timings:
            noisy, clean = self._example(size)
            self._timings[size] = time_call(
                lambda: self.denoise(noisy, clean), self.device, height=size, width=size
            )
        return self._timings[size]

    def flops(self, size: int) -> int:
        """Floating-point operations of denoising one image of ``size`` x ``size`` pixels.

        Convolutions, matrix products and attention are counted, a multiply-add as 2.

        Raises:
            MetricUnavailableError: the method does none of these in PyTorch.
        """
        noisy, clean = self._example(size)
        with FlopCounterMode(display=False) as counter:
            self.denoise(noisy, clean)
        if not counter.get_total_flops():
            raise MetricUnavailableError(
                "no operation was counted: only PyTorch's convolutions, matrix products and "
                "attention are"
            )
        return int(counter.get_total_flops())

    def parameters(self) -> int:
        """The number of parameters of the method, shared ones once; 0 for one that has none."""
        return sum(parameter.numel() for parameter in self.method.parameters())

    def _example(self, size: int) -> tuple[Tensor, Tensor | None]:
        if self.example is None:
            raise DataError("there is no image to time the method on")
        clean = self.example_clean
        return (
            crop_or_pad(self.example, size, size).to(self.device),
            None if clean is None else crop_or_pad(clean, size, size).to(self.device),
        )
