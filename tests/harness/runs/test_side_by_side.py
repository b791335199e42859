"""Jobs side by side give what they give one after another, also when they are stopped."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

import harness
from harness import Request, load_plugins
from harness.launchers import Resources
from harness.launchers.accelerate import AccelerateLauncher
from harness.launchers.local import LocalLauncher
from harness.results.jobs import write_job
from harness.results.names import WEIGHTS, job_folder
from harness.util.files import digest_of

SAYS = """
import os

import torch

from harness import Method, MethodSpec, hookimpl


@hookimpl
def harness_register_methods():
    return MethodSpec(name="says", target="says:Says", summary="Says what it has.")


class Says(Method):
    def denoise(self, noisy):
        seen = os.environ["CUDA_VISIBLE_DEVICES"]
        share = os.environ["HARNESS_MEMORY_SHARE"]
        print("has", seen, torch.get_num_threads(), share, torch.cuda.is_initialized())
        return noisy
"""


def test_two_jobs_at_a_time_give_the_numbers_of_one(toys, tmp_path):
    """What is compared: keys, scores, and the digests of weights and of images."""
    registry = load_plugins(str(toys))

    def measured(jobs):
        run = harness.run(
            Request(
                methods="toy,toy[width=3],identity,breaks",
                datasets="scenes,scenes[count=3]",
                metrics="psnr,latency[size=32]",
                train="scenes",
                budget="3it",
                seeds=(0, 1),
                device="cpu",
                jobs=jobs,
                out=tmp_path / f"runs-{jobs}",
            ),
            registry,
        )
        cells = {}
        for cell in run.cells:
            images = run.folder_of(cell).rglob("*.png")
            cells[cell.key] = (
                cell.status,
                [score.value for score in cell.scores if score.metric == "psnr"],
                {path.name: digest_of(path) for path in images},
            )
        fits = {
            fit.key: digest_of(job_folder(tmp_path / f"runs-{jobs}", "fit", fit.key) / WEIGHTS)
            for fit in run.fits
        }
        return fits, cells

    one, two = measured(1), measured(2)
    assert one == two
    assert len(one[0]) == 4
    assert len(one[1]) == 2 * (2 * 2 + 2)


@pytest.mark.parametrize("launcher", [LocalLauncher(), AccelerateLauncher()])
def test_a_job_sees_its_gpu_and_has_its_threads_and_its_memory(toys, tmp_path, launcher):
    (tmp_path / "says.py").write_text(SAYS)
    registry = load_plugins(str(toys), str(tmp_path / "says.py"))
    request = Request(methods="says", datasets="scenes", metrics="psnr", device="cpu")
    (job,) = harness.plan(request, registry).cells
    folder = job_folder(tmp_path, job.kind, job.key)
    folder.mkdir(parents=True)
    log = folder / "log.txt"

    resources = Resources(gpus=(5,), threads=2, memory=0.25)
    assert launcher.start(write_job(job, folder), log, resources).wait(120) == 0

    assert set(re.findall("has .*", log.read_text())) == {"has 5 2 0.25 False"}


@pytest.fixture
def start(toys, tmp_path):
    """Starts ``harness run`` with two fits of some seconds, two at a time."""
    method = "toy[iterations=40,seconds_per_step=0.05]"

    def start(out):
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "harness", "run", "--plugin", str(toys), "--out", out),
                *("--datasets", "scenes", "--methods", method, "--seeds", "0,1", "--jobs", "2"),
                *("--metrics", "psnr", "--checkpoint-every", "0"),
            ],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def wait_for(condition, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_two_fits_that_are_stopped_side_by_side_go_on_to_the_same_weights(start, tmp_path, signum):
    stopped = start("runs")
    wait_for(lambda: len(list(tmp_path.glob("runs/fits/*/checkpoint/state.pt"))) == 2)
    stopped.send_signal(signum)
    stopped.wait(60)
    out, err = stopped.communicate()
    assert "Traceback" not in out + err
    assert not list(tmp_path.glob("runs/fits/*/weights.safetensors"))
    if signum == signal.SIGINT:
        assert stopped.returncode == 130
        assert len(list(tmp_path.glob("runs/fits/*/record.json"))) == 2

    resumed, straight = start("runs"), start("straight")
    for process in (resumed, straight):
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, out + err
    for weights in tmp_path.glob("straight/fits/*/weights.safetensors"):
        expected = load_file(weights)
        found = load_file(tmp_path / "runs" / weights.relative_to(tmp_path / "straight"))
        for name in expected:
            assert torch.equal(expected[name], found[name])
