"""Where the process of a job starts."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol


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
    def start(self, job_file: Path, log: Path, *, processes: int, device: str) -> RunningJob:
        """Start a job.

        Args:
            job_file: what to do; the process is given its absolute path.
            log: gets what the process prints.
            processes: data-parallel processes.
            device: ``cpu``, ``cuda`` and so on, of the job.

        Raises:
            UsageError: this launcher cannot start such a job.
        """
