"""The launcher for data-parallel fits: several processes through ``accelerate launch``."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from harness.launchers import Launcher, RunningJob


class AccelerateLauncher(Launcher):
    """Starts a job with ``accelerate launch``, on the GPUs of this machine or on its CPU."""

    def start(self, job_file: Path, log: Path, *, processes: int, device: str) -> RunningJob:
        """Start a job; see :meth:`harness.launchers.Launcher.start`."""
        environment = dict(os.environ)
        if device == "cpu":
            environment["ACCELERATE_USE_CPU"] = "true"
            environment.setdefault(
                "OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes))
            )
        with log.open("ab") as file:
            process = subprocess.Popen(
                [*_command(processes), str(job_file.absolute()), str(os.getpid())],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        return _LaunchedJob(process)


def _command(processes: int) -> list[str]:
    command = [sys.executable, "-m", "accelerate.commands.launch"]
    if processes > 1:  # on a CPU too: accelerate starts several processes under this name only
        command.append("--multi_gpu")
    for option, value in {
        "num_processes": str(processes),
        "num_machines": "1",
        "mixed_precision": "no",  # the job sets its own
        "dynamo_backend": "no",
        "main_process_port": "0",
    }.items():
        command += [f"--{option}", value]
    return [*command, "-m", "harness.worker.main"]


class _LaunchedJob:
    """The launcher's process, which leads the group of all processes of the job."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def wait(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        try:
            launcher = psutil.Process(self._process.pid)
            for process in [*launcher.children(recursive=True), launcher]:
                process.kill()
        except psutil.NoSuchProcess:  # it has ended
            pass
        self._process.wait()
