"""A launcher that breaks its contract is caught by a message that names the cause."""

import pytest

from harness.testing.contracts import LauncherContract

SOURCE = """
import subprocess
from harness import Launcher, LauncherSpec, RunningJob, hookimpl, job_command, job_environment

@hookimpl
def harness_register_launchers():
    return LauncherSpec(name="mine", target="PLUGIN:Mine", summary="Whatever.")

class Mine(Launcher):
    def start(self, job_file, log, resources):
        return Running(subprocess.Popen(job_command(job_file), env=job_environment(resources)))

class Running(RunningJob):
    def __init__(self, process):
        self.process = process

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self):
        pass

    def kill(self):
        self.process.kill()
        self.process.wait()
"""


@pytest.mark.slow
def test_a_launcher_that_logs_nothing_is_caught(failures):
    test = "test_a_job_is_carried_out_and_logged"
    caught = failures(LauncherContract, SOURCE, test)
    assert "what the job prints is not in its log" in caught[test]
