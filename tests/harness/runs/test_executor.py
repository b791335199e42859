"""Jobs side by side: who starts when, beside whom, and with how much of the machine."""

from collections import Counter
from inspect import isfunction

import pytest
from fake_launcher import THREADS, Clock, FakeLauncher, cell, statuses

from harness.launchers import Resources
from harness.runs.attempt import Attempt
from harness.runs.executor import ALONE
from harness.runs.folder import RunWriter
from harness.runs.graph import JobGraph
from harness.runs.slots import Slots
from harness.runs.store import Store


def at_once(log: list[str]) -> list[int]:
    """How many jobs run after every entry of a log."""
    counts, running = [], 0
    for entry in log:
        running += 1 if entry.startswith("+") else -1
        counts.append(running)
    return counts


def test_with_one_slot_jobs_run_one_by_one_in_the_order_of_the_plan(carry_out):
    launcher = FakeLauncher()
    cells = [cell(0, timed=True), cell(1, fit=False), cell(2, timed=True)]
    run = carry_out(launcher, *cells, slots=1)
    order = ["fit 0", "cell 0", "cell 1", "fit 2", "cell 2"]
    assert launcher.log == [sign + name for name in order for sign in "+-"]
    assert set(statuses(run).values()) == {"done"}
    assert set(launcher.resources.values()) == {Resources()}


def test_eight_equal_jobs_on_four_slots_take_the_time_of_two(carry_out):
    launcher = FakeLauncher(looks=5)
    carry_out(launcher, *(cell(seed, fit=False) for seed in range(8)))
    assert at_once(launcher.log) == [1, 2, 3, 4, 3, 2, 1, 0] * 2
    assert launcher.looked == 8 * 5


def test_a_slot_that_becomes_free_is_taken_at_once_by_the_next_in_order(carry_out):
    launcher = FakeLauncher()
    run = carry_out(launcher, *(cell(seed) for seed in range(6)), slots=2)
    assert max(at_once(launcher.log)) == 2
    starts = [entry[1:] for entry in launcher.log if entry.startswith("+")]
    # a cell whose fit has ended goes before the fits of later cells
    assert starts[:6] == ["fit 0", "fit 1", "cell 0", "cell 1", "fit 2", "fit 3"]
    assert set(statuses(run).values()) == {"done"}
    for seed in range(6):
        assert launcher.log.index(f"-fit {seed}") < launcher.log.index(f"+cell {seed}")


def test_cells_that_are_timed_come_last_and_run_alone_with_all_threads(carry_out):
    launcher = FakeLauncher()
    timed = [cell(seed, timed=seed % 2 == 0) for seed in range(6)]
    carry_out(launcher, *timed)
    starts = [entry[1:] for entry in launcher.log if entry.startswith("+")]
    assert starts[-3:] == ["cell 0", "cell 2", "cell 4"]
    for seed in (0, 2, 4):
        assert launcher.beside[f"cell {seed}"] == set()
        assert launcher.resources[f"cell {seed}"].threads is None
    for name in ("fit 0", "cell 1"):
        assert launcher.resources[name] == Resources(threads=THREADS // 4, memory=1 / 4)


def test_the_key_of_a_timed_cell_does_not_know_of_the_slots(carry_out):
    one = carry_out(FakeLauncher(), cell(0, timed=True), slots=1)
    launcher = FakeLauncher()
    four = carry_out(launcher, cell(0, timed=True), slots=4)
    assert launcher.log == []
    assert [record.key for record in one.cells] == [record.key for record in four.cells]
    assert all(record.reused for record in (*four.fits, *four.cells))


def test_a_fit_of_several_processes_takes_as_many_slots(carry_out):
    launcher = FakeLauncher()
    carry_out(launcher, *(cell(seed, processes=2) for seed in range(4)), cell(9, fit=False))
    assert launcher.beside["fit 0"] == {"fit 1"}
    assert launcher.resources["fit 0"] == Resources(processes=2, threads=THREADS // 4, memory=2 / 4)


def test_a_fit_of_more_processes_than_slots_takes_all_of_them(carry_out):
    launcher = FakeLauncher()
    carry_out(launcher, *(cell(seed, processes=4) for seed in range(2)), slots=2)
    assert launcher.beside["fit 0"] == launcher.beside["fit 1"] == set()
    assert launcher.resources["fit 0"] == Resources(processes=4)


def test_a_large_fit_is_not_overtaken_for_ever_by_small_jobs(carry_out):
    launcher = FakeLauncher()
    small = [cell(seed, fit=False) for seed in range(1, 20)]
    carry_out(launcher, small[0], cell(0, processes=4), *small[1:])
    starts = [entry[1:] for entry in launcher.log if entry.startswith("+")]
    assert starts[:2] == ["cell 1", "fit 0"]


def test_every_job_sees_a_gpu_of_its_own(carry_out):
    launcher = FakeLauncher()
    carry_out(launcher, *(cell(seed, fit=False) for seed in range(8)), gpus=4)
    gpus = [launcher.resources[f"cell {seed}"].gpus for seed in range(8)]
    assert gpus == [(0,), (1,), (2,), (3,)] * 2


def test_the_processes_of_a_fit_get_a_gpu_each(carry_out):
    launcher = FakeLauncher()
    carry_out(launcher, cell(0, processes=2), cell(1, processes=2), cell(2, fit=False), gpus=4)
    assert launcher.resources["fit 0"].gpus == (0, 1)
    assert launcher.resources["fit 1"].gpus == (2, 3)
    carry_out(launcher, cell(3, processes=3), gpus=4, slots=1)
    assert launcher.resources["fit 3"].gpus == (0, 1, 2)


def test_a_timed_cell_has_its_gpu_for_itself_while_others_compute(carry_out):
    launcher = FakeLauncher()
    timed = [cell(seed, fit=False, timed=True) for seed in range(4)]
    carry_out(launcher, *timed, *(cell(seed, fit=False) for seed in range(4, 7)), gpus=2)
    for seed in range(4):
        name = f"cell {seed}"
        mine = launcher.resources[name].gpus
        assert all(launcher.resources[other].gpus != mine for other in launcher.beside[name])
        assert launcher.resources[name].threads is None
    assert any(launcher.beside[f"cell {seed}"] for seed in range(4))


def test_a_fit_that_fails_costs_its_own_cells_alone(carry_out):
    launcher = FakeLauncher(endings={"fit 1": ["failed"]})
    run = carry_out(launcher, *(cell(seed) for seed in range(3)))
    failed = {"fit 1", "cell 1"}
    assert {name for name, status in statuses(run).items() if status != "done"} == failed
    assert "+cell 1" not in launcher.log
    assert run.cells[1].error == "training: failed"


@pytest.mark.parametrize("gpus", [0, 1])
def test_memory_that_ran_out_beside_others_is_told_from_a_lack_of_it(carry_out, caplog, gpus):
    out = "out-of-memory"
    launcher = FakeLauncher(endings={"fit 0": [out], "fit 1": [out, out, "done"]})
    run = carry_out(launcher, *(cell(seed) for seed in range(4)), gpus=gpus)
    assert [launcher.log.count(f"+fit {seed}") for seed in range(4)] == [2, 2, 1, 1]
    assert launcher.beside["fit 0"] == launcher.beside["fit 1"] == set()  # of the last try
    assert [fit.status for fit in run.fits] == ["done", out, "done", "done"]
    assert [fit.notes for fit in run.fits] == [(ALONE,), (ALONE,), (), ()]
    assert "memory ran out beside other jobs" in caplog.text


def test_a_job_that_runs_out_of_memory_alone_is_not_tried_again(carry_out):
    launcher = FakeLauncher(endings={"fit 0": ["out-of-memory", "done"]})
    run = carry_out(launcher, cell(0), slots=1)
    assert [fit.status for fit in run.fits] == ["out-of-memory"]
    launcher = FakeLauncher(endings={"fit 0": ["out-of-memory", "done"]})
    run = carry_out(launcher, cell(0), cell(1), gpus=2, slots=2, folder="other")
    assert [fit.status for fit in run.fits] == ["out-of-memory", "done"]


class Interrupt:
    """Ctrl-C, at so many looks."""

    def __init__(self, *at):
        self.at, self.looks = at, 0

    def __call__(self, name):
        self.looks += 1
        if self.looks in self.at:
            raise KeyboardInterrupt


def test_ctrl_c_asks_all_jobs_to_stop_before_it_waits_for_one(carry_out):
    launcher = FakeLauncher(looks=100, on_look=Interrupt(10))
    run = carry_out(launcher, *(cell(seed) for seed in range(9)))
    assert launcher.log[4:] == ["~fit 0", "~fit 1", "~fit 2", "~fit 3"]
    assert run.state == "interrupted"
    assert set(statuses(run).values()) == {"interrupted"}
    assert len(run.fits) == len(run.cells) == 9


def test_a_second_ctrl_c_ends_all_jobs_at_once(carry_out):
    launcher = FakeLauncher(looks=10**6, on_look=Interrupt(10, 11), deaf=True)
    run = carry_out(launcher, *(cell(seed) for seed in range(4)))
    assert launcher.log[4:] == ["xfit 0", "xfit 1", "xfit 2", "xfit 3"]
    assert run.state == "interrupted"


def test_the_time_of_a_job_is_limited_while_it_runs(carry_out, monkeypatch):
    clock = Clock(monkeypatch)

    def tick(name):
        clock.now += 2

    jobs = [cell(seed, fit=False) for seed in range(3)]  # each runs for six seconds in three looks
    run = carry_out(FakeLauncher(on_look=tick), *jobs, timeout=7, slots=1)
    assert set(statuses(run).values()) == {"done"}
    launcher = FakeLauncher(looks=10, on_look=tick)
    run = carry_out(launcher, jobs[0], timeout=7, slots=1, folder="other")
    assert statuses(run) == {"cell 0": "timeout"}
    assert launcher.log == ["+cell 0", "xcell 0"]


def test_the_time_that_a_job_waits_for_another_run_does_not_count(carry_out, monkeypatch, tmp_path):
    job = cell(0, fit=False)
    held = Store(tmp_path / "runs").lock(job)
    Clock(monkeypatch, passed=held.close)
    run = carry_out(FakeLauncher(), job, timeout=5, slots=1)
    assert statuses(run) == {"cell 0": "done"}


def test_a_job_that_another_run_works_on_holds_no_other_slot_up(carry_out, tmp_path, caplog):
    jobs = [cell(seed, fit=False) for seed in range(6)]
    held = Store(tmp_path / "runs").lock(jobs[0])
    launcher = FakeLauncher(on_look=lambda name: name == "cell 5" and held.close())
    run = carry_out(launcher, *jobs, slots=2)
    assert launcher.log[-1] == "-cell 0"
    assert set(statuses(run).values()) == {"done"}
    assert caplog.text.count("waiting for another run, which works on") == 1


@pytest.fixture
def calls(monkeypatch) -> Counter[str]:
    """Counts the calls of all that has to do with the order, the places and the files of jobs."""
    counted: Counter[str] = Counter()

    def counting(name, function):
        def call(*arguments, **named):
            counted[name] += 1
            return function(*arguments, **named)

        return call

    for kind in (JobGraph, Slots, Attempt, Store, RunWriter):
        for name, value in list(vars(kind).items()):
            if isfunction(value):
                called = f"{kind.__name__}.{name}"
                monkeypatch.setattr(kind, name, counting(called, value))
    return counted


@pytest.mark.slow
def test_the_work_grows_with_the_number_of_jobs_and_no_faster(carry_out, calls):
    """200 jobs on 50 slots, and five times as many: cells and their fits."""

    def work(count: int) -> Counter[str]:
        calls.clear()
        launcher = FakeLauncher()
        cells = [cell(seed) for seed in range(count // 2)]
        carry_out(launcher, *cells, slots=50, folder=f"runs-{count}")
        assert max(at_once(launcher.log)) == 50
        assert len(launcher.log) == 2 * count
        return calls.copy()

    few, many = work(200), work(1000)
    assert few["Slots.take"] < 2 * 200
    assert few.keys() == many.keys()
    for name in few:
        assert many[name] <= 6 * few[name], name
