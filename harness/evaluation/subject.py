"""The method under test, and what is measured of the method itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from harness.errors import DataError, MetricUnavailableError
from harness.evaluation.inference import Tile, crop_or_pad, denoise, denoise_tile, tiles_of
from harness.evaluation.participants import Participants
from harness.evaluation.timing import Timing, time_call
from harness.methods.method import Method
from harness.specs import Precision
from harness.util.text import one_line

_AUTOCAST: Mapping[Precision, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}

_SMALL = 64
"""Side in pixels of an image that shows which parameters take part, whatever the size."""


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
        precision: ``bf16`` and ``fp16`` run it under autocast; ``fp32`` and ``tf32`` are PyTorch's
            switches, which a job sets.
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
    _uncopied: list[str] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.method.to(self.device)

    def denoise(self, noisy: Tensor, clean: Tensor | None = None) -> Tensor:
        """Denoise a batch on the device, see :func:`harness.evaluation.inference.denoise`.

        A copy of the method does it, so that nothing that it keeps reaches another call.
        """
        return self._denoise(self._copy(), noisy, clean)

    def denoise_by_tiles(
        self, height: int, width: int, noisy_of: Callable[[Tile], Tensor]
    ) -> Iterator[tuple[Tile, Tensor]]:
        """Denoise an image of which no more than a tile is there as floats at any time.

        Args:
            height: of the image, in pixels.
            width: of the image.
            noisy_of: gives what the method reads of a tile, N x C x rows x columns in [0, 1].

        Returns:
            Each tile, with what it keeps: N x C x kept rows x kept columns, float32, not clipped.
        """
        method = self._copy()
        for tile in tiles_of(method, height, width, self.tile):
            noisy = noisy_of(tile).to(self.device)
            with self._autocast():
                denoised = denoise_tile(method, noisy)
            yield tile, tile.kept(denoised)

    def in_tiles(self, tile: int | None) -> "Subject":
        """The same method with tiles of another side; None: as the harness chooses."""
        return replace(self, tile=tile)

    @property
    def uncopied(self) -> str:
        """Why the method had to be used itself, instead of a copy; empty if it had not."""
        return self._uncopied[0] if self._uncopied else ""

    def _copy(self) -> Method:
        try:
            return deepcopy(self.method)
        except Exception as error:  # what cannot be copied says so in many ways
            self._uncopied.append(
                f"kept from image to image, for {type(self.method).__name__} cannot be copied: "
                f"{one_line(error)}"
            )
            return self.method

    def _denoise(self, method: Method, noisy: Tensor, clean: Tensor | None) -> Tensor:
        noisy = noisy.to(self.device)
        clean = None if clean is None else clean.to(self.device)
        with self._autocast():
            return denoise(method, noisy, clean=clean, tile=self.tile)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.device.type,
            dtype=_AUTOCAST.get(self.precision),
            enabled=self.precision in _AUTOCAST,
        )

    def timing(self, size: int) -> Timing:
        """Time and peak memory of denoising one image of ``size`` x ``size`` pixels.

        The example image is cropped, or extended by reflection, to that size, and denoised by one
        copy of the method again and again. The first call measures, later ones remember.
        """
        if size not in self._timings:
            noisy, clean = self._example(size)
            allocated = self._allocated()
            method = self._copy()
            second_weights = self._allocated() - allocated
            timing = time_call(
                lambda: self._denoise(method, noisy, clean), self.device, height=size, width=size
            )
            if timing.memory is not None:
                timing = replace(timing, memory=timing.memory - second_weights)
            self._timings[size] = timing
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
        """The number of parameters that the method has, shared ones once; 0 for none."""
        return _number(self.method.parameters())

    def parameters_in_use(self) -> int:
        """The number of parameters that take part in denoising an image, shared ones once.

        A small image is denoised to see which; where that shows none, for the method made tensors
        of its own from them when it was loaded, they all count.
        """
        noisy, clean = self._example(_SMALL)
        method = self._copy()
        with Participants(method.parameters()) as participants:
            self._denoise(method, noisy, clean)
        return _number(participants.found) or self.parameters()

    def _allocated(self) -> int:
        """What PyTorch has allocated on the GPU, in bytes; 0 on another device."""
        return torch.cuda.memory_allocated(self.device) if self.device.type == "cuda" else 0

    def _example(self, size: int) -> tuple[Tensor, Tensor | None]:
        if self.example is None:
            raise DataError("there is no image to time the method on")
        clean = self.example_clean
        return (
            crop_or_pad(self.example, size, size).to(self.device),
            None if clean is None else crop_or_pad(clean, size, size).to(self.device),
        )


def _number(parameters: Iterable[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters)
