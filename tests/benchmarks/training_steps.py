"""Steps of training, timed on a GPU or wherever: the trainer's own, on random images."""

import gc
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch
from accelerate.state import AcceleratorState
from torch.utils.flop_counter import FlopCounterMode, conv_flop_count

from harness.data.dataset import Sample
from harness.methods.method import Method
from harness.plugin.registry import Registry
from harness.results.jobs import DataReference, FitJob
from harness.results.reference import Reference
from harness.specs import Precision
from harness.training.budget import parse_budget
from harness.training.progress import TrainingProgress
from harness.training.trainer import Trainer, TrainingOptions
from harness.util.seeding import seed_all
from harness.util.text import one_line
from harness.worker.fit import _accelerator
from harness.worker.precision import start_device

IMAGES, SIDE = 4, 512
"""Training images, and their side in pixels."""

WARM_UP = 3
"""Steps before those that are timed; the first compiles, and lets cuDNN choose its algorithms."""

STEPS = 10
"""Timed steps at most."""

STEPS_SECONDS = 3.0
"""The timed steps take about so long at most, but they are two at least."""

ROW_SECONDS = 120.0
"""A row that takes longer, most of it compiling, is given up."""

PRODUCT_SIDE = {"cuda": 8192, "cpu": 256}
"""Side of the square matrices whose product shows what a device can reach."""


@dataclass(frozen=True)
class Row:
    """What a step of a stage takes.

    Attributes:
        method: its selector.
        stage: its name.
        precision: of the step.
        way: ``eager`` or ``compiled``.
        batch: crops in a step.
        crop: their side in pixels.
        milliseconds: median of the timed steps; None where it could not be measured.
        least: of the timed steps, in milliseconds.
        most: of the timed steps, in milliseconds.
        gibibytes: most that PyTorch's allocator handed out during a timed step; None on a CPU.
        warm_up_seconds: before the timed steps, in which the method is made and compiled.
        gigaflop: operations of a step, forward and backward, of convolutions, products and
            attention, a multiply-add as 2; None where they could not be counted.
        teraflops: these a second.
        share: of the rate that a large product of matrices reaches in this precision.
        error: why something is missing; empty for nothing.
    """

    method: str
    stage: str
    precision: Precision
    way: str
    batch: int
    crop: int
    milliseconds: float | None = None
    least: float | None = None
    most: float | None = None
    gibibytes: float | None = None
    warm_up_seconds: float | None = None
    gigaflop: float | None = None
    teraflops: float | None = None
    share: float | None = None
    error: str = ""


@dataclass(frozen=True)
class Case:
    """A row to be measured.

    Attributes:
        method: chosen.
        index: of the stage.
        row: without measurements.
    """

    method: Reference
    index: int
    row: Row

    @property
    def is_compiled(self) -> bool:
        """Whether the stage is compiled."""
        return self.row.way == "compiled"

    def job(self, device: str) -> FitJob:
        """The fit of which these are steps."""
        return _fit_job(self.method, device, self.row.precision, is_compiled=self.is_compiled)


class EnoughError(Exception):
    """All steps that are wanted are done."""


class OutOfTimeError(BaseException):
    """A row took too long; no ``Exception``, so no library takes it for a failure of its own."""


class Meter:
    """Watches training and ends it: steps to warm up, timed ones, and one to count operations of.

    Timed steps follow one another unwaited for, as in training; the GPU notes when each ends.

    Args:
        device: that trains.
        counter: of operations; None: they are known.

    Attributes:
        warm_up_seconds: see :class:`Row`.
        milliseconds: of each timed step.
        gibibytes: see :class:`Row`.
        counting: to be entered around training; leaving it ends the count.
    """

    def __init__(self, device: torch.device, counter: FlopCounterMode | None) -> None:
        self.milliseconds: list[float] = []
        self.warm_up_seconds: float | None = None
        self.gibibytes: float | None = None
        self.counting = ExitStack()
        self._device = device
        self._counter = counter
        self._begun = perf_counter()
        self._done = 0
        self._wanted = STEPS
        self._marks: list[Any] = []

    def __call__(self, _: TrainingProgress) -> None:
        """See that a step was given to the device.

        Raises:
            EnoughError: it was the last.
        """
        self._done += 1
        if self._done == WARM_UP - 1:
            self._finish()
            self._begun_last = perf_counter()
        elif self._done == WARM_UP:
            self._begin()
        elif WARM_UP < self._done <= WARM_UP + self._wanted:
            self._marks.append(self._mark())
        if self._done == WARM_UP + self._wanted:
            self._end()
            if self._counter is None:
                raise EnoughError
            self.counting.enter_context(self._counter)
        if self._done > WARM_UP + self._wanted:
            raise EnoughError

    def _begin(self) -> None:
        """Begin with the timed steps, as many as there is time for."""
        self._finish()
        now = perf_counter()
        self.warm_up_seconds = now - self._begun
        affordable = int(STEPS_SECONDS / (now - self._begun_last))
        self._wanted = max(2, min(STEPS, affordable))
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self._device)
        self._marks = [self._mark()]

    def _end(self) -> None:
        self._finish()
        pairs = zip(self._marks, self._marks[1:], strict=False)
        if self._device.type == "cuda":
            self.gibibytes = torch.cuda.max_memory_allocated(self._device) / 2**30
            self.milliseconds = [begin.elapsed_time(end) for begin, end in pairs]
        else:
            self.milliseconds = [1e3 * (end - begin) for begin, end in pairs]

    def _mark(self) -> Any:
        """A point in time, on the GPU's own clock where there is one."""
        if self._device.type != "cuda":
            return perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def _finish(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def conv_backward_flop(
    gradient: Sequence[int],
    images: Sequence[int],
    weight: Sequence[int],
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: bool,
    _output_padding: Any,
    _groups: int,
    wanted: Sequence[bool],
    out_shape: Any,
) -> int:
    """Operations of a convolution's gradients: each of the two takes as many as the convolution.

    PyTorch's formula forgets the groups in the gradient of the weights, and so counts a convolution
    by channels as a dense one.
    """
    forward = conv_flop_count(list(images), list(weight), list(gradient), transposed)
    return int(forward * sum(wanted[:2]))


def new_counter() -> FlopCounterMode:
    """Counts operations, those of grouped convolutions right."""
    formulas = {torch.ops.aten.convolution_backward: conv_backward_flop}
    return FlopCounterMode(display=False, custom_mapping=formulas)


class Bench:
    """Measures cases on a device.

    Args:
        registry: knows the methods.
        device: ``cuda`` or ``cpu``.
    """

    def __init__(self, registry: Registry, device: str) -> None:
        self.registry = registry
        self.device = device
        self.peaks: dict[Precision, float] = {}
        """Operations a second that a large product of matrices reaches."""
        self._gigaflop: dict[tuple[str, int], float] = {}
        self._samples = random_samples()

    def measure_peak(self, precision: Precision) -> None:
        """Find what the device reaches in a precision."""
        job = _fit_job(Reference(kind="method", name="product"), self.device, precision)
        start_device(job)
        side = PRODUCT_SIDE[self.device]
        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
        left, right = torch.randn(2, side, side, device=self.device).to(dtype)
        meter = Meter(torch.device(self.device), None)
        products = 10
        with suppress(EnoughError):
            while True:
                for _ in range(products):
                    left @ right
                meter(TrainingProgress("", 0, None, 0))
        self.peaks[precision] = products * 2 * side**3 / (median(meter.milliseconds) / 1e3)

    def measure(self, case: Case, seconds: float) -> Row:
        """Measure a case, in so many seconds at most; a failure is part of the row."""
        known = (case.method.selector, case.index)
        counter = None if known in self._gigaflop or case.is_compiled else new_counter()
        meter = Meter(torch.device(self.device), counter)
        error = ""
        try:
            with at_most(seconds):
                self._train(case, meter)
        except EnoughError:
            if counter is not None:
                self._gigaflop[known] = counter.get_total_flops() / 1e9
        except OutOfTimeError:
            error = f"it took longer than {seconds:.0f} s"
        except Exception as caught:
            error = one_line(caught)
        self._clean_up(case)
        return self._filled(case.row, meter, self._gigaflop.get(known), error)

    def _train(self, case: Case, meter: Meter) -> None:
        """Train one stage of a method until the meter ends it."""
        AcceleratorState._reset_state(reset_partial_state=True)
        job = case.job(self.device)
        start_device(job)
        accelerator = _accelerator(job)
        method = build(self.registry, case.method)
        all_stages = method.stages
        method.stages = lambda: [list(all_stages())[case.index]]
        options = TrainingOptions(
            budget=parse_budget(job.budget),
            seed=job.seed,
            view=self.registry.view_of(case.method),
            checkpoint_seconds=1e6,
            compile=job.compile,
        )
        with TemporaryDirectory() as folder, meter.counting:
            Trainer(
                method,
                self._samples,
                accelerator,
                options,
                Path(folder),
                on_progress=meter,
                clean_samples=self._samples,
            ).fit()

    def _clean_up(self, case: Case) -> None:
        """Give the GPU's memory back, so that rows do not depend on those before."""
        if case.is_compiled:
            torch.compiler.reset()
        gc.collect()
        if self.device == "cuda":
            with suppress(RuntimeError):  # a GPU after an error; the next rows say it
                torch.cuda.empty_cache()

    def _filled(self, row: Row, meter: Meter, gigaflop: float | None, error: str) -> Row:
        """A row with what was measured."""
        row = replace(row, warm_up_seconds=meter.warm_up_seconds, gigaflop=gigaflop, error=error)
        if not meter.milliseconds:
            return row
        milliseconds = median(meter.milliseconds)
        row = replace(
            row,
            milliseconds=milliseconds,
            least=min(meter.milliseconds),
            most=max(meter.milliseconds),
            gibibytes=meter.gibibytes,
        )
        if gigaflop is None:
            return row
        rate = gigaflop * 1e9 / (milliseconds / 1e3)
        peak = self.peaks.get(row.precision)
        return replace(row, teraflops=rate / 1e12, share=rate / peak if peak else None)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise :class:`OutOfTimeError` if this takes longer."""

    def stop(*_: object) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def random_samples() -> list[Sample]:
    """Pairs of random images, each of a scene of its own."""
    generator = np.random.default_rng(0)
    size = (2, SIDE, SIDE, 3)
    pairs = [generator.integers(256, size=size, dtype=np.uint8) for _ in range(IMAGES)]
    return [
        Sample(f"{index}", f"{index}", noisy=noisy.copy, clean=clean.copy)
        for index, (noisy, clean) in enumerate(pairs)
    ]


def build(registry: Registry, reference: Reference) -> Method:
    """A method with its first weights."""
    seed_all(0)
    method: Method = registry.build(reference, 3)
    return method


def _fit_job(
    method: Reference, device: str, precision: Precision, *, is_compiled: bool = False
) -> FitJob:
    images = Reference(kind="dataset", name="random")
    return FitJob(
        method=method,
        data=DataReference(dataset=images, split="train", fingerprint=""),
        budget="paper",
        seed=0,
        device=device,
        precision=precision,
        compile=is_compiled,
        libraries={},
    )
