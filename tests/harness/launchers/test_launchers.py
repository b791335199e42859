"""Jobs start alike everywhere, and what they start ends with them."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import torch
from safetensors.torch import load_file

from harness.launchers import Resources, accelerate
from harness.launchers.accelerate import AccelerateLauncher

LINGERS = """
import os, subprocess, threading, time
from pathlib import Path

from harness import Method, MethodSpec, Parameter, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(
        name="lingers", target="lingers:Lingers", summary="Leaves something behind.",
        parameters=(Parameter(name="how", default="child"),),
    )

class Lingers(Method):
    def __init__(self, how="child"):
        super().__init__()
        self.how = how

    def denoise(self, noisy):
        if self.how == "thread":
            threading.Thread(target=time.sleep, args=(300,)).start()
            return noisy
        alone = self.how == "session"
        child = subprocess.Popen(["sleep", "300"], start_new_session=alone)
        Path(os.environ["STARTED"]).write_text(str(child.pid))
        if self.how == "killed":
            os.kill(os.getpid(), 9)
        if self.how == "hang":
            time.sleep(300)
        return noisy
"""
PRINTS = "import os; print(os.environ.get('OMP_NUM_THREADS', 'default'), end='')"
RUN = ("--datasets", "scenes", "--metrics", "psnr")
ENDINGS = {"child": 0, "session": 0, "killed": 3, "hang": 3}
"""What a method does, and the exit code of its run."""


@pytest.fixture
def run(tmp_path, toys):
    """Runs ``harness run`` in a process group of its own, or only starts it."""
    (tmp_path / "lingers.py").write_text(LINGERS)
    command = [sys.executable, "-m", "harness", "run", "--plugin", str(toys), *RUN]
    command += ["--plugin", str(tmp_path / "lingers.py")]

    def run(*arguments: str, wait: bool = True, **environment: str):
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=tmp_path,
            env={**os.environ, "STARTED": str(tmp_path / "started"), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if not wait:
            return process
        out, err = process.communicate(timeout=240)
        return process.returncode, out, err

    return run


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("launcher", "how", "code"),
    [
        *(("local", how, code) for how, code in ENDINGS.items()),
        *(("accelerate", how, code) for how, code in ENDINGS.items() if how != "hang"),
    ],  # the contract of launchers kills a job of either
)
def test_what_a_method_starts_ends_with_its_job(run, tmp_path, how, code, launcher):
    limit = ("--timeout", "10s") if how == "hang" else ()
    found, out, err = run("--methods", f"lingers[how={how}]", "--launcher", launcher, *limit)
    assert found == code, out + err
    child = int((tmp_path / "started").read_text())
    wait_for(lambda: not is_running(child), 10)


def test_a_thread_that_lingers_holds_no_job_up(run):
    code, out, err = run("--methods", "lingers[how=thread]", "--timeout", "60s")
    assert code == 0, out + err
    assert "timeout" not in out


FOREIGN = {
    "ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "4",
    "ACCELERATE_MIXED_PRECISION": "bf16",
    "ACCELERATE_DYNAMO_BACKEND": "INDUCTOR",
    "RANK": "1",
    "WORLD_SIZE": "2",
    "LOCAL_RANK": "1",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "29555",
}


@pytest.mark.parametrize("launcher", ["local", "accelerate"])
def test_the_shell_s_settings_of_accelerate_change_no_weights(run, tmp_path, launcher):
    arguments = ("--methods", "toy", "--launcher", launcher)
    assert run(*arguments, "--out", "plain")[0] == 0
    assert run(*arguments, "--out", "foreign", **FOREIGN)[0] == 0
    plain, foreign = (
        load_file(next((tmp_path / out / "fits").glob("*/weights.safetensors")))
        for out in ("plain", "foreign")
    )
    for name, value in plain.items():
        assert torch.equal(value, foreign[name])


@pytest.mark.slow
def test_the_user_s_default_configuration_of_accelerate_is_not_read(run, tmp_path):
    folder = tmp_path / "hf" / "accelerate"
    folder.mkdir(parents=True)
    (folder / "default_config.yaml").write_text("not a configuration")
    arguments = ("--methods", "toy", "--processes", "2", "--device", "cpu")
    code, out, err = run(*arguments, HF_HOME=str(tmp_path / "hf"))
    assert code == 0, out + err


@pytest.mark.parametrize("launcher", ["local", "accelerate"])
def test_an_interrupted_fit_of_one_process_leaves_its_checkpoint(run, tmp_path, launcher):
    process = run(
        *("--methods", "toy[iterations=2000,seconds_per_step=0.05]", "--launcher", launcher),
        wait=False,
    )
    wait_for(lambda: list(tmp_path.glob("runs/fits/*/losses.jsonl")))
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.glob("runs/fits/*/checkpoint/state.pt"))


def test_ctrl_c_while_the_server_imports_torch_leaves_no_traceback(run, tmp_path):
    process = run("--methods", "identity", wait=False)
    wait_for(lambda: any("forkserver" in " ".join(each) for each in _children(process.pid)))
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err


def _children(pid: int) -> list[list[str]]:
    lines = []
    for child in psutil.Process(pid).children(recursive=True):
        try:
            lines.append(child.cmdline())
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return lines


@pytest.mark.parametrize(("processes", "threads"), [(1, "default"), (2, "4")])
def test_processes_that_compute_side_by_side_share_the_cores(
    tmp_path, monkeypatch, processes, threads
):
    """And one alone has as many threads as the process that planned it, as keys of times say."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(accelerate, "launch_command", lambda *_: [sys.executable, "-c", PRINTS])

    log = tmp_path / "log.txt"
    AccelerateLauncher().start(tmp_path / "job", log, Resources(processes=processes)).wait(30)

    assert log.read_text() == threads
