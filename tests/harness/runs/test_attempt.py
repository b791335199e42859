"""Jobs of launchers that know more of them than a process's status, or keep them without us."""

import pytest
from fake_launcher import Clock, FakeJob, FakeLauncher, Scheduler, cell, statuses

from harness.launchers import RESTARTS, Ended, Resources
from harness.results.names import LAUNCHER
from harness.results.records import blank_record, to_json
from harness.runs import executor
from harness.runs.store import Store
from harness.util.files import write_text

LOST = Ended("failed", "its node failed", lost=True)


@pytest.mark.parametrize("status", ["timeout", "out-of-memory", "interrupted", "failed"])
def test_how_a_job_ended_is_what_its_launcher_says_where_the_job_says_nothing(carry_out, status):
    (record,) = carry_out(
        FakeLauncher(lost={"cell 0": [Ended(status, "the reason")]}), cell(0, fit=False)
    ).cells
    assert (record.status, record.error) == (status, "the reason")


@pytest.mark.parametrize(
    ("left", "status", "error"),
    [("done", "done", ""), ("interrupted", "timeout", "the reason"), ("failed", "failed", "")],
)
def test_the_record_of_a_job_says_more_unless_it_was_interrupted(carry_out, left, status, error):
    launcher = FakeLauncher(endings={"cell 0": [left]}, exits=Ended("timeout", "the reason"))
    (record,) = carry_out(launcher, cell(0, fit=False)).cells
    assert (record.status, record.error) == (status, error)


def test_a_lost_job_is_started_again_and_a_fit_keeps_its_checkpoint(carry_out, tmp_path):
    job = cell(0)
    folder = Store(tmp_path / "runs").folder(job.fit)
    found = []

    def look(name):
        (folder / "checkpoint").mkdir(exist_ok=True)
        found.append((folder / "leftover").exists())
        (folder / "leftover").touch()

    launcher = FakeLauncher(lost={"fit 0": [LOST, LOST]}, looks=2, on_look=look)
    run = carry_out(launcher, job, slots=1)
    assert launcher.log[:6] == ["+fit 0", "!fit 0"] * 2 + ["+fit 0", "-fit 0"]
    assert found[:6] == [False, True] * 3
    assert (folder / "checkpoint").exists()
    assert set(statuses(run).values()) == {"done"}
    assert run.fits[0].notes == ("its node failed, so it was started again",) * 2


def test_a_job_that_is_lost_again_and_again_fails_with_the_reason(carry_out):
    launcher = FakeLauncher(lost={"cell 0": [LOST] * 9})
    (record,) = carry_out(launcher, cell(0, fit=False)).cells
    assert launcher.log.count("+cell 0") == 1 + RESTARTS
    assert (record.status, record.error) == ("failed", "its node failed")


def test_the_time_that_a_job_waits_in_a_queue_is_not_limited(carry_out, monkeypatch):
    clock = Clock(monkeypatch)

    def tick(name):
        clock.now += 2

    launcher = FakeLauncher(looks=3, waits=100, on_look=tick)
    assert statuses(carry_out(launcher, cell(0, fit=False), timeout=7)) == {"cell 0": "done"}
    launcher = FakeLauncher(looks=10, waits=100, on_look=tick)
    run = carry_out(launcher, cell(1, fit=False), timeout=7)
    assert statuses(run) == {"cell 1": "timeout"}
    assert launcher.looked == 100 + 4


@pytest.mark.parametrize(("lag", "status"), [(5000, "done"), (0, "failed")])
def test_a_record_that_is_not_seen_yet_is_waited_for(carry_out, monkeypatch, tmp_path, lag, status):
    job = cell(0, fit=False)
    folder = Store(tmp_path / "runs").folder(job)

    def seen():
        write_text(folder / "record.json", to_json(blank_record(job, status="done")))

    Clock(monkeypatch, passed=seen)
    launcher = FakeLauncher(lost={"cell 0": [0]})
    launcher.lag = lag
    run = carry_out(launcher, job)
    assert statuses(run) == {"cell 0": status}


def test_a_launcher_that_schedules_is_asked_for_what_a_job_needs_and_places_nothing(carry_out):
    launcher = Scheduler()
    cells = [cell(0, timed=True, processes=2), *(cell(n, fit=False, timed=True) for n in (1, 2))]
    carry_out(launcher, *cells, slots=3)
    assert launcher.log[:3] == ["+fit 0", "+cell 1", "+cell 2"]
    assert launcher.resources["fit 0"] == Resources(processes=2)
    assert launcher.resources["cell 1"] == Resources()


def test_jobs_that_are_left_to_their_launcher_are_taken_over_by_the_same_command(carry_out):
    cluster = Scheduler(looks=5)
    left = carry_out(cluster, cell(0), cell(1, fit=False), cell(2, fit=False), slots=2, detach=True)
    assert left.state == "running"
    assert cluster.log == ["+fit 0", "+cell 1"]
    again = carry_out(cluster, cell(0), cell(1, fit=False), cell(2, fit=False), slots=2)
    assert again.state == "finished"
    assert set(statuses(again).values()) == {"done"}
    started = [entry for entry in cluster.log if entry.startswith("+")]
    assert sorted(started) == ["+cell 0", "+cell 1", "+cell 2", "+fit 0"]


def test_what_ended_while_nobody_looked_is_taken_as_it_is(carry_out):
    cluster = Scheduler(looks=5, endings={"cell 0": ["failed"], "cell 1": ["interrupted"]})
    jobs = [cell(seed, fit=False) for seed in range(3)]
    carry_out(cluster, *jobs, detach=True)
    cluster.pass_by()
    run = carry_out(cluster, *jobs)
    assert statuses(run) == {"cell 0": "failed", "cell 1": "done", "cell 2": "done"}
    assert [cluster.log.count(f"+cell {seed}") for seed in range(3)] == [1, 2, 1]


def test_a_job_that_was_stopped_is_nobody_s_any_more(carry_out, tmp_path):
    def interrupt(name):
        raise KeyboardInterrupt

    carry_out(Scheduler(looks=5, on_look=interrupt), cell(0, fit=False))
    assert not list(tmp_path.rglob(LAUNCHER))


def test_a_job_that_cannot_be_stopped_is_found_later(carry_out, monkeypatch, tmp_path):
    """As where the cluster does not answer."""

    def interrupt(name):
        if cluster.looked == 1:
            raise KeyboardInterrupt

    cluster = Scheduler(looks=5, on_look=interrupt, deaf=True)
    monkeypatch.setattr(FakeJob, "kill", lambda job: None)
    monkeypatch.setattr(executor, "GRACE_SECONDS", 0.0)
    carry_out(cluster, cell(0, fit=False))
    assert list(tmp_path.rglob(LAUNCHER))
    assert statuses(carry_out(cluster, cell(0, fit=False))) == {"cell 0": "done"}
    assert cluster.log.count("+cell 0") == 1
