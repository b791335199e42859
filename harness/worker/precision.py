"""The precision of float32 on a GPU: every job sets it, so that nothing outside decides."""

import os
from collections.abc import Mapping

from harness.errors import UsageError
from harness.results.jobs import CellJob, FitJob
from harness.specs import Precision

FIRST_WITH_TF32 = 8
"""Compute capability of the first GPUs that have it, Ampere."""

_OVERRIDES = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
"""Environment variables by which containers change it; the first is read when CUDA starts."""


def start_device(job: FitJob | CellJob) -> None:
    """Set PyTorch's switches for a job, and start its GPU.

    The GPU is started so that seeds reach its generator before a method draws from it. Of training,
    whose crops are of one size, cuDNN tries which of its algorithms is the fastest.

    Args:
        job: that this process is about to do.

    Raises:
        UsageError: the job is to compute in TF32, and its GPU has none.
    """
    import torch

    for name in _OVERRIDES:
        os.environ.pop(name, None)
    tf32 = job.precision == "tf32"
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = isinstance(job, FitJob)
    if job.device == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]
        if tf32:
            check_tf32(job.device)


def check_tf32(gpu: str) -> None:
    """See that a GPU has TF32.

    Args:
        gpu: as torch knows it, such as ``cuda:1``.

    Raises:
        UsageError: it has not; it would compute in fp32 under the name of the other.
    """
    import torch

    if torch.cuda.get_device_capability(torch.device(gpu))[0] < FIRST_WITH_TF32:
        raise UsageError(f"{gpu} has no TF32: say --precision fp32")


def switches_of_test(device: str, precision: Precision) -> Mapping[str, str]:
    """What :func:`start_device` sets for a cell, as :func:`harness.worker.machine.settings` has it.

    Args:
        device: as in :class:`harness.results.jobs.Job`.
        precision: of the cell.
    """
    tf32 = precision == "tf32"
    found = {"float32 matmul precision": "high" if tf32 else "highest"}
    if device.startswith("cuda"):
        on = "on" if tf32 else "off"
        found |= {"TF32 matmul": on, "TF32 convolutions": on, "cuDNN benchmark": "off"}
    return found
