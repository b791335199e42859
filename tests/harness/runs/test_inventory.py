"""What is removed is needed by no run, and is never worked on."""

import fcntl
import os

import pytest
from made_records import make_cell

from harness.errors import HarnessError, ReportError
from harness.results.names import LAUNCHER, RECORD, originals_folder
from harness.results.plan import Plan
from harness.runs.folder import RunWriter
from harness.runs.inventory import Inventory, size_of
from harness.runs.store import LOCK, Store


@pytest.fixture
def write_run(tmp_path):
    """Writes a run of methods tested on a dataset, with a folder for every result."""

    def write_run(*methods, dataset="camera", ended=True):
        cells = [make_cell(method, dataset) for method in methods]
        writer = RunWriter(
            tmp_path, {"command": ["harness", *methods]}, Plan(tuple(cell.job for cell in cells))
        )
        for cell in cells:
            folder = Store(tmp_path).folder(cell.job)
            originals = originals_folder(tmp_path, cell.job.data.fingerprint)
            for place in (folder, originals):
                place.mkdir(parents=True, exist_ok=True)
                (place / "file").write_bytes(bytes(1000))
            if ended:
                writer.append(cell)
        if ended:
            writer.close(interrupted=False)
        return writer.folder

    return write_run


def names(paths):
    return sorted(path.parent.name for path in paths)


def test_runs_are_listed_with_what_they_are(tmp_path, write_run):
    folder = write_run("a", "b")
    (run,) = Inventory(tmp_path).runs
    assert (run.folder, run.state, run.done, run.cells) == (folder, "finished", 2, 2)
    assert run.command == ("harness", "a", "b")
    assert names(run.results) == ["cells", "cells", "images"]


def test_a_run_that_works_on_nothing_was_killed(tmp_path, write_run):
    write_run("a", ended=False)
    (run,) = Inventory(tmp_path).runs
    assert run.state == "killed"
    (cell,) = (path for path in run.results if path.parent.name == "cells")
    with (cell / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (run,) = Inventory(tmp_path).runs
        assert run.state == "running"
        assert Inventory(tmp_path).remove([cell]) == []
    assert cell.exists()


def test_a_job_that_was_left_to_a_cluster_is_worked_on_until_it_leaves_its_record(
    tmp_path, write_run
):
    write_run("a", ended=False)
    (run,) = Inventory(tmp_path).runs
    (cell,) = (path for path in run.results if path.parent.name == "cells")
    (cell / LAUNCHER).write_text("slurm")
    assert Inventory(tmp_path).runs[0].state == "running"
    assert Inventory(tmp_path).remove([cell]) == []
    (cell / RECORD).touch()
    assert Inventory(tmp_path).remove([cell]) == [cell]


def test_what_another_run_needs_stays(tmp_path, write_run):
    first, second = write_run("a", "b"), write_run("b")
    inventory = Inventory(tmp_path)
    going = inventory.run(first.name)
    own = inventory.needed_by([going])
    assert names(own) == ["cells"]
    assert set(inventory.remove([*own, first])) == {*own, first}
    assert [run.folder for run in inventory.runs] == [second]
    assert not inventory.needed_by_none()


def test_results_of_a_folder_that_is_gone_are_needed_by_none(tmp_path, write_run):
    write_run("a")
    gone = write_run("b", dataset="polyu")
    for path in gone.iterdir():
        path.unlink()
    gone.rmdir()
    assert names(Inventory(tmp_path).needed_by_none()) == ["cells", "images"]


def test_nothing_is_removed_as_long_as_a_run_cannot_be_read(tmp_path, write_run):
    write_run("a")
    broken = write_run("b")
    (broken / "run.json").write_text("{")
    inventory = Inventory(tmp_path)
    with pytest.raises(ReportError, match=r"remove it first: harness runs rm"):
        inventory.needed_by_none()
    assert inventory.needed_by([inventory.run(broken.name)]) == []


def test_a_link_is_never_followed(tmp_path, write_run):
    folder = write_run("a")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    link = tmp_path / "cells" / (20 * "0")
    link.symlink_to(outside)
    inventory = Inventory(tmp_path)
    assert link not in inventory.needed_by_none()
    with pytest.raises(HarnessError, match="is a link"):
        inventory.remove([link])
    assert outside.exists()
    assert folder.exists()


def test_latest_points_to_the_newest_run_that_is_left(tmp_path, write_run):
    first = write_run("a")
    os.utime(first / "run.json", (1, 1))
    os.utime(first / "records.jsonl", (1, 1))
    second = write_run("b")
    inventory = Inventory(tmp_path)
    assert inventory.run("latest").folder == second
    inventory.remove([second])
    assert (tmp_path / "latest").resolve() == first


def test_a_size_counts_the_bytes_of_files(tmp_path, write_run):
    write_run("a")
    (run,) = Inventory(tmp_path).runs
    assert size_of(run.results) == 2000


def test_a_run_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ReportError, match="there is no run 'x'"):
        Inventory(tmp_path).run("x")


def test_a_run_of_another_version_is_listed(tmp_path, write_run):
    folder = write_run("a")
    text = (folder / "run.json").read_text()
    (folder / "run.json").write_text(text.replace('"schema": 2', '"schema": 99'))
    (run,) = Inventory(tmp_path).runs
    assert (run.folder, run.state) == (folder, "finished")
