"""Where a launcher schedules the jobs, this machine's devices do not matter."""

import re
import shutil

import pytest

from harness import Request, UsageError, load_plugins, plan
from harness.runs.launching import Launchers
from harness.runs.slots import Queue, queue_for


@pytest.fixture
def request_of(toys, monkeypatch, in_process):
    """A request, and the plugins it needs, on a machine with Slurm and without a GPU."""
    monkeypatch.setattr(shutil, "which", lambda name: name)
    registry = load_plugins(str(toys))

    def request_of(**how):
        request = Request(methods="identity", datasets="scenes", metrics="latency", **how)
        return request, registry

    return request_of


@pytest.mark.parametrize(
    ("launcher", "device", "kind"),
    [
        ("slurm[gpus=1]", "auto", "cuda"),
        ("slurm", "auto", "cpu"),
        ("slurm", "cuda", "cuda"),
        ("slurm[gpus=1]", "cpu", "cpu"),
    ],
)
def test_jobs_compute_on_what_the_cluster_gives_them(request_of, launcher, device, kind):
    planned = plan(*request_of(launcher=launcher, device=device))
    assert planned.cells[0].device == kind
    assert planned.cells[0].conditions == {"launcher": launcher}


@pytest.mark.parametrize("device", ["cuda:1", "mps", "tpu"])
def test_a_device_of_this_machine_is_refused(request_of, device):
    with pytest.raises(UsageError, match=f"--device {device}: the launcher finds each job its"):
        plan(*request_of(launcher="slurm", device=device))


def test_jobs_are_left_only_to_a_launcher_that_keeps_them(request_of):
    for launcher in ("", "local"):
        with pytest.raises(UsageError, match=re.escape("--detach needs a launcher whose jobs go")):
            Launchers(*request_of(launcher=launcher, detach=True))
    assert Launchers(*request_of(launcher="slurm", detach=True)).scheduling


@pytest.mark.parametrize(("jobs", "count"), [(None, 1), (7, 7)])
def test_all_jobs_may_be_in_the_queue_unless_the_user_says_how_many(request_of, jobs, count):
    request, registry = request_of(launcher="slurm", jobs=jobs)
    found = queue_for(request, plan(request, registry))
    assert isinstance(found, Queue)
    assert found.count == count
