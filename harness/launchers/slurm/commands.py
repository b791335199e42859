"""What is asked of Slurm, by its own commands; accounting need not run."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError, UsageError

PATIENCE = 60.0
"""Seconds in which a command of Slurm must have answered."""

_FIELDS = ("JobArrayID", "State", "exit_code", "TimeLeft", "NodeList", "Name")
_UNREACHABLE = re.compile(
    "unable to contact|timed out|temporarily|connection|zero bytes|communication|backup", re.I
)
_OWN = re.compile("SLURM_(?!CONF$)|SLURMD_")


class UnreachableError(HarnessError):
    """Slurm does not answer now."""


@dataclass(frozen=True)
class Row:
    """What Slurm says of a job.

    Attributes:
        number: of the job, such as ``17``, or ``17_3`` for a job of an array.
        state: such as ``RUNNING``.
        status: exit status, negative for a signal; 0 until it has ended.
        left: time that it may still run, or might have, in seconds; None: without limit.
        node: that it runs on, or ran on; empty before.
        name: that it was submitted with.
    """

    number: str
    state: str
    status: int
    left: float | None
    node: str
    name: str

    @property
    def index(self) -> int:
        """Its place in its array; 0 for one of no array."""
        return int(self.number.partition("_")[2] or 0)


def submit(options: Sequence[str], script: str, environment: Mapping[str, str]) -> str:
    """Submit a job, or an array of them.

    Args:
        options: of ``sbatch``.
        script: that every job runs.
        environment: of the jobs.

    Returns:
        Its number.

    Raises:
        UnreachableError: Slurm does not answer, and may have taken the job or not.
        UsageError: Slurm refuses it; says why.
    """
    answer = _run(["sbatch", "--parsable", *options], script, without_allocation(environment))
    return answer.strip().partition(";")[0]


def rows() -> list[Row]:
    """All jobs of this user that Slurm knows: those that wait or run, or ended a while ago.

    Raises:
        UnreachableError: Slurm does not answer.
    """
    wanted = ",".join(f"{name}:|" for name in _FIELDS)
    lines = _run(["squeue", "--me", "-h", "-r", "-t", "all", "-O", wanted]).splitlines()
    return [_row(line) for line in lines if line.count("|") >= len(_FIELDS)]


def cancel(numbers: Iterable[str], *options: str) -> None:
    """Ask jobs to stop; those that wait are taken out of the queue, and others have a grace time.

    Args:
        numbers: of the jobs; those that have ended are passed over.
        options: of ``scancel``, such as another signal.

    Raises:
        UnreachableError: Slurm does not answer.
    """
    try:
        _run(["scancel", *options, *numbers])
    except UsageError:
        return  # some have ended


def without_allocation(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what says that this process is a job of Slurm's itself.

    Options of that job, such as its memory, would stand against those of a job that is submitted.
    """
    return {name: value for name, value in environment.items() if not _OWN.match(name)}


def _run(
    command: Sequence[str], text: str = "", environment: Mapping[str, str] = os.environ
) -> str:
    """What a command prints.

    Raises:
        UnreachableError: Slurm does not answer.
        UsageError: it refuses; says why.
    """
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=dict(environment),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"{command[0]} does not answer") from None
    if done.returncode == 0:
        return done.stdout
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["no reason"]
    reason = re.sub(r"^\w+: (error: )?", "", said[-1])
    if _UNREACHABLE.search(done.stderr):
        raise UnreachableError(f"Slurm does not answer: {reason}")
    raise UsageError(f"Slurm refuses the job: {reason}")


def _row(line: str) -> Row:
    number, state, status, left, node, name = line.split("|", len(_FIELDS) - 1)
    return Row(
        number=number,
        state=state,
        status=os.waitstatus_to_exitcode(int(status)) if status.isdecimal() else 0,
        left=_seconds(left),
        node=node,
        name=name.rstrip("|"),
    )


def _seconds(text: str) -> float | None:
    """A time as Slurm prints it, ``[days-][[hours:]minutes:]seconds``; None if it is no time."""
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(?:(\d+):)?(\d+)", text)
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if found[3] is None:  # two parts are minutes and seconds
        hours, minutes = 0, hours
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
