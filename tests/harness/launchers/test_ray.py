"""Jobs on a real Ray, in a network namespace of its own, for Ray listens on all addresses."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import harness
from harness import Request, load_plugins, load_run
from harness.errors import ParameterError
from harness.launchers.ray import RayLauncher

HEAD = """
import ray, sys, time
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False,
         object_store_memory=100 * 2**20)
print(ray.get_runtime_context().gcs_address, flush=True)
time.sleep(3600)
"""
ENVIRONMENT = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_memory_monitor_refresh_ms": "0"}
UP = 'ip link set lo up && exec "$@"'
SLOW = "toy[seconds_per_step=0.02]"


def missing() -> str:
    """Why there can be no Ray here; empty if there can."""
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed"
    if not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        return "there is no unshare, nsenter or ip"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "a network namespace needs root" if probe.returncode else ""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[tuple[list[str], str]]:
    """A Ray of two processors: what a command is to begin with, to be where it is; its address."""
    if reason := missing():
        pytest.skip(reason)
    head = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", UP, "-", sys.executable, "-c", HEAD],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=ENVIRONMENT,
    )
    assert head.stdout
    try:
        address = head.stdout.readline().strip()
        assert address
        yield ["nsenter", "--target", str(head.pid), "--net"], address
    finally:
        children = psutil.Process(head.pid).children(recursive=True)
        head.terminate()
        _, alive = psutil.wait_procs(children, timeout=5)
        for child in alive:
            child.kill()
        head.wait()


@pytest.fixture
def start(cluster, toys, tmp_path):
    """Starts ``harness run`` on the cluster, of a fit and its cell."""
    prefix, address = cluster

    def start() -> subprocess.Popen:
        command = [*prefix, sys.executable, "-m", "harness", "run", "--plugin", str(toys)]
        command += ["--methods", SLOW, "--datasets", "scenes", "--metrics", "psnr"]
        command += ["--budget", "150it", "--checkpoint-every", "0.2", "--out", "ray"]
        command += ["--launcher", f'ray[address="{address}"]', "--device", "cpu"]
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )

    return start


def wait_for(root: Path, pattern: str, seconds: float = 60) -> Path:
    """The first file of a pattern, as soon as it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := next(iter(root.glob(pattern)), None):
            return found
        time.sleep(0.05)
    raise AssertionError(f"there is no {pattern}")


def job_process(root: Path) -> psutil.Process:
    """The process of the job that runs."""
    return next(
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(root / "ray") in part for part in process.info["cmdline"] or ())
        and "harness.worker.main" in process.info["cmdline"]
    )


@pytest.mark.ray
@pytest.mark.slow
def test_a_fit_whose_worker_is_killed_goes_on_to_the_scores_of_a_local_run(start, toys, tmp_path):
    running = start()
    wait_for(tmp_path, "ray/fits/*/checkpoint/state.pt")
    worker = job_process(tmp_path).parent()
    assert "ray::" in worker.name() or "ray::" in " ".join(worker.cmdline())
    worker.kill()
    _, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    run = load_run((tmp_path / "ray" / "latest").resolve())
    assert any("lost the worker" in note for note in run.fits[0].notes)
    local = harness.run(
        Request(
            methods="toy",
            datasets="scenes",
            metrics="psnr",
            budget="150it",
            device="cpu",
            out=tmp_path / "local",
        ),
        load_plugins(str(toys)),
    )
    scores = [[score.value for score in each.cells[0].scores] for each in (run, local)]
    assert scores[0] == scores[1]


@pytest.mark.ray
@pytest.mark.slow
def test_ctrl_c_leaves_a_checkpoint(start, tmp_path):
    running = start()
    checkpoint = wait_for(tmp_path, "ray/fits/*/checkpoint/state.pt")
    process, before = job_process(tmp_path), checkpoint.stat().st_mtime
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert checkpoint.stat().st_mtime > before
    assert not process.is_running()


def test_what_it_cannot_do_is_said_in_a_line(monkeypatch):
    with pytest.raises(ParameterError, match="ray: cannot read memory='much': write '500M'"):
        RayLauncher(memory="much")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(harness.UsageError, match=r"pip install 'denoise-harness\[ray\]'"):
        RayLauncher()
