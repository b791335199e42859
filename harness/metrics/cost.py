"""What a method costs: time, memory, parameters, operations."""

from typing import Any

from harness.errors import MetricUnavailableError
from harness.evaluation.subject import Measurement, Subject
from harness.evaluation.timing import Timing
from harness.specs import Positive


def latency(subject: Subject, *, size: Positive = 256) -> Measurement:
    """Milliseconds to denoise one image: the median of repeats after a warm-up, a batch of one.

    Padding and tiling count, moving the image to the device does not.

    Args:
        subject: the method on its device, and the first test image.
        size: side in pixels of the square image; the first test image is cropped or extended to it.
    """
    timing = subject.timing(size)
    return Measurement(
        value=1000 * timing.seconds,
        spread=None if timing.spread is None else 1000 * timing.spread,
        count=timing.repeats,
        details=_details(timing),
    )


def throughput(subject: Subject, *, size: Positive = 256) -> Measurement:
    """Megapixels (10^6) per second, one image at a time: the pixels of an image per latency.

    Args:
        subject: the method on its device, and the first test image.
        size: side in pixels of the square image; the first test image is cropped or extended to it.
    """
    timing = subject.timing(size)
    megapixels = timing.height * timing.width / 1e6
    return Measurement(
        value=megapixels / timing.seconds,
        count=timing.repeats,
        details=_details(timing),
    )


def memory(subject: Subject, *, size: Positive = 256) -> Measurement:
    """Peak memory of denoising one image, in MiB.

    On a GPU what PyTorch allocated, weights included; on the CPU the growth of the process, see
    :func:`harness.evaluation.peak_memory.peak_memory`.

    Args:
        subject: the method on its device, and the first test image.
        size: side in pixels of the square image; the first test image is cropped or extended to it.

    Raises:
        MetricUnavailableError: the system does not count it.
    """
    timing = subject.timing(size)
    if timing.memory is None:
        raise MetricUnavailableError("peak memory on the CPU can be measured only under Linux")
    return Measurement(
        value=timing.memory / 2**20,
        details={
            **_details(timing),
            "counts": (
                "allocated by PyTorch, weights included"
                if subject.device.type == "cuda"
                else "growth of the process, weights not included"
            ),
        },
    )


def parameters(subject: Subject) -> Measurement:
    """Parameters that take part at test time, in millions; the details say how many there are.

    Args:
        subject: the method on its device, and the first test image.
    """
    used = subject.parameters_in_use()
    return Measurement(value=used / 1e6, details={"used": used, "held": subject.parameters()})


def flops(subject: Subject, *, size: Positive = 256) -> Measurement:
    """Floating-point operations to denoise one image, in 10^9; a multiply-add counts 2.

    Args:
        subject: the method on its device, and the first test image.
        size: side in pixels of the square image; the first test image is cropped or extended to it.

    Raises:
        MetricUnavailableError: nothing that is counted happens in PyTorch.
    """
    count = subject.flops(size)
    return Measurement(
        value=count / 1e9,
        details={"size": f"{size}x{size}", "per_pixel": count / size**2},
    )


def _details(timing: Timing) -> dict[str, Any]:
    return {"size": f"{timing.width}x{timing.height}"}
