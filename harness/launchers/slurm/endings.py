"""What a state of Slurm's says of a job."""

from harness.launchers import RESTARTS, Ended
from harness.launchers.slurm.commands import Row

NOTICE = 120
"""Seconds before its time is up in which a job is asked to stop, so that a fit has a checkpoint."""

BLIND, LOST = 66, 75
"""Exit statuses of a job's script: it does not see the job's folder; it was lost too often."""

_WAITING = (
    "PENDING",
    "CONFIGURING",
    "REQUEUED",
    "REQUEUE_FED",
    "REQUEUE_HOLD",
    "RESV_DEL_HOLD",
    "SPECIAL_EXIT",
    "SUSPENDED",
)
_EARLY = 60
"""Seconds by which Slurm may ask earlier than it was told to."""

_TIME_IS_UP = Ended(
    "timeout",
    "its time on the cluster was up; the same command goes on from its checkpoint, if any",
)
CANCELLED = Ended("interrupted", "it was cancelled on the cluster")

_ENDED = {
    "CANCELLED": CANCELLED,
    "TIMEOUT": _TIME_IS_UP,
    "DEADLINE": _TIME_IS_UP,
    "OUT_OF_MEMORY": Ended(
        "out-of-memory", "it used more memory than Slurm gave it; see memory of slurm[memory=32G]"
    ),
    "NODE_FAIL": Ended("failed", "its node failed", lost=True),
    "BOOT_FAIL": Ended("failed", "its node did not start", lost=True),
    "PREEMPTED": Ended("failed", "its node was taken for others' jobs", lost=True),
    "REVOKED": Ended("failed", "it was revoked by its cluster", lost=True),
}

UNKNOWN = Ended(
    "interrupted",
    "Slurm knows it no more: it was cancelled before it began, or ended unseen; the same command "
    "starts it again",
)
"""Of a job that Slurm has known, and that left no record."""


def is_waiting(row: Row) -> bool:
    """Whether a job has not begun, or has to begin again."""
    return row.state in _WAITING


def ending(row: Row) -> int | Ended | None:
    """How a job ended; None as long as it has not."""
    if row.state in _ENDED:
        return _ENDED[row.state]
    if row.state == "COMPLETED":
        return _TIME_IS_UP if row.left is not None and row.left <= NOTICE + _EARLY else 0
    if row.state != "FAILED":
        return None
    if row.status == BLIND:
        return Ended(
            "failed",
            f"{row.node} does not see its folder: --out must be on a file system that all nodes of "
            "the cluster share",
        )
    if row.status == LOST:
        return Ended("failed", f"its node failed or was taken from it {RESTARTS + 1} times")
    return row.status
