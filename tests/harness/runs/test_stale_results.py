"""A result stands for what it was made from, or it is not kept."""

import numpy as np
import pytest

import harness
from harness import Request, load_plugins
from harness.data.images import write_image
from harness.metrics import psnr
from harness.runs.api import carry_out
from harness.runs.launching import Launchers

METHOD = """
from pathlib import Path

from harness import Method, MethodSpec, hookimpl


@hookimpl
def harness_register_methods():
    return MethodSpec(name="edits", target="edits:Edits", summary="s")


class Edits(Method):
    def __init__(self, appends_to: str = "", copies: str = "", over: str = "") -> None:
        super().__init__()
        self.appends_to, self.copies, self.over = appends_to, copies, over

    def denoise(self, noisy):
        if self.appends_to:
            with Path(self.appends_to).open("a") as file:
                file.write("# edited\\n")
        if self.copies:
            Path(self.over).write_bytes(Path(self.copies).read_bytes())
        return noisy
"""
METRIC = """
from pathlib import Path

from harness import MetricData, MetricSpec, hookimpl


@hookimpl
def harness_register_metrics():
    return MetricSpec(
        name="scaled", target="scaled:scaled", probe="scaled:probe", summary="s", label="Scaled",
        protocol="", higher_is_better=True, decimals=2, tolerance=0.01,
    )


def scaled(denoised, clean, *, file: str = ""):
    return (denoised - clean).abs().mean((1, 2, 3)) * float(Path(file).read_text())


def probe(*, file):
    return MetricData(digest=Path(file).read_text())
"""
HOSTILE = """
import torch

import harness.metrics.psnr


def perfect(denoised, clean):
    return torch.full((len(clean),), 99.0)


harness.metrics.psnr.psnr = perfect
"""


@pytest.fixture
def folder(tmp_path):
    """A plugin that edits files, and a dataset of one pair."""
    (tmp_path / "edits.py").write_text(METHOD)
    images = tmp_path / "images"
    images.mkdir()
    generator = np.random.default_rng(0)
    for name in ("a_real", "a_mean"):
        write_image(images / f"{name}.png", generator.integers(0, 255, (32, 32, 3), np.uint8))
    write_image(tmp_path / "other.png", generator.integers(0, 255, (32, 32, 3), np.uint8))
    return tmp_path


def request_in(folder, methods: str, metrics: str = "psnr") -> Request:
    return Request(
        methods=methods,
        datasets=f"folder[root={folder / 'images'}]",
        metrics=metrics,
        device="cpu",
        out=folder / "runs",
    )


def run(folder, methods: str, *plugins: str) -> harness.CellRecord:
    registry = load_plugins(*(str(folder / plugin) for plugin in plugins))
    (cell,) = harness.run(request_in(folder, methods), registry).cells
    return cell


def test_sources_that_change_before_the_job_starts_are_noticed(folder):
    registry = load_plugins(str(folder / "edits.py"))
    request = request_in(folder, "edits")
    planned = harness.plan(request, registry)
    with (folder / "edits.py").open("a") as file:
        file.write("# edited\n")
    (cell,) = carry_out(request, registry, planned, Launchers(request, registry)).cells
    assert (cell.status, cell.error) == (
        "failed",
        "the sources of method 'edits' changed since the run was planned, so the result was not "
        "kept: start the run again",
    )
    assert run(folder, "edits", "edits.py").status == "done"


def test_sources_that_change_while_the_job_runs_are_noticed_and_the_result_is_not_kept(folder):
    method = f"edits[appends_to={folder / 'edits.py'}]"
    cell = run(folder, method, "edits.py")
    assert cell.status == "failed"
    assert cell.error.startswith("the sources of method 'edits' changed since")
    assert not run(folder, method, "edits.py").reused


def test_images_that_change_while_the_job_runs_are_noticed(folder):
    method = f"edits[copies={folder / 'other.png'},over={folder / 'images' / 'a_mean.png'}]"
    cell = run(folder, method, "edits.py")
    assert cell.status == "failed"
    assert cell.error.startswith(f"the images of 'folder[root={folder / 'images'}]' (test) changed")


def test_data_of_a_metric_that_change_while_the_job_runs_are_noticed(folder):
    (folder / "scaled.py").write_text(METRIC)
    data = folder / "data" / "scale.txt"
    data.parent.mkdir()
    data.write_text("2")
    (folder / "data" / "other.txt").write_text("3")
    metric = f"scaled[file={data}]"
    registry = load_plugins(str(folder / "edits.py"), str(folder / "scaled.py"))
    method = f"edits[copies={folder / 'data' / 'other.txt'},over={data}]"

    (cell,) = harness.run(request_in(folder, method, metric), registry).cells

    assert cell.status == "failed"
    assert cell.error.startswith(f"the data of metric '{metric}' changed since")
    (cell,) = harness.run(request_in(folder, "identity", metric), registry).cells
    assert cell.status == "done"


def test_no_plugin_can_change_the_row_of_another(folder, monkeypatch):
    monkeypatch.setattr(psnr, "psnr", psnr.psnr)  # what the plugin patches here is put back
    honest = run(folder, "identity")
    (folder / "hostile.py").write_text(HOSTILE)
    (folder / "runs").rename(folder / "before")
    watched = run(folder, "identity", "hostile.py")
    assert not watched.reused
    assert watched.scores == honest.scores
    assert watched.key == honest.key


def test_a_time_is_measured_again_with_other_threads_and_reused_with_the_same(folder, run_harness):
    """A time of one thread never stands in the row of two."""

    def measured_with(threads: int) -> harness.CellRecord:
        done = run_harness(
            *("run", "--methods", "identity", "--datasets", f"folder[root={folder / 'images'}]"),
            *("--metrics", "psnr,latency", "--device", "cpu", "--out", str(folder / "runs")),
            OMP_NUM_THREADS=str(threads),
        )
        assert done.returncode == 0, done.stderr
        (cell,) = harness.load_run((folder / "runs" / "latest").resolve()).cells
        assert f", {threads} thread" in done.stdout
        return cell

    one = measured_with(1)
    two = measured_with(2)
    assert (two.reused, two.machine.threads) == (False, 2)
    assert two.scores[0].value == one.scores[0].value
    again = measured_with(1)
    assert (again.reused, again.machine.threads) == (True, 1)
    assert (again.scores, again.finished) == (one.scores, one.finished)


def test_scores_that_do_not_depend_on_the_machine_are_reused_and_marked(folder, run_harness):
    def run_with(threads: int, methods: str) -> str:
        done = run_harness(
            *("run", "--methods", methods, "--datasets", f"folder[root={folder / 'images'}]"),
            *("--metrics", "psnr", "--device", "cpu", "--out", str(folder / "runs")),
            OMP_NUM_THREADS=str(threads),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run_with(1, "identity")
    table = run_with(2, "identity,guided-filter")
    assert "identity [1]" in table
    assert "[1] measured: 1 thread\n" in table
    assert ", 2 threads, " in table


def test_a_worker_imports_the_plugins_that_its_job_needs_and_no_others(folder):
    (folder / "traced.py").write_text(
        f"from pathlib import Path\nwith Path({str(folder / 'imports.txt')!r}).open('a') as file:\n"
        "    file.write('imported\\n')\n"
    )
    assert run(folder, "edits", "edits.py", "traced.py").status == "done"
    assert (folder / "imports.txt").read_text() == "imported\n"  # by the main process
