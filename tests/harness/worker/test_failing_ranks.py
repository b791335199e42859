"""A process of a data-parallel fit that fails ends the others at once, and the record knows why."""

import json
import time

import pytest

from harness.launchers import Resources
from harness.launchers.accelerate import AccelerateLauncher
from harness.plugin.registry import load_registry
from harness.results.jobs import write_job
from harness.runs.planning import make_plan
from harness.runs.request import Request
from harness.specs import LoadSettings

FAILS = """
import os, time

from harness import Method, MethodSpec, hookimpl
from toys import Toy, ToyStage

@hookimpl
def harness_register_methods():
    return MethodSpec(name="fails", target="fails:Fails", summary="Fails.", trains=True)

class FailingStage(ToyStage):
    def forward(self, batch):
        if int(os.environ["RANK"]) == {rank}:
            raise {error}
        time.sleep({seconds})
        return super().forward(batch)

class Fails(Toy):
    def stages(self):
        return [FailingStage("stage", self.net, self.recipe)]
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rank", "error", "seconds", "status"),
    [
        (0, "ValueError('no luck')", 60, "failed"),  # while the other computes
        (1, "MemoryError('no room')", 0, "out-of-memory"),  # while the other waits for it
    ],
)
def test_a_failure_of_either_process_ends_the_job_within_five_seconds(
    tmp_path, toys, monkeypatch, rank, error, seconds, status
):
    plugin = tmp_path / "fails.py"
    plugin.write_text(FAILS.format(rank=rank, error=error, seconds=seconds))
    monkeypatch.setenv("PYTHONPATH", str(toys.parent))
    registry = load_registry(LoadSettings(plugins=(str(toys), str(plugin))))
    request = Request(methods="fails", datasets="scenes", metrics="psnr", processes=2, device="cpu")
    (cell,) = make_plan(request, registry).cells
    folder = tmp_path / "fit"
    folder.mkdir()
    job = AccelerateLauncher().start(
        write_job(cell.fit, folder), folder / "log.txt", Resources(processes=2)
    )
    assert job.wait(240) not in (None, 0), (folder / "log.txt").read_text()
    ended = time.time()
    failure = json.loads((folder / f"error.{rank}.json").read_text())
    assert (failure["rank"], failure["status"]) == (rank, status)
    assert ended - failure["time"] < 5
