"""Where a launcher schedules the jobs, this machine's devices do not matter."""

import re
import shutil

import pytest

from harness import Request, UsageError, load_plugins, plan
from harness.runs.launching import Launchers
from harness.runs.slots import Queue, queue_for

LARGE = """
from harness import Method, MethodSpec, hookimpl

@hookimpl
def harness_register_methods():
    return MethodSpec(
        name="large", target="large:Large", summary="Large.", needs={"memory": "64G", "odd": 1}
    )

class Large(Method):
    def denoise(self, noisy):
        return noisy
"""


@pytest.fixture
def request_of(toys, tmp_path, monkeypatch):
    """A request, and the plugins it needs, on a machine with Slurm and without a GPU."""
    monkeypatch.setattr(shutil, "which", lambda name: name)
    (tmp_path / "large.py").write_text(LARGE)
    registry = load_plugins(str(toys), str(tmp_path / "large.py"))

    def request_of(methods="identity", **how):
        request = Request(methods=methods, datasets="scenes", metrics="latency", **how)
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


@pytest.mark.parametrize(
    ("method", "launcher", "of_method", "expected"),
    [
        ("identity", "slurm[gpus=1]", {}, "slurm[gpus=1]"),
        ("large", "slurm[gpus=1]", {}, "slurm[gpus=1,memory=64G]"),
        ("large", "slurm[memory=9G]", {}, "slurm[memory=9G]"),
        ("large", "slurm", {"large": "slurm[time=9h]"}, "slurm[memory=64G,time=9h]"),
        ("identity", "slurm", {"large": "slurm[time=9h]"}, "slurm"),
        ("large", "", {}, "local"),
        ("large", "accelerate", {}, "accelerate"),
    ],
)
def test_a_method_gets_what_the_user_says_and_else_what_its_plugin_suggests(
    request_of, method, launcher, of_method, expected
):
    request, registry = request_of(method, launcher=launcher, launchers=of_method)
    (job,) = plan(request, registry).cells
    assert Launchers(request, registry).selector_of(job) == expected


def test_a_run_is_left_to_a_cluster_as_a_whole_or_not_at_all(request_of):
    with pytest.raises(UsageError, match=r"^--launcher local and slurm: one leaves it to a clust"):
        Launchers(*request_of(launchers={"identity": "slurm"}))
    with pytest.raises(UsageError, match="there is no method 'identty'"):
        Launchers(*request_of(launchers={"identty": "local"}))
