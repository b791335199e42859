"""What a job runs on: device, processor, threads, PyTorch's settings, versions."""

import os
import platform
import re
import resource
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.results.machine import Machine, Memory
from harness.specs import Precision
from harness.worker.commits import commits
from harness.worker.precision import switches_of_test

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

DRIVER = Path("/proc/driver/nvidia/version")
"""Where Linux tells the version of NVIDIA's driver."""


WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""How OpenMP's threads wait for one another, as the shell sets it: no digit depends on it."""


def library_versions(packages: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """The versions of packages; those that are not installed are left out."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine(device: str, packages: Iterable[str] = ()) -> Machine:
    """What a job ran on and with.

    Args:
        device: of the job, as in :class:`harness.results.jobs.Job`.
        packages: import names of the packages of its plugins.
    """
    import psutil
    import torch

    return Machine(
        host=platform.node(),
        system=platform.platform(),
        device=device_name(device),
        processor=processor_name(),
        cores=psutil.cpu_count(logical=False),
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        threads=torch.get_num_threads(),
        gpus=torch.cuda.device_count() if device.startswith("cuda") else 0,
        settings=settings(device),
        versions=_versions(device),
        commits=commits({"harness", *packages}),
    )


def memory_taken(device: str) -> Memory:
    """The most memory that this process has taken so far.

    Args:
        device: of the job, as in :class:`harness.results.jobs.Job`.
    """
    import torch

    unit = 1 if sys.platform == "darwin" else 1024
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    is_gpu = device.startswith("cuda") and torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    return Memory(host=host, device=torch.cuda.max_memory_allocated() if is_gpu else None)


def timing_conditions(device: str, precision: Precision) -> dict[str, str]:
    """What times and memory depend on, beside the libraries, which are part of every key.

    Args:
        device: as in :class:`harness.results.jobs.Job`.
        precision: of the cell.
    """
    import torch

    return {
        "device": device_name(device),
        "processor": processor_name(),
        "threads": str(torch.get_num_threads()),
        "python": platform.python_version(),
        **settings(device),
        **switches_of_test(device, precision),
    }


def settings(device: str) -> dict[str, str]:
    """Switches of PyTorch and OpenMP on which speed and the last digits depend, by name.

    Args:
        device: as in :class:`harness.results.jobs.Job`; those of cuDNN and TF32 are read for a GPU.
    """
    import torch

    switches: dict[str, Callable[[], Any]] = {
        "float32 matmul precision": torch.get_float32_matmul_precision,
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    }
    if device.startswith("cuda"):
        switches |= {
            "TF32 matmul": lambda: torch.backends.cuda.matmul.allow_tf32,
            "TF32 convolutions": lambda: torch.backends.cudnn.allow_tf32,
            "cuDNN deterministic": lambda: torch.backends.cudnn.deterministic,
            "cuDNN benchmark": lambda: torch.backends.cudnn.benchmark,
        }
    waiting = {name: os.environ[name] for name in WAITING if name in os.environ}
    return {name: _switch(read) for name, read in switches.items()} | waiting


def _switch(read: Callable[[], Any]) -> str:
    try:
        found = read()
    except RuntimeError:  # PyTorch has two ways to set precision, and answers for one at a time
        return "unknown"
    return {True: "on", False: "off"}.get(found, str(found))


def _versions(device: str) -> dict[str, str]:
    import torch

    found = {"python": platform.python_version(), **library_versions(["denoise-harness"])}
    if device.startswith("cuda"):
        found["CUDA"] = str(torch.version.cuda)
        found["cuDNN"] = str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]
        if torch.distributed.is_nccl_available():
            found["NCCL"] = ".".join(map(str, torch.cuda.nccl.version()))  # type: ignore[no-untyped-call]
        found |= _driver_version()
    return found


def _driver_version() -> dict[str, str]:
    """The version of NVIDIA's driver; nothing where the system does not say."""
    try:
        text = DRIVER.read_text(encoding="utf-8")
    except OSError:
        return {}
    version = re.search(r"\s(\d+(\.\d+)+)\s", text)
    return {"driver": version[1]} if version else {}


def device_name(device: str) -> str:
    """The name of a device, such as that of the GPU; it belongs to every timing."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(torch.device(device))
    return processor_name() if device == "cpu" else device


def processor_name() -> str:
    """The model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
