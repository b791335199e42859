"""Where numbers come from: versions, commits, hardware, the command."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from importlib import metadata, util
from pathlib import Path
from typing import Any

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
        device: of the job, as in :class:`harness.runs.jobs.Job`.
    """
    import psutil
    import torch

    found: dict[str, Any] = {
        "host": platform.node(),
        "system": platform.platform(),
        "device": device_name(device),
        "processor": _processor(),
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
    return _processor() if device == "cpu" else device


def commits(packages: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The git commit that each package was imported from, and whether its tree was changed.

    Packages that do not lie in a git checkout are left out.
    """
    found = {}
    for package in sorted(set(packages)):
        spec = util.find_spec(package)
        if spec is None or not spec.origin:
            continue
        commit = _git(Path(spec.origin).parent, "rev-parse", "HEAD")
        if commit:
            changed = _git(Path(spec.origin).parent, "status", "--porcelain", "--", ".")
            found[package] = {"commit": commit, "dirty": bool(changed)}
    return found


def provenance(
    packages: Iterable[str], seeds: Iterable[int], extra: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Where the numbers of a run come from.

    Args:
        packages: import names of the harness and of the plugins in use.
        seeds: of the run.
        extra: what plugins add.
    """
    found: dict[str, Any] = {
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "folder": str(Path.cwd()),
        "versions": versions(),
        "commits": commits(packages),
        "seeds": list(seeds),
        "host": platform.node(),
        "system": platform.platform(),
        "processor": _processor(),
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }
    for added in extra:
        found.update(added)
    return found


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def _processor() -> str:
    """The model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
