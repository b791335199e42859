"""The local launcher: a fresh process for every job, in milliseconds."""

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.launchers import WORKER, Launcher, Resources, RunningJob
from harness.launchers.environment import THREADS, foreign_variables, job_variables
from harness.util.processes import kill_group, kill_tree

ENDING = "harness.worker.ending"
"""How a job's process ends."""

PRELOAD = ("accelerate", "lpips", "skimage.metrics", "harness.training.trainer", WORKER)
"""What the server imports once, so that its forks need not; all of it imports torch."""


class LocalLauncher(Launcher):
    """Forks jobs from a server that has imported torch and run nothing.

    So a job starts at once, and none sees the memory or the threads of one before it. Where the
    system has no fork server, a job starts from scratch.
    """

    def __init__(self) -> None:
        methods = multiprocessing.get_all_start_methods()
        self._forks = "forkserver" in methods
        self._context: Any = multiprocessing.get_context("forkserver" if self._forks else "spawn")
        if self._forks:
            self._context.set_forkserver_preload(list(PRELOAD))

    def start(self, job_file: Path, log: Path, resources: Resources) -> RunningJob:
        """Start a job; see :meth:`harness.launchers.Launcher.start`."""
        if resources.processes != 1:
            raise UsageError(
                f"the launcher 'local' starts one process, not {resources.processes}: "
                "say --launcher accelerate"
            )
        if self._forks:
            _start_server()
        process = self._context.Process(
            target=_run,
            args=(
                job_file.absolute(),
                log.absolute(),
                os.getpid(),
                job_variables(resources),
            ),
        )
        process.start()
        return _LocalJob(process)


class _LocalJob(RunningJob):
    """A job in a process of its own, which leads a process group."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    def wait(self, seconds: float) -> int | None:
        self._process.join(seconds)
        status = self._process.exitcode
        if status is not None:
            assert self._process.pid is not None
            kill_group(self._process.pid)  # what the job started ends with it
        return status

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        assert self._process.pid is not None
        kill_tree(self._process.pid)
        self._process.join()


_OF_THE_RUN = (signal.SIGINT, signal.SIGTERM)
"""Signals to the main process, which then asks its jobs to stop, and to nobody else."""


def _start_server() -> None:
    """Start the fork server, unless it runs.

    It never sees a signal that a terminal sends to the whole group, also while it imports torch,
    where Ctrl-C would end it with a traceback.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OF_THE_RUN)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(job_file: Path, log: Path, parent: int, variables: Mapping[str, str]) -> None:
    """What the new process does.

    Args:
        job_file: what to do.
        log: gets what the process prints.
        parent: process that it must not outlive.
        variables: what its environment has beside that of the server, which knew of no job.
    """
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # drops a Ctrl-C that came before the line above
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _OF_THE_RUN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    for name in foreign_variables(os.environ):
        del os.environ[name]
    os.environ.update(variables)  # CUDA, which no server starts, reads its own when it starts
    if threads := variables.get(THREADS):  # PyTorch has read its own in the server
        importlib.import_module("torch").set_num_threads(int(threads))
    worker, ending = importlib.import_module(WORKER), importlib.import_module(ENDING)
    ending.end_after(lambda: worker.main(job_file, parent))
