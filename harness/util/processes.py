"""Ending processes, together with all that they started."""

import os
import signal
from contextlib import suppress

import psutil


def kill_group(leader: int) -> None:
    """Kill what is left of the group that a process leads or led, by its id."""
    with suppress(ProcessLookupError, PermissionError):  # all have ended, or it led none yet
        os.killpg(leader, signal.SIGKILL)


def kill_tree(root: int) -> None:
    """Kill a process, by its id, everything that it started, and its group if it leads one."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(root)
        _kill([*process.children(recursive=True), process])
    kill_group(root)


def kill_children() -> None:
    """Kill everything that this process started, directly or not."""
    _kill(psutil.Process().children(recursive=True))


def _kill(processes: list[psutil.Process]) -> None:
    """Kill processes, those that have just ended excepted."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
