"""The time left of a run: what is left of running jobs, and estimates of the others."""

from dataclasses import replace

import pytest
from made_records import make_cell_job

from harness import load_plugins
from harness.results.plan import Plan
from harness.results.progress import Progress
from harness.results.records import blank_record
from harness.runs.clock import RunClock
from harness.runs.cost import Costs
from harness.runs.slots import Device, Slots
from harness.runs.store import Store
from harness.worker.machine import machine

CELLS = [make_cell_job("identity", "set", seed=seed) for seed in range(3)]


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def clock(tmp_path, watch):
    store = Store(tmp_path)
    clock = RunClock(Costs(load_plugins()), Slots(1, [Device(1)], 1), store, clock=watch)
    clock.harness_plan(Plan(tuple(CELLS)))
    return clock


def test_it_is_unknown_until_a_job_like_the_others_has_ended(clock, watch):
    clock.harness_job_started(CELLS[0])
    clock.harness_stage_progress(CELLS[0], Progress(0.0, "", 1.0, "it"))
    watch.now = 5.0
    clock.harness_stage_progress(CELLS[0], Progress(0.5, "", 1.0, "it"))
    assert clock.seconds_left() is None
    watch.now = 10.0
    done = blank_record(CELLS[0], status="done", seconds=10.0, machine=machine("cpu"))
    clock.harness_job_finished(CELLS[0], done)
    assert clock.seconds_left() == 20.0


def test_a_running_job_counts_by_how_far_it_is_or_how_long_it_runs(clock, watch):
    done = blank_record(CELLS[0], status="done", seconds=10.0, machine=machine("cpu"))
    clock.harness_job_finished(CELLS[0], done)
    clock.harness_job_started(CELLS[1])
    watch.now = 4.0
    assert clock.seconds_left() == 6.0 + 10.0  # as long as the other
    clock.harness_stage_progress(CELLS[1], Progress(0.2, "", 1.0, "it"))
    watch.now = 6.0
    clock.harness_stage_progress(CELLS[1], Progress(0.6, "", 1.0, "it"))
    assert clock.seconds_left() == 2.0 + 10.0  # faster than it


def test_what_failed_takes_no_more_time(clock, watch):
    clock.harness_job_finished(CELLS[0], blank_record(CELLS[0], status="failed"))
    done = blank_record(CELLS[1], status="done", seconds=7.0, machine=machine("cpu"))
    clock.harness_job_finished(CELLS[1], replace(done))
    assert clock.seconds_left() == 7.0
    assert clock.seconds_left() == 7.0
