"""Runs from Python."""

import pytest

import harness
from harness import Request, UsageError, load_plugins


@pytest.fixture
def registry(toys):
    return load_plugins(str(toys))


def request_in(folder, **more) -> Request:
    return Request(
        **{"methods": "toy,identity", "datasets": "scenes", "metrics": "psnr", **more},
        device="cpu",
        out=folder,
    )


def test_a_run_from_python_is_that_of_the_command_line(registry, toys, tmp_path, in_process):
    run = harness.run(request_in(tmp_path / "runs"), registry)
    assert [cell.status for cell in run.cells] == ["done", "done"]
    assert harness.load_run(run.folder) == run

    options = ("--methods", "toy,identity", "--datasets", "scenes", "--metrics", "psnr")
    code, out, _ = in_process("run", "--plugin", str(toys), *options)
    assert code == 0
    assert "nothing was computed" in out


def test_a_plan_names_the_jobs_and_does_none(registry, tmp_path):
    plan = harness.plan(request_in(tmp_path / "runs", methods=["toy", "toy[width=3]"]), registry)
    assert [job.title for job in plan.jobs] == [
        "train toy on scenes, seed 0",
        "train toy[width=3] on scenes, seed 0",
        "test toy on scenes, seed 0",
        "test toy[width=3] on scenes, seed 0",
    ]
    assert not (tmp_path / "runs").exists()


def test_what_is_impossible_raises_as_it_reads_on_the_command_line(registry, tmp_path):
    with pytest.raises(UsageError, match="there is no method 'toi'; did you mean 'toy'"):
        harness.plan(request_in(tmp_path, methods="toi"), registry)


def test_a_dataset_that_is_offered_is_tested_on_where_none_is_named(registry, tmp_path):
    plan = harness.plan(request_in(tmp_path, methods="identity", datasets=()), registry)
    assert [cell.data.label for cell in plan.cells] == ["camera"]


def test_all_folders_that_are_missing_are_named_before_anything_is_read(
    registry, tmp_path, monkeypatch
):
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    with pytest.raises(harness.DataError) as error:
        harness.plan(request_in(tmp_path, methods="toy", datasets="polyu,scenes"), registry)
    assert "dataset 'polyu' and 'cc15', which polyu is trained on" in str(error.value)
    with pytest.raises(harness.DataError) as error:
        harness.plan(request_in(tmp_path, methods="identity", datasets="polyu"), registry)
    assert "cc15" not in str(error.value)
