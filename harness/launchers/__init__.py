"""Where the process of a job starts."""

import os
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from harness.results.records import Status

WORKER = "harness.worker.main"
"""The program of a job's processes."""

RESTARTS = 3
"""How often a job that was lost is started again."""


def job_command(job_file: Path, *, outlives: bool = False) -> list[str]:
    """The command of a job's process.

    Args:
        job_file: what to do, as :meth:`Launcher.start` is given it.
        outlives: the job goes on when this process ends, or runs on another machine; else it ends
            when this process does.
    """
    watched = 0 if outlives else os.getpid()
    return [sys.executable, "-m", WORKER, str(job_file.absolute()), str(watched)]


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


@dataclass(frozen=True)
class Ended:
    """How a job ended, where its launcher knows more of it than the status of a process.

    A record that the job left says more still, unless it says that the job was interrupted.

    Attributes:
        status: of the record that the job gets, such as ``timeout`` or ``out-of-memory``.
        reason: one line for the user.
        lost: the job is not to blame, as when its machine failed or was taken from it; it is
            started again a few times, and a fit goes on from its checkpoint.
    """

    status: "Status"
    reason: str
    lost: bool = False


class RunningJob(ABC):
    """A job that was started: the process, or processes, that carry it out.

    All of it is called from one thread, and many times a second: a launcher of many jobs asks for
    the state of all of them at once, every few seconds, and answers from what it was told.
    """

    @abstractmethod
    def wait(self, seconds: float) -> int | Ended | None:
        """Wait for the end.

        Args:
            seconds: how long at most; 0 only looks.

        Returns:
            The exit status, negative for a signal, or what else is known of the end; None while the
            job waits or runs.

        Raises:
            HarnessError: it cannot be carried out at all, such as one that a scheduler refuses.
        """

    @abstractmethod
    def terminate(self) -> None:
        """Ask it to stop; a fit writes its checkpoint first."""

    @abstractmethod
    def kill(self) -> None:
        """End it, and all that it started, at once."""

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun yet, or has to begin again; such time is not limited."""
        return False


class Launcher(ABC):
    """Starts jobs. A job's process calls :func:`harness.worker.main.main`.

    Attributes:
        schedules: something else decides where and when its jobs run, such as the scheduler of a
            cluster, and gives them what they ask for. Then GPUs, threads and memory of this machine
            are not divided among them, and ``--jobs`` limits how many it has at a time.
        device: ``cpu`` or ``cuda``, on which its jobs compute where it schedules them and the user
            names none.
        detaches: its jobs go on when the process that started them ends, and :meth:`attach` finds
            them.
        lag: time in seconds in which files that a job wrote may not be seen here yet, as on a
            folder that several machines share.
    """

    schedules: ClassVar[bool] = False
    detaches: ClassVar[bool] = False
    lag: float = 0.0
    device: str = "cpu"

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

    def attach(self, job_file: Path) -> RunningJob | None:
        """The job that another process started from this file, by what that left beside it.

        No two processes do so, or start it, at the same time.

        Returns:
            The job, which may have ended by now; None where nothing is known of it.
        """
        return None
