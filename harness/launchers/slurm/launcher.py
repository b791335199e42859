"""The launcher ``slurm``: every job of the harness is one of Slurm's."""

import re
import shlex
import shutil
import time
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Annotated

from harness.errors import ParameterError, UsageError
from harness.launchers import Ended, Launcher, Resources, RunningJob
from harness.launchers.accelerate import launch_command
from harness.launchers.environment import VISIBLE_GPUS, job_environment
from harness.launchers.slurm.endings import NOTICE, is_waiting
from harness.launchers.slurm.queue import Order, SlurmQueue, Ticket, read_ticket
from harness.specs import Minimum, NonNegative, NonNegativeFloat
from harness.training.budget import parse_seconds
from harness.util.text import cut

COMMANDS = ("sbatch", "squeue", "scancel")

_SLURM_TIME = re.compile(r"\d+|\d+(:\d+){1,2}|\d+-\d+(:\d+){0,2}")
_MEMORY = re.compile(r"(\d+)([KMGT]?)B?", re.I)
_OURS = re.compile(r"(-N|--nodes|-n|--ntasks|-a|--array|-J|--job-name|-o|--output|--signal|-W)\b")


class SlurmLauncher(Launcher):
    """Submits jobs with ``sbatch``; the folder of results lies where all nodes see it.

    They go on without the command that submitted them. What is not said here is as the cluster
    has it, or as the method's plugin suggests.

    Args:
        partition: the cluster's queue that jobs go to.
        gpus: GPUs for each process; with one or more, jobs compute on ``cuda`` unless ``--device``
            says otherwise.
        cpus: processor cores for each process, which computes with as many threads; 0: not said.
        memory: main memory for each process, such as ``32G``.
        time: limit of a job's running time, such as ``4h``, or as Slurm writes it; before it is
            up, a fit is asked to write a checkpoint.
        account: who is charged for the jobs.
        extra: more options of ``sbatch``, such as ``"--constraint=a100 --qos=long"``.
        poll: seconds between two questions to Slurm, which are for all jobs at once.
        lag: seconds in which files on the shared folder may not be seen here yet.

    Raises:
        ParameterError: a value cannot be read, or asks for several nodes.
        UsageError: Slurm's commands are not on this machine.
    """

    schedules = True
    detaches = True

    def __init__(
        self,
        partition: str = "",
        gpus: NonNegative = 0,
        cpus: NonNegative = 0,
        memory: str = "",
        time: str = "",
        account: str = "",
        extra: str = "",
        poll: Annotated[float, Minimum(0.1)] = 3.0,
        lag: NonNegativeFloat = 20.0,
    ) -> None:
        self._named = {"partition": partition, "account": account}
        self._gpus = gpus
        self._cpus = cpus
        self._memory = _memory(memory)
        self._time = _time(time)
        self._extra = _extra(extra)
        missing = [name for name in COMMANDS if shutil.which(name) is None]
        if missing:
            raise UsageError(
                f"the launcher 'slurm' needs {', '.join(missing)}, and they are not here: run the "
                "command on a machine from which jobs are submitted"
            )
        self.lag = lag
        self.device = "cuda" if gpus else "cpu"
        self._queue = SlurmQueue(poll)

    def start(self, job_file: Path, log: Path, resources: Resources) -> RunningJob:
        """Submit a job; see :meth:`harness.launchers.Launcher.start`."""
        order = Order(
            folder=job_file.absolute().parent,
            command=tuple(launch_command(job_file, resources, outlives=True)),
            log=log.absolute(),
            options=self._options(resources.processes),
            environment=self._environment(resources),
        )
        return SlurmJob(self._queue, self._queue.put(order))

    def attach(self, job_file: Path) -> RunningJob | None:
        """The job that another process submitted; see :meth:`harness.launchers.Launcher.attach`."""
        ticket = read_ticket(job_file.parent)
        if ticket is None or not self._queue.find(ticket):
            return None
        return SlurmJob(self._queue, ticket)

    def _options(self, processes: int) -> tuple[str, ...]:
        """Options of ``sbatch`` for a job of so many processes."""
        values = {
            **self._named,
            "gres": f"gpu:{self._gpus * processes}" if self._gpus else "",
            "cpus-per-task": str(self._cpus * processes) if self._cpus else "",
            "mem": f"{self._memory[0] * processes}{self._memory[1]}" if self._memory else "",
            "time": self._time,
            "nodes": "1",
            "ntasks": "1",
            "output": "/dev/null",  # the script writes the log itself, for arrays have but one name
            "signal": f"B:TERM@{NOTICE}",  # to the script alone, whose place the job has taken
        }
        options = [f"--{name}={value}" for name, value in values.items() if value]
        return (*options, "--requeue", *self._extra)

    def _environment(self, resources: Resources) -> dict[str, str]:
        """Of a job: Slurm says which GPUs it sees."""
        environment = job_environment(replace(resources, threads=self._cpus or None))
        environment.pop(VISIBLE_GPUS, None)
        return environment


class SlurmJob(RunningJob):
    """A job in Slurm's queue.

    Args:
        queue: that it is in.
        ticket: by which it is known there.
    """

    def __init__(self, queue: SlurmQueue, ticket: Ticket) -> None:
        self._queue = queue
        self._ticket = ticket

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun, as far as Slurm has said, or has to begin again."""
        return self._ticket.row is None or is_waiting(self._ticket.row)

    def wait(self, seconds: float) -> int | Ended | None:
        """Wait at most this long for its end; raises where Slurm refuses the job."""
        end = time.monotonic() + seconds
        while True:
            if self._ticket.ended is None:
                self._queue.look()
            if self._ticket.refused:
                raise UsageError(self._ticket.refused)
            left = end - time.monotonic()
            if self._ticket.ended is not None or left <= 0:
                return self._ticket.ended
            time.sleep(min(left, 0.1))

    def terminate(self) -> None:
        """Ask it to stop; Slurm ends it at once if it waits."""
        self._queue.cancel(self._ticket)

    def kill(self) -> None:
        """End it, and all that it started, at once."""
        self._queue.kill(self._ticket)


def _time(text: str) -> str:
    """A time as Slurm reads it: minutes, or any form of its own.

    Raises:
        ParameterError: it is neither.
    """
    seconds = parse_seconds(text) if text else None
    if seconds is not None:
        return str(max(1, ceil(seconds / 60)))
    if text and not _SLURM_TIME.fullmatch(text):
        raise ParameterError(f"slurm: cannot read time={cut(text)!r}: write '30m', '4h' or '2-12'")
    return text


def _memory(text: str) -> tuple[int, str] | None:
    """An amount of memory and its unit; None where it is not said.

    Raises:
        ParameterError: it cannot be read.
    """
    if not text:
        return None
    found = _MEMORY.fullmatch(text)
    if not found:
        raise ParameterError(f"slurm: cannot read memory={cut(text)!r}: write '500M' or '32G'")
    return int(found[1]), found[2].upper()


def _extra(text: str) -> tuple[str, ...]:
    """Options of ``sbatch``.

    Raises:
        ParameterError: they cannot be read, or are none of the user's.
    """
    try:
        options = tuple(shlex.split(text))
    except ValueError as error:
        raise ParameterError(f"slurm: cannot read extra={cut(text)!r}: {error}") from error
    for option in options:
        if _OURS.match(option):
            raise ParameterError(
                f"slurm: leave {option!r} out of extra: a job is one task on one node (networks of "
                "this size need no more), and the harness says what it runs and when it stops"
            )
    return options
