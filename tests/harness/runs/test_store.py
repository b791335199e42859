from dataclasses import replace
from pathlib import Path

import pytest
from made_records import make_cell, make_cell_job, make_fit_job

from harness.errors import HarnessError
from harness.results.names import RECORD, SCORES, WEIGHTS
from harness.results.records import CellRecord, FitRecord, to_json
from harness.runs.store import Store
from harness.util.files import digest_of, write_text

FIT, CELL = make_fit_job(), make_cell_job()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def put(store: Store, record: FitRecord | CellRecord, **files: str) -> Path:
    """Put a record and its files where the store looks for them; returns the folder."""
    folder = store.folder(record.job)
    digests = {}
    for name, content in files.items():
        write_text(folder / name, content)
        digests[name] = digest_of(folder / name)
    write_text(folder / RECORD, to_json(replace(record, files=digests)))
    return folder


def finished(job, **more):
    kind = FitRecord if job is FIT else CellRecord
    return kind(job=job, status="done", **more)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(("job", "file"), [(FIT, WEIGHTS), (CELL, SCORES)])
def test_a_job_is_finished_as_long_as_its_files_are_unharmed(store, caplog, job, file):
    assert store.finished(job) is None
    folder = put(store, finished(job), **{file: "content"})
    assert store.finished(job) is not None
    (folder / file).write_text("contend")
    assert store.finished(job) is None
    assert names(folder) == {RECORD, f"{file}.damaged-1"}
    assert f"{folder / file} is damaged (its checksum does not fit): kept as" in caplog.text


def test_a_job_whose_file_is_gone_is_not_finished(store):
    folder = put(store, finished(FIT), **{WEIGHTS: "content"})
    (folder / WEIGHTS).unlink()
    assert store.finished(FIT) is None


@pytest.mark.parametrize("status", ["failed", "timeout", "out-of-memory", "interrupted"])
def test_what_failed_is_not_finished(store, status):
    put(store, make_cell(status=status))
    assert store.finished(CELL) is None


def test_a_record_under_another_key_is_not_believed(store):
    write_text(store.folder(CELL) / RECORD, to_json(make_cell(dataset="another")))
    assert store.finished(CELL) is None


@pytest.mark.parametrize(
    "content",
    [b'{"kind": "cell", ', b"\xff\xfe\x00not UTF-8", b"[]", b"", b"[" * 200_000],
    ids=["cut", "not-text", "no-record", "empty", "deep"],
)
def test_a_damaged_record_is_set_aside_and_named(store, caplog, content):
    path = store.folder(CELL) / RECORD
    write_text(path, "")
    for number in (1, 2):
        path.write_bytes(content)
        assert store.finished(CELL) is None
        assert not path.exists()
        assert path.with_name(f"{RECORD}.damaged-{number}").read_bytes() == content
    assert len(caplog.messages) == 2
    assert all("\n" not in message for message in caplog.messages)


def test_a_flipped_bit_in_a_record_is_noticed(store, caplog):
    path = put(store, make_cell()) / RECORD
    path.write_text(path.read_text().replace('"seconds": 0.0', '"seconds": 1.0'))
    assert store.finished(CELL) is None
    assert "its checksum does not fit" in caplog.text


def test_a_folder_is_held_by_one_at_a_time(store):
    lock = store.lock(CELL)
    assert lock is not None
    with lock:
        assert store.lock(CELL) is None
    assert store.lock(CELL) is not None


@pytest.mark.parametrize("linked", ["job", "kind"])
def test_a_folder_that_is_a_link_is_refused_and_its_target_kept(store, tmp_path, linked):
    precious = tmp_path / "precious"
    write_text(precious / CELL.key / "photo.png", "")
    folder = store.folder(CELL)
    store.root.mkdir()
    if linked == "job":
        folder.parent.mkdir()
        folder.symlink_to(precious / CELL.key)
    else:
        folder.parent.symlink_to(precious)
    for use in (
        lambda: store.finished(CELL),
        lambda: store.lock(CELL),
    ):
        with pytest.raises(HarnessError, match=r"is a link, or lies behind one.*remove the link"):
            use()
    assert (precious / CELL.key / "photo.png").exists()


def test_the_store_itself_may_lie_behind_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    store = Store(tmp_path / "runs")
    put(store, make_cell())
    assert store.finished(CELL) is not None


def test_cleaning_keeps_what_it_is_told_to(store):
    folder = store.folder(FIT)
    for name in ("lock", "record.json", "checkpoint/state.pt", "images/a.png"):
        write_text(folder / name, "")
    store.clean(FIT, keep={"checkpoint"})
    assert names(folder) == {"checkpoint", "lock"}
