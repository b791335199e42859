"""Where the process of a job starts."""

import os
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

WORKER = "harness.worker.main"
"""The program of a job's processes."""


def job_command(job_file: Path) -> list[str]:
    """The command of a job's process, which ends when this process does.

    Args:
        job_file: what to do, as :meth:`Launcher.start` is given it.
    """
    return [sys.executable, "-m", WORKER, str(job_file.absolute()), str(os.getpid())]


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a job gets of the machine.

    Attributes:
        processes: data-parallel processes of the job.
        device: ``cpu``, ``cuda`` or ``mps``.
        gpus: indices, as this process counts them, of the GPUs that the job is to see; it counts
            them from 0. Empty: all that there are.
        threads: how many each process computes with on the CPU; None: as the environment says.
        memory: part of the machine's memory that the job may count on, in (0, 1].
    """

    processes: int = 1
    device: str = "cpu"
    gpus: tuple[int, ...] = ()
    threads: int | None = None
    memory: float = 1.0


class RunningJob(Protocol):
    """The process, or processes, of a job."""

    def wait(self, seconds: float) -> int | None:
        """Wait at most this long; returns the exit status, negative for a signal, or None."""

    def terminate(self) -> None:
        """Ask it to stop; a fit writes its checkpoint first."""

    def kill(self) -> None:
        """End it, and all that it started, at once."""


class Launcher(ABC):
    """Starts jobs. A job's process calls :func:`harness.worker.main.main`."""

    @abstractmethod
    def start(self, job_file: Path, log: Path, resources: Resources) -> RunningJob:
        """Start a job.

        Args:
            job_file: what to do; the process is given its absolute path.
            log: gets what the process prints.
            resources: what the job gets of the machine.

        Raises:
            UsageError: this launcher cannot start such a job.
        """
