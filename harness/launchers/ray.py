"""The launcher for Ray: a task on a cluster for every job."""

import logging
import os
import re
import signal
from pathlib import Path
from typing import Any

from harness.errors import ParameterError, UsageError
from harness.launchers import Ended, Launcher, Resources, RunningJob
from harness.launchers.accelerate import AccelerateLauncher
from harness.specs import NonNegativeFloat, Positive
from harness.util.text import cut, one_line

GRACE_SECONDS = 15.0
"""How long a job that was cancelled may take to write its checkpoint."""


class RayLauncher(Launcher):
    """Gives every job to Ray as a task that asks for the resources of the job.

    The folder of all results must be shared by all machines, and Python with the harness be
    installed on them. Ray decides where and when a job runs. A job whose worker or machine is lost
    is started again, and a fit goes on from its checkpoint.

    Args:
        address: the cluster, such as ``ray://host:10001``; ``auto``: the one that the environment
            names or that runs on this machine; ``local``: one that is started for this run alone.
        cpus: processors per process.
        gpus: GPUs per process, perhaps a part of one; at least one where the device is ``cuda``.
        memory: memory per process, such as ``8G``; empty: Ray does not reserve any.
    """

    schedules = True
    lag = 5.0

    def __init__(
        self,
        address: str = "auto",
        cpus: Positive = 1,
        gpus: NonNegativeFloat = 0.0,
        memory: str = "",
    ) -> None:
        self.device = "cuda" if gpus else "cpu"
        self._cpus = cpus
        self._gpus = gpus
        self._memory = _bytes(memory) if memory else None
        self._ray = _connected(address)

    def start(self, job_file: Path, log: Path, resources: Resources) -> RunningJob:
        """Start a job; see :meth:`harness.launchers.Launcher.start`."""
        processes = resources.processes
        gpus = (self._gpus or 1.0) * processes if resources.device == "cuda" else 0
        own = Resources(processes=processes, device=resources.device, threads=self._cpus)
        task = self._ray.remote(_carry_out).options(
            name=f"harness {job_file.parent.name}",
            num_cpus=self._cpus * processes,
            num_gpus=gpus,
            memory=self._memory and self._memory * processes,
            max_retries=0,  # the harness starts it again, and says so
        )
        result = task.remote(str(job_file.absolute()), str(log.absolute()), own)
        return _RayJob(self._ray, result, log)


class _RayJob(RunningJob):
    """A task of Ray.

    Args:
        ray: the library.
        result: of the task: the exit status of the job.
        log: of the job, which is there as soon as it runs.
    """

    def __init__(self, ray: Any, result: Any, log: Path) -> None:
        self._ray = ray
        self._result = result
        self._log = log

    def wait(self, seconds: float) -> int | Ended | None:
        """Wait for the end; see :meth:`harness.launchers.RunningJob.wait`."""
        ended, _ = self._ray.wait([self._result], timeout=seconds)
        if not ended:
            return None
        errors = self._ray.exceptions
        try:
            status: int = self._ray.get(self._result)
        except errors.TaskCancelledError:
            return Ended("interrupted", "it was cancelled")
        except errors.OutOfMemoryError:
            return Ended("out-of-memory", "Ray ended it, for memory ran out on its machine")
        except (errors.WorkerCrashedError, errors.NodeDiedError):
            return Ended("failed", "Ray lost the worker that carried it out", lost=True)
        except errors.RayError as error:
            return Ended("failed", f"Ray cannot carry it out: {one_line(error)}")
        return status

    def terminate(self) -> None:
        """Ask it to stop; a fit writes its checkpoint first."""
        self._ray.cancel(self._result, force=False)

    def kill(self) -> None:
        """End Ray's worker, and with it all processes of the job."""
        self._ray.cancel(self._result, force=True)

    @property
    def is_waiting(self) -> bool:
        """Whether Ray has no place for it yet."""
        return not self._log.exists()


def _bytes(text: str) -> int:
    """Read an amount of memory, such as ``8G``.

    Raises:
        ParameterError: it is none.
    """
    found = re.fullmatch(r"(\d{1,9})([MG])", text, re.IGNORECASE)
    if not found:
        raise ParameterError(f"ray: cannot read memory={cut(text)!r}: write '500M' or '32G'")
    return int(found[1]) << {"M": 20, "G": 30}[found[2].upper()]


def _connected(address: str) -> Any:
    """The library, connected to a cluster.

    Raises:
        UsageError: Ray is not installed, or no cluster is there.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError(
            "the launcher 'ray' needs Ray: pip install 'denoise-harness[ray]'"
        ) from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if ray.is_initialized():
        return ray
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"no Ray cluster answers at {address!r} ({one_line(error)}): say "
            "ray[address=HOST:PORT], or ray[address=local] to start one on this machine"
        ) from error
    return ray


def _carry_out(job_file: str, log: str, resources: Resources) -> int:
    """Carry out a job in a process of its own, which ends when Ray's worker, this one, does.

    Returns:
        Its exit status, negative for a signal.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a cluster begun behind "&" drops it
    job = AccelerateLauncher().start(Path(job_file), Path(log), resources)
    try:
        while True:
            status = job.wait(0.2)
            if isinstance(status, int):
                return status
    except KeyboardInterrupt:  # the task is cancelled
        job.terminate()
        if job.wait(GRACE_SECONDS) is None:
            job.kill()
        raise
