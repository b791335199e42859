"""The local launcher: a fresh process for every job, in milliseconds."""

import importlib
import multiprocessing
import os
import signal
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.launchers import Launcher, RunningJob

WORKER = "harness.worker.main"
"""The program of a job's process."""

PRELOAD = ("accelerate", "lpips", "skimage.metrics", "harness.training.trainer", WORKER)
"""What the server imports once, so that its forks need not; all of it imports torch."""


class LocalLauncher(Launcher):
    """Forks jobs from a server that has imported torch and run nothing.

    So a job starts at once, and none sees the memory or the threads of one before it. Where the
    system has no fork server, a job starts from scratch.
    """

    def __init__(self) -> None:
        methods = multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context(
            "forkserver" if "forkserver" in methods else "spawn"
        )
        if "forkserver" in methods:
            self._context.set_forkserver_preload(list(PRELOAD))

    def start(self, job_file: Path, log: Path, *, processes: int, device: str) -> RunningJob:
        """Start a job; see :meth:`harness.launchers.Launcher.start`."""
        if processes != 1:
            raise UsageError(
                f"the launcher 'local' starts one process, not {processes}: "
                "say --launcher accelerate"
            )
        process = self._context.Process(
            target=_run, args=(job_file.absolute(), log.absolute(), os.getpid())
        )
        process.start()
        return _LocalJob(process)


class _LocalJob:
    """A job in a process of its own, which leads a process group."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    def wait(self, seconds: float) -> int | None:
        self._process.join(seconds)
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        assert self._process.pid is not None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # it has ended, or leads no group yet
            self._process.kill()
        self._process.join()


def _run(job_file: Path, log: Path, parent: int) -> None:
    """What the new process does."""
    os.setsid()  # Ctrl-C is for the main process, which then asks its jobs to stop
    with log.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    importlib.import_module(WORKER).main(job_file, parent)
