"""The launcher for data-parallel fits: several processes through ``accelerate launch``."""

import os
import subprocess
from pathlib import Path

from harness.launchers import Launcher, Resources, RunningJob, job_command
from harness.launchers.environment import THREADS, job_environment
from harness.util.files import write_text
from harness.util.processes import kill_group, kill_tree

CONFIGURATION = '{"distributed_type": "NO"}\n'
"""Stands in for the user's default configuration of accelerate; the options say the rest."""


class AccelerateLauncher(Launcher):
    """Starts a job with ``accelerate launch``, on the GPUs of this machine or on its CPU."""

    def start(self, job_file: Path, log: Path, resources: Resources) -> RunningJob:
        """Start a job; see :meth:`harness.launchers.Launcher.start`."""
        environment = job_environment(resources)
        processes = resources.processes
        if resources.device == "cpu":
            environment["ACCELERATE_USE_CPU"] = "true"
            if processes > 1:  # one has as many threads as the process that planned it
                threads = max(1, (os.cpu_count() or 1) // processes)
                environment.setdefault(THREADS, str(threads))
        with log.open("ab") as file:
            process = subprocess.Popen(
                launch_command(job_file, resources),
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        return _LaunchedJob(process)


def launch_command(job_file: Path, resources: Resources, *, outlives: bool = False) -> list[str]:
    """The command of a job of one or several processes on one machine.

    One process needs no launcher, and gets signals itself: accelerate's would not pass them on.

    Args:
        job_file: what to do, in the job's folder.
        resources: what the job gets.
        outlives: as for :func:`harness.launchers.job_command`.
    """
    python, *worker = job_command(job_file, outlives=outlives)
    if resources.processes == 1:
        return [python, *worker]
    configuration = job_file.absolute().with_name("accelerate.json")
    write_text(configuration, CONFIGURATION)
    command = [python, "-m", "accelerate.commands.launch"]
    command.append("--multi_gpu")  # on a CPU too: accelerate starts several under this name only
    for option, value in {
        "config_file": str(configuration),
        "num_processes": str(resources.processes),
        "num_machines": "1",
        "mixed_precision": "no",  # the job sets its own
        "dynamo_backend": "no",
        "main_process_port": "0",
    }.items():
        command += [f"--{option}", value]
    return [*command, *worker]


class _LaunchedJob(RunningJob):
    """The first process of a job, which leads a group; of several, it starts the rest."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float) -> int | None:
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        kill_group(self._process.pid)  # what the job started ends with it
        return status

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        kill_tree(self._process.pid)
        self._process.wait()
