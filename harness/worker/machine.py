"""What a job runs on: device, processor, versions, threads."""

import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

PACKAGES = (
    "denoise-harness",
    "torch",
    "torchvision",
    "accelerate",
    "numpy",
    "scikit-image",
    "lpips",
    "pluggy",
)
"""Packages whose version can change a number."""


LIBRARIES = (
    "accelerate",
    "lpips",
    "numpy",
    "pywavelets",
    "scikit-image",
    "scipy",
    "torch",
    "torchvision",
)
"""Libraries on whose versions numbers depend; results of other versions are not reused."""


def library_versions() -> dict[str, str]:
    """The versions of :data:`LIBRARIES`; those that are not installed are left out."""
    found = versions(LIBRARIES)
    del found["python"]
    return found


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of Python and of packages; those that are not installed are left out."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine(device: str) -> dict[str, Any]:
    """What a job ran on.

    Args:
        device: of the job, as in :class:`harness.results.jobs.Job`.
    """
    import psutil
    import torch

    found: dict[str, Any] = {
        "host": platform.node(),
        "system": platform.platform(),
        "device": device_name(device),
        "processor": processor_name(),
        "cores": psutil.cpu_count(logical=False),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }
    if device.startswith("cuda"):
        found["cuda"] = torch.version.cuda
        found["cudnn"] = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
        found["tf32_convolutions"] = torch.backends.cudnn.allow_tf32
    return found


def device_name(device: str) -> str:
    """The name of a device, such as that of the GPU; it belongs to every timing."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(torch.device(device))
    return processor_name() if device == "cpu" else device


def start_device(device: "torch.device") -> None:
    """Start a GPU, so that seeds reach its generator before a method draws from it."""
    import torch

    if device.type == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]


def processor_name() -> str:
    """The model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
