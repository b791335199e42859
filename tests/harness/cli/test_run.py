import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from toys import Toy

from harness.data.images import read_image
from harness.results.records import CellRecord, Run
from harness.runs.folder import load_run
from harness.runs.kept import pictures_of

METRICS = ("--metrics", "psnr,ssim")


@pytest.fixture
def run(in_process, toys):
    """Runs ``harness run`` with the toys; returns its exit code, the run, output and errors."""

    def run(*arguments: str) -> tuple[int, Run, str, str]:
        options = () if "--metrics" in arguments else METRICS
        code, out, err = in_process(
            "run", "--plugin", str(toys), "--datasets", "scenes", *options, *arguments
        )
        return code, load_run(Path("runs/latest").resolve()), out, err

    return run


def cell_of(run: Run, method: str) -> CellRecord:
    return next(cell for cell in run.cells if cell.method == method)


def score(cell: CellRecord, metric: str) -> float | None:
    return next(score.value for score in cell.scores if score.metric == metric)


def weights_of(run: Run) -> dict[str, torch.Tensor]:
    (fit,) = run.fits
    return load_file(f"runs/fits/{fit.key}/weights.safetensors")


def test_offline_forbids_downloads_and_the_reason_says_so(run, monkeypatch):
    monkeypatch.delenv("HARNESS_OFFLINE")
    code, result, _, err = run("--methods", "identity", "--metrics", "psnr,lpips", "--offline")
    assert code == 0
    _, lpips = cell_of(result, "identity").scores
    assert lpips.value is None
    assert "downloads are forbidden by --offline" in lpips.reason
    assert "downloading" not in err
    assert "HARNESS_OFFLINE" not in os.environ


def test_controls_and_a_trained_method_make_a_table(run):
    code, result, out, _ = run("--methods", "toy,identity,oracle")
    assert code == 0
    assert [cell.method for cell in result.cells] == ["toy", "identity", "oracle"]
    assert all(cell.status == "done" for cell in result.cells)
    assert score(cell_of(result, "oracle"), "psnr") == float("inf")
    assert score(cell_of(result, "oracle"), "ssim") == 1
    assert 20 < score(cell_of(result, "identity"), "psnr") < 24
    assert "∞" in out
    assert "oracle" in out
    assert f"runs/{result.folder.name}" in out


def test_every_record_can_be_traced(run):
    _, result, _, _ = run("--methods", "toy", "--seeds", "5")
    (fit,), (cell,) = result.fits, result.cells
    assert fit.seed == cell.seed == 5
    for record in (fit, cell):
        assert record.machine.processor
        assert record.machine.threads == torch.get_num_threads()
        assert set(record.machine.versions) == {"python", "denoise-harness"}
        assert set(record.job.libraries) >= {"torch", "numpy", "scikit-image"}
        assert datetime.fromisoformat(record.finished).tzinfo == UTC
    assert result.provenance["seeds"] == [5]
    assert "toy" in " ".join(result.provenance["command"]) or result.provenance["command"]
    scores = Path("runs/cells", cell.key, "scores.jsonl").read_text().splitlines()
    assert len(scores) == 2 * 2  # images x metrics
    assert json.loads(scores[0])["image"] == "test-0"
    pictures = pictures_of(result, cell, "test-0")
    assert pictures.denoised == Path.cwd() / "runs" / "cells" / cell.key / "images" / "test-0.png"
    noisy, clean = (read_image(path) for path in (pictures.noisy, pictures.clean))
    assert noisy.shape == clean.shape == read_image(pictures.denoised).shape
    assert noisy.var() > clean.var()


def test_a_second_run_computes_nothing_and_says_so(run):
    _, first, _, _ = run("--methods", "toy,identity")
    before = {path: path.stat().st_mtime_ns for path in Path("runs").glob("*/*/record.json")}
    code, second, out, _ = run("--methods", "toy,identity")
    assert code == 0
    assert "nothing was computed" in out
    assert all(record.reused for record in (*second.fits, *second.cells))
    assert [cell.scores for cell in first.cells] == [cell.scores for cell in second.cells]
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_another_metric_or_test_set_trains_no_more(run):
    run("--methods", "toy")
    _, result, _, _ = run("--methods", "toy", "--metrics", "psnr")
    assert result.fits[0].reused
    assert not result.cells[0].reused


def test_fresh_computes_again_and_gets_the_same(run):
    _, first, _, _ = run("--methods", "toy")
    weights = weights_of(first)
    code, second, out, _ = run("--methods", "toy", "--fresh")
    assert code == 0
    assert "nothing was computed" not in out
    assert not any(record.reused for record in (*second.fits, *second.cells))
    for name, value in weights_of(second).items():
        assert torch.equal(value, weights[name])


def test_seeds_are_rows_of_one_mean_and_spread(run):
    _, result, out, _ = run("--methods", "toy,identity", "--seeds", "0,1,2")
    assert [cell.method for cell in result.cells] == ["toy"] * 3 + ["identity"]
    assert len({fit.key for fit in result.fits}) == 3
    assert "±" in out


def test_quick_narrows_and_the_table_says_so(run):
    _, result, out, _ = run("--methods", "toy,toy[width=3]")
    first, second = result.cells
    assert first.parameters["width"] == 2
    assert first.narrowed == {"width": "2"}
    assert second.parameters["width"] == 3
    assert not second.narrowed
    assert "width=2" in out


def test_a_failed_method_is_a_row_with_a_reason_and_harms_no_other(run):
    code, result, out, _ = run("--methods", "breaks,identity")
    broken = cell_of(result, "breaks")
    assert code == 3
    assert broken.status == "failed"
    assert re.fullmatch(r"ValueError: it broke \(toys\.py:\d+\)", broken.error)
    assert "second line" in broken.traceback
    assert cell_of(result, "identity").status == "done"
    assert "ValueError: it broke" in out
    assert "Traceback" not in out


def test_debug_shows_the_traceback(run):
    _, _, _, err = run("--methods", "breaks", "--debug")
    assert "Traceback" in err
    assert "second line" in err


@pytest.mark.parametrize(
    ("how", "status", "error"),
    [
        ("memory", "out-of-memory", r"MemoryError \(toys\.py:\d+\)"),
        ("kill", "failed", "its process was killed; the system does so when memory runs out"),
    ],
)
def test_memory_and_murder_are_told(run, how, status, error):
    code, result, _, _ = run("--methods", f"breaks[how={how}],identity")
    assert code == 3
    assert result.cells[0].status == status
    assert re.fullmatch(error, result.cells[0].error)
    assert result.cells[1].status == "done"


def test_a_job_that_takes_too_long_is_ended(run):
    code, result, out, _ = run("--methods", "breaks[how=hang],identity", "--timeout", "3s")
    assert code == 3
    assert result.cells[0].status == "timeout"
    assert "stopped after 3 s, as --timeout says" in out
    assert result.cells[1].status == "done"


def test_a_fit_that_fails_gives_its_cells_the_reason(run):
    code, result, _, _ = run("--methods", "toy[learning_rate=1e30,iterations=50]")
    assert code == 3
    assert result.fits[0].status == "failed"
    assert result.cells[0].status == "failed"
    assert result.cells[0].error.startswith("training: the loss of stage 'stage-0' is")


def test_a_failed_job_is_tried_again(run):
    run("--methods", "breaks")
    _, result, _, _ = run("--methods", "breaks")
    assert not result.cells[0].reused


def test_training_on_test_images_is_asked_for_by_name_and_marked(run):
    _, result, out, _ = run("--methods", "toy", "--train-on", "test")
    assert result.cells[0].train_split == "test"
    assert "test images" in out


def test_supervision_is_marked(run):
    _, result, out, _ = run("--methods", "supervised")
    assert result.cells[0].view == "pairs"
    assert "pairs" in out


def test_a_dry_run_shows_the_plan_and_does_nothing(in_process, toys):
    arguments = ("run", "--plugin", str(toys), "--datasets", "scenes", "--methods", "toy,identity")
    code, out, _ = in_process(*arguments, "--dry-run")
    assert code == 0
    assert "train toy on scenes, seed 0" in out
    assert "3 jobs, 3 to do, the time of 3 unknown: --probe measures it" in out
    assert not Path("runs").exists()


def test_a_dry_run_says_what_a_run_costs_from_jobs_that_are_done(run, in_process, toys):
    run("--methods", "toy", "--budget", "4it", "--seeds", "0")
    arguments = ("run", "--plugin", str(toys), "--datasets", "scenes", "--methods", "toy")
    options = ("--metrics", "psnr,ssim", "--budget", "8it", "--seeds", "0,1", "--dry-run")
    code, out, _ = in_process(*arguments, *options, "--json")
    plan = json.loads(out)
    assert code == 0
    assert [job["cost"]["source"] for job in plan["jobs"]] == [
        *["from 1 finished fit, by their steps"] * 2,
        *["from 1 finished cell"] * 2,
    ]
    assert plan["cost"]["seconds"] == pytest.approx(sum(j["cost"]["seconds"] for j in plan["jobs"]))
    assert plan["cost"]["disk"] == sum(job["cost"]["disk"] for job in plan["jobs"])
    assert plan["cost"]["memory"] == max(job["cost"]["memory"] for job in plan["jobs"])
    out = in_process(*arguments, *options)[1]
    assert " of memory, " in out
    assert "4 jobs, 4 to do: " in out


def test_a_probe_is_for_a_dry_run(in_process):
    code, _, err = in_process("run", "--methods", "identity", "--probe")
    assert code == 2
    assert err == "error: --probe measures what --dry-run says: give both\n"


def test_without_a_name_the_default_dataset_is_tested_on(in_process):
    code, out, _ = in_process("run", "--methods", "identity", "--metrics", "psnr", "--dry-run")
    assert code == 0
    assert "identity on camera" in out


def test_without_a_default_dataset_one_must_be_named(in_process):
    code, _, err = in_process("run", "--methods", "identity", "--plugin", "no:datasets")
    assert code == 2
    assert err == "error: say what to test on: --datasets NAME,… (see: harness list datasets)\n"


def test_json_holds_all_records(run):
    _, result, out, _ = run("--methods", "identity,oracle", "--json")
    data = json.loads(out)
    assert str(float("inf")) in out
    assert len(json.dumps(data)) > 100
    assert len(result.cells) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "say which methods to run: --methods NAME"),
        (("--methods", "toi"), "there is no method 'toi'; did you mean 'toy'?"),
        (("--methods", "toy[widht=3]"), "did you mean 'width'?"),
        (("--methods", "toy[iterations=7]"), "toys do not like 7 iterations"),
        (("--methods", "toy", "--budget", "soon"), "cannot read the budget 'soon'"),
        (("--methods", "toy", "--seeds", "a"), "cannot read the seeds 'a'"),
        (("--methods", "toy", "--seeds", "1,1"), "a seed is given twice"),
        (("--methods", "toy", "--device", "tpu"), "there is no device 'tpu'"),
        (("--methods", "toy", "--device", "cuda:99"), "this machine has no device 'cuda:99'"),
        (("--methods", "toy", "--device", "cpu", "--precision", "fp16"), "fp16 needs a GPU"),
        (("--methods", "toy", "--launcher", "slum"), "there is no launcher 'slum'"),
        (
            ("--methods", "toy", "--launcher", "local", "--launcher", "accelerate"),
            "--launcher: there is one of all methods already; leave out 'accelerate'",
        ),
        (("--methods", "toy", "--launcher", "toy=slum"), "there is no launcher 'slum'"),
        (("--methods", "toy", "--timeout", "soon"), "cannot read the time 'soon'"),
        (("--methods", "toy", "--images", "some"), "cannot read --images 'some'"),
        (("--methods", "toy", "--root", "polyu"), "cannot read --root 'polyu': write NAME=DIR"),
        (("--methods", "toy", "--train", "scenes", "--train-on", "test"), "leave --train out"),
        (("--methods", "toy", "--weights", "toy"), "cannot read --weights 'toy'"),
        (("--methods", "toy", "--weights", "toy=none.pt"), "there is no weights file"),
        (
            ("--methods", "toy", "--weights", "supervised=a.pt"),
            "the run has no method 'supervised'",
        ),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(in_process, toys, arguments, text):
    code, out, err = in_process(
        "run", "--plugin", str(toys), "--datasets", "scenes", *METRICS, *arguments
    )
    assert code == 2
    assert text in err
    assert len(err.strip().splitlines()) == 1
    assert not out
    assert not Path("runs").exists()


def test_published_weights_are_used_instead_of_training(run):
    torch.manual_seed(0)
    torch.save(Toy(width=3).state_dict(), "toy.pt")
    options = ("--weights", "toy[width=3]=toy.pt")
    code, result, out, _ = run("--methods", "toy[width=3],identity", *options)
    assert code == 0
    assert result.fits == ()
    assert result.cells[0].weights == "toy.pt"
    assert score(result.cells[0], "psnr") < score(result.cells[1], "psnr")
    assert "weights toy.pt" in out

    torch.save(Toy(width=3, stages=2).state_dict(), "toy.pt")  # other weights in the same file
    _, other, _, _ = run("--methods", "toy[width=3]", *options)
    assert not other.cells[0].reused


def test_weights_of_another_network_are_refused_in_one_line(in_process, toys):
    torch.save(Toy(width=3).state_dict(), "toy.pt")
    code, _, err = in_process(
        *("run", "--plugin", str(toys), "--datasets", "scenes", *METRICS),
        *("--methods", "toy", "--weights", "toy=toy.pt"),
    )
    assert code == 2
    assert "these are the weights of another network: of another shape are net.first.weight" in err


def test_a_dataset_without_a_root_says_how_to_give_one(in_process, monkeypatch):
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    code, _, err = in_process("run", "--methods", "identity", "--datasets", "polyu")
    assert code == 2
    assert "say --root polyu=DIR" in err


def test_a_dataset_without_training_images_asks_for_them(in_process, toys, tmp_path):
    import numpy as np

    from harness.data.images import write_image

    for name in ("a_real.png", "a_mean.png"):
        write_image(tmp_path / name, np.zeros((32, 32, 3), np.uint8))
    options = ("run", "--plugin", str(toys), "--methods", "toy", *METRICS)
    folder = f"folder[root={tmp_path}]"
    code, _, err = in_process(*options, "--datasets", folder)
    assert code == 2
    assert "names no training data: say --train DATASET, or --train-on test" in err
    code, _, err = in_process(*options, "--datasets", folder, "--train", folder)
    assert code == 2
    assert "has no training images" in err


def test_the_configuration_file_is_read_and_the_command_line_wins(run, tmp_path):
    Path("harness.toml").write_text('[run]\nseeds = [3]\nbudget = "2it"\n')
    _, result, _, _ = run("--methods", "toy", "--budget", "3it")
    assert result.fits[0].seed == 3
    assert result.fits[0].stages[0].iterations == 3


def start(arguments: list[str], folder: Path) -> subprocess.Popen:
    """Start the real command in a process group of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "run", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(path: Path, pattern: str, seconds: float = 60) -> Path:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for found in path.glob(pattern):
            return found
        time.sleep(0.02)
    raise AssertionError(f"no {pattern} in {path} after {seconds} s")


SLOW_TOY = "toy[iterations=40,seconds_per_step=0.05,stages=2]"


@pytest.fixture
def slow_fit(toys):
    """A fit of some seconds that writes a checkpoint after every step."""
    return [
        *("--plugin", str(toys), "--datasets", "scenes", "--methods", SLOW_TOY),
        *("--checkpoint-every", "0", *METRICS),
    ]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_is_done(slow_fit, tmp_path, signum):
    arguments = [*slow_fit[:5], f"identity,{SLOW_TOY},oracle", *slow_fit[6:]]
    process = start(arguments, tmp_path)
    wait_for(tmp_path / "runs", "fits/*/checkpoint/state.pt")
    process.send_signal(signum)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + err

    result = load_run((tmp_path / "runs" / "latest").resolve())
    assert result.state == "interrupted"
    statuses = [cell.status for cell in result.cells]
    assert statuses == ["done", "interrupted", "interrupted"]
    assert (tmp_path / "runs" / "fits" / result.fits[0].key / "checkpoint" / "state.pt").exists()
    assert "interrupted" in out


def test_a_run_waits_for_the_fit_of_another_and_takes_the_result(slow_fit, tmp_path):
    first = start(slow_fit, tmp_path)
    wait_for(tmp_path / "runs", "fits/*/checkpoint/state.pt")
    second = start(slow_fit, tmp_path)
    _, err = second.communicate(timeout=120)
    assert first.wait(120) == 0
    assert second.returncode == 0
    assert f"waiting for another run, which works on: train {SLOW_TOY} on scenes, seed 0" in err
    assert ": reused" in err


@pytest.mark.slow
def test_two_processes_train_like_one_at_the_same_global_batch(run):
    _, one, _, _ = run("--methods", "toy[iterations=20]")
    _, two, _, _ = run("--methods", "toy[iterations=20]", "--processes", "2")
    assert two.fits[0].status == "done", two.fits[0].error
    assert two.fits[0].job.processes == 2
    first, second = (
        load_file(f"runs/fits/{result.fits[0].key}/weights.safetensors") for result in (one, two)
    )
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-4, atol=1e-5)
    curves = [Path(f"runs/fits/{result.fits[0].key}/losses.jsonl") for result in (one, two)]
    losses = [
        [json.loads(line)["loss"] for line in curve.read_text().splitlines()] for curve in curves
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
