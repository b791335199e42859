from pathlib import Path

import pytest
from made_records import make_score

from harness.errors import HarnessError, ReportError
from harness.results.jobs import RECORD, WEIGHTS
from harness.results.records import CellRecord, FitRecord, to_json
from harness.runs.store import RunWriter, Store, load_run
from harness.util.files import digest_of, write_text

PSNR = make_score(value=float("inf"))
PLANNED = [
    FitRecord(key="f", status="interrupted", method="m"),
    CellRecord(key="c", status="interrupted", method="m", fit="f"),
    CellRecord(key="d", status="interrupted", method="n"),
]


def put(folder: Path, record: FitRecord | CellRecord) -> None:
    write_text(folder / RECORD, to_json(record))


def test_a_fit_is_finished_when_its_weights_are_unharmed(tmp_path):
    store = Store(tmp_path)
    folder = store.fit_folder("k")
    assert store.finished_fit("k") is None
    write_text(folder / WEIGHTS, "weights")
    put(folder, FitRecord(key="k", status="done", method="m", weights=digest_of(folder / WEIGHTS)))
    assert store.finished_fit("k") is not None
    write_text(folder / WEIGHTS, "weight")
    assert store.finished_fit("k") is None


@pytest.mark.parametrize("status", ["failed", "timeout", "out-of-memory", "interrupted"])
def test_what_failed_is_not_finished(tmp_path, status):
    store = Store(tmp_path)
    put(store.cell_folder("k"), CellRecord(key="k", status=status, method="m"))
    assert store.finished_cell("k") is None


def test_a_record_under_another_key_is_not_believed(tmp_path):
    store = Store(tmp_path)
    put(store.cell_folder("k"), CellRecord(key="other", status="done", method="m"))
    assert store.finished_cell("k") is None


def test_a_damaged_record_counts_as_none(tmp_path):
    store = Store(tmp_path)
    write_text(store.cell_folder("k") / RECORD, '{"kind": "cell", ')
    assert store.finished_cell("k") is None


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    store = Store(tmp_path)
    folder = store.fit_folder("k")
    with store.locked(folder), pytest.raises(HarnessError, match="another run is working on"):
        store.locked(folder).__enter__()
    with store.locked(folder):
        pass


def test_cleaning_keeps_what_it_is_told_to(tmp_path):
    store = Store(tmp_path)
    for name in ("lock", "record.json", "checkpoint/state.pt", "images/a.png"):
        write_text(tmp_path / "job" / name, "")
    store.clean(tmp_path / "job", keep={"checkpoint"})
    assert sorted(path.name for path in (tmp_path / "job").iterdir()) == ["checkpoint", "lock"]


def test_a_run_is_read_back_with_what_ended_and_what_did_not(tmp_path):
    writer = RunWriter(tmp_path, {"seeds": [0]}, PLANNED)
    done = CellRecord(key="c", status="done", method="m", fit="f", scores=(PSNR,))
    writer.append(done)
    run = load_run(writer.folder)
    assert run.state == "running"
    assert run.cells == (done, PLANNED[2])
    assert run.fits == (PLANNED[0],)

    run = writer.close(interrupted=True)
    assert run.state == "interrupted"
    assert run.cells == (done, PLANNED[2])
    assert run.cells[0].scores[0].value == float("inf")
    assert (tmp_path / "latest").resolve() == writer.folder


def test_a_line_that_a_kill_cut_short_is_not_read(tmp_path):
    writer = RunWriter(tmp_path, {}, PLANNED)
    with (writer.folder / "records.jsonl").open("a") as file:
        file.write(to_json(CellRecord(key="c", status="done", method="m"))[:40])
    assert load_run(writer.folder).cells[0].status == "interrupted"


def test_two_runs_in_one_second_have_their_own_folders(tmp_path):
    first, second = (RunWriter(tmp_path, {}, PLANNED) for _ in range(2))
    assert first.folder != second.folder


def test_what_is_no_run_says_so(tmp_path):
    with pytest.raises(ReportError, match=r"is not the folder of a run: it holds no run\.json"):
        load_run(tmp_path)
    write_text(tmp_path / "run.json", "{")
    with pytest.raises(ReportError, match="cannot read the run in"):
        load_run(tmp_path)
