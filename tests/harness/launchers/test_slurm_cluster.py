"""A real Slurm: jobs end there as they end here, and whatever happens to them, nothing is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from slurm_cluster import wait_for

import harness
from harness import Request, Run, load_plugins
from harness.results.names import CHECKPOINT, WEIGHTS, job_folder
from harness.results.records import FitRecord
from harness.runs.store import is_locked
from harness.testing.contracts import LauncherContract
from harness.util.files import digest_of

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

WAITS = """
import os
import time
from pathlib import Path

from harness import Method, MethodSpec, hookimpl


@hookimpl
def harness_register_methods():
    return MethodSpec(name="waits", target="waits:Waits", summary="Waits for a file.")


class Waits(Method):
    def __init__(self, which: str = "a") -> None:
        super().__init__()
        self.which = which

    def denoise(self, noisy):
        devices = os.environ.get("CUDA_VISIBLE_DEVICES")
        print(f"{self.which}: process {os.getpid()}, devices {devices}", flush=True)
        while not Path("GATES", self.which).exists():
            time.sleep(0.05)
        return noisy
"""
SAID = re.compile(r"(\w+): process (\d+), devices (.*)")
OFTEN = "poll=0.3,lag=2"


@pytest.mark.usefixtures("cluster")
class TestContract(LauncherContract):
    name = f"slurm[{OFTEN}]"


@pytest.fixture
def gates(tmp_path) -> Path:
    """The folder in which a file lets a job that waits go on."""
    folder = tmp_path / "gates"
    folder.mkdir()
    return folder


@pytest.fixture
def plugins(tmp_path, gates, toys) -> tuple[str, str]:
    (tmp_path / "waits.py").write_text(WAITS.replace("GATES", str(gates)))
    return str(toys), str(tmp_path / "waits.py")


@pytest.fixture
def run(cluster, gates, plugins, tmp_path, monkeypatch) -> Callable[..., "Going"]:
    """Starts a run on the cluster, in a thread."""
    monkeypatch.chdir(tmp_path)
    registry = load_plugins(*plugins)

    def run(methods: str, launcher: str = f"slurm[{OFTEN}]", **how) -> Going:
        request = Request(
            methods=methods,
            launcher=launcher,
            datasets="scenes",
            metrics="psnr",
            device="cpu",
            checkpoint_seconds=0.0,
            **how,
        )
        return Going(request, registry)

    return run


class Going:
    """A run that goes on."""

    def __init__(self, request, registry) -> None:
        self._run: Run | None = None

        def carry_out():
            self._run = harness.run(request, registry)

        self._thread = threading.Thread(target=carry_out, daemon=True)
        self._thread.start()

    def end(self, seconds: float = 300) -> Run:
        self._thread.join(seconds)
        assert self._run is not None, "the run does not end"
        return self._run


def tickets(folder: Path) -> dict[Path, dict[str, str]]:
    """What Slurm knows the jobs by, by their folders."""
    return {
        path.parent: json.loads(path.read_text()) for path in folder.glob("runs/*/*/slurm.json")
    }


def said(folder: Path) -> dict[str, tuple[str, str, str]]:
    """Process, devices, and number of the jobs that wait, by what they wait for."""
    found = {}
    for path, ticket in tickets(folder).items():
        log = path / "log.txt"
        if match := SAID.search(log.read_text() if log.exists() else ""):
            found[match[1]] = (match[2], match[3], ticket["number"])
    return found


def statuses(run: Run) -> dict[str, tuple[str, str]]:
    return {cell.method: (cell.status, cell.error) for cell in run.cells}


def fit_folder(root: Path, fit: FitRecord) -> Path:
    return job_folder(root, "fit", fit.key)


def test_jobs_side_by_side_have_a_device_each_and_the_results_of_local_ones(run, gates, tmp_path):
    methods = ",".join([*(f"waits[which={gate}]" for gate in "bcde"), "toy[iterations=4]"])
    going = run(methods, f"slurm[gpus=1,cpus=1,{OFTEN}]", jobs=5)
    wait_for(lambda: len(said(tmp_path)) == 4)
    devices = {devices for _, devices, _ in said(tmp_path).values()}
    names = {ticket["name"] for ticket in tickets(tmp_path).values()}
    for gate in "bcde":
        (gates / gate).touch()
    there = going.end()
    assert devices == {"0", "1", "2", "3"}
    assert len(names) == 1  # of one array
    here = run(methods, "local", out=tmp_path / "here").end()
    assert [cell.status for cell in there.cells] == ["done"] * 5
    assert [cell.scores[0].value for cell in there.cells] == [
        cell.scores[0].value for cell in here.cells
    ]
    assert digest_of(fit_folder(tmp_path / "runs", there.fits[0]) / WEIGHTS) == digest_of(
        fit_folder(tmp_path / "here", here.fits[0]) / WEIGHTS
    )


def test_what_happens_to_a_job_is_in_its_record(run, gates, cluster, tmp_path):
    """A job is killed, one cancelled, one's time is up, and the controller fails for a while."""
    endless = "toy[iterations=9999,seconds_per_step=0.05]"
    going = run(f"{endless},waits[which=killed],waits[which=cancelled],waits[which=ends]")
    wait_for(lambda: len(said(tmp_path)) == 3)
    jobs = said(tmp_path)
    wait_for(lambda: list(tmp_path.glob("runs/fits/*/checkpoint/state.pt")))
    (fit,) = (
        ticket["number"] for path, ticket in tickets(tmp_path).items() if path.parent.name == "fits"
    )
    begun = int(cluster.ask("squeue", "-h", "-j", fit, "-O", "TimeUsed").partition(":")[0])
    cluster.ask("scontrol", "update", f"jobid={fit}", f"TimeLimit={begun + 1}")
    os.kill(int(jobs["killed"][0]), signal.SIGKILL)
    cluster.ask("scancel", jobs["cancelled"][2])
    cluster.stop_controller()
    (gates / "ends").touch()
    time.sleep(1)
    cluster.start_controller()
    found = going.end()
    (trained,) = found.fits
    assert (trained.status, trained.error[:8]) == ("timeout", "its time")
    assert (fit_folder(tmp_path / "runs", trained) / CHECKPOINT / "state.pt").exists()
    ended = statuses(found)
    assert ended["waits[which=ends]"][0] == "done"
    assert ended["waits[which=cancelled]"] == ("interrupted", "it was cancelled on the cluster")
    status, error = ended["waits[which=killed]"]
    assert status == "failed"
    assert "its process was killed" in error


def test_a_fit_whose_node_fails_goes_on_from_its_checkpoint(run, cluster, tmp_path):
    going = run("toy[iterations=80,seconds_per_step=0.05]", jobs=1)
    wait_for(lambda: list(tmp_path.glob("runs/fits/*/checkpoint/state.pt")))
    node = f"nodename={cluster.host}"
    cluster.ask("scontrol", "update", node, "state=down", "reason=test")
    wait_for(lambda: cluster.ask("squeue", "-h", "-o", "%T") in ("PENDING", ""))
    left = (next(tmp_path.glob("runs/fits/*/losses.jsonl"))).read_text()
    cluster.ask("scontrol", "update", node, "state=resume")
    (trained,) = going.end().fits
    assert trained.status == "done"
    folder = fit_folder(tmp_path / "runs", trained)
    number = tickets(tmp_path)[folder]["number"]
    assert cluster.ask("squeue", "-h", "-t", "all", "-j", number, "-O", "RestartCnt") == "1"
    assert (folder / "losses.jsonl").read_text().startswith(left)


def test_a_command_that_ends_leaves_its_jobs_to_the_next_which_submits_none_twice(
    run, in_process, plugins, gates, cluster, tmp_path
):
    """One detaches, one takes over and is killed, and two more do so at the same time."""
    before = len(cluster.jobs())
    methods = "waits[which=x],waits[which=y]"
    command = ["run", "--methods", methods, "--datasets", "scenes", "--metrics", "psnr"]
    command += ["--device", "cpu", "--launcher", f"slurm[{OFTEN}]"]
    for plugin in plugins:
        command += ["--plugin", plugin]
    code, out, err = in_process(*command, "--detach")
    assert code == 0, out + err
    assert "2 jobs left to the cluster" in out
    wait_for(lambda: len(said(tmp_path)) == 2)
    killed = subprocess.Popen([sys.executable, "-m", "harness", *command], cwd=tmp_path)
    wait_for(lambda: all(is_locked(folder) for folder in tickets(tmp_path)))
    killed.kill()
    killed.wait()
    both = [run(methods) for _ in range(2)]
    time.sleep(1)
    for gate in "xy":
        (gates / gate).touch()
    for going in both:
        assert [cell.status for cell in going.end().cells] == ["done"] * 2
    assert len(cluster.jobs()) == before + 2
