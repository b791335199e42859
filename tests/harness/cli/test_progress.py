import io
import itertools

import pytest
from made_records import make_cell, make_cell_job, make_run
from rich.console import Console

from harness.cli.progress import ProgressDisplay, announce, counting
from harness.results.plan import Plan
from harness.results.progress import Progress
from harness.results.records import CellRecord, blank_record

JOB = make_cell_job("net[width=3]", "set", trained_on="set", seed=2)


def shown(*, terminal: bool, record: CellRecord) -> str:
    """What a display shows of a run of one job."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=140, color_system=None)
    seconds = itertools.count(step=20.0)
    display = ProgressDisplay(console, clock=lambda: next(seconds))
    display.harness_plan(plan=Plan((JOB,)))
    display.harness_job_started(job=JOB)
    for fraction in (0.3, 0.4, 0.5):
        progress = Progress(fraction, "warm-up, loss [0.25]", 12.0, "it")
        display.harness_stage_progress(job=JOB, progress=progress)
    display.progress.refresh()
    display.harness_job_finished(job=JOB, record=record)
    display.harness_run_finished(run=make_run(record))
    return stream.getvalue()


DONE = make_cell("net[width=3]", seconds=4.0)


def test_a_terminal_gets_a_bar_with_rate_time_left_and_text():
    text = shown(terminal=True, record=DONE)
    assert "test net[width=3] on set, seed 2" in text
    assert "50%" in text
    assert "12.0 it/s" in text
    assert "2 min left" in text
    assert "warm-up, loss [0.25]" in text


@pytest.mark.parametrize("terminal", [True, False])
def test_how_a_job_ended_stays(terminal):
    text = shown(terminal=terminal, record=DONE)
    assert "[1/2] test net[width=3] on set, seed 2: done, 4.0 s\n" in text


def test_a_failure_is_told_with_its_reason_and_a_reused_result_as_such():
    failed = make_cell(status="failed", error="no luck [today]", seconds=1.0)
    assert "failed, 1.0 s: no luck [today]\n" in shown(terminal=False, record=failed)
    reused = make_cell(reused=True)
    assert ": reused\n" in shown(terminal=False, record=reused)


def test_what_is_no_terminal_gets_a_line_at_the_start_now_and_then_and_at_the_end():
    title = "[1/2] test net[width=3] on set, seed 2: "
    assert shown(terminal=False, record=DONE).splitlines() == [
        f"{title}started",
        f"{title}40%, 12.0 it/s, 2 min left, warm-up, loss [0.25]",
        f"{title}done, 4.0 s",
    ]


def test_all_jobs_that_run_side_by_side_have_a_bar_each_until_they_end():
    jobs = [make_cell_job("net", "set", trained_on="set", seed=seed) for seed in range(3)]
    console = Console(file=io.StringIO(), force_terminal=True, width=140, color_system=None)
    display = ProgressDisplay(console)
    display.harness_plan(plan=Plan(tuple(jobs)))
    for job in jobs:
        display.harness_job_started(job=job)
    display.harness_stage_progress(job=jobs[1], progress=Progress(0.5, "half", 12.0, "it"))
    assert [(task.description, task.completed) for task in display.progress.tasks] == [
        (jobs[0].title, 0),
        (jobs[1].title, 0.5),
        (jobs[2].title, 0),
    ]
    display.harness_job_finished(job=jobs[1], record=blank_record(jobs[1]))
    assert [task.description for task in display.progress.tasks] == [jobs[0].title, jobs[2].title]
    display.harness_job_started(job=jobs[0])  # it is tried again
    assert len(display.progress.tasks) == 2
    display.harness_run_finished(run=make_run())


def test_the_time_left_of_all_jobs_is_shown_where_it_is_known():
    left = [None]
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=140, color_system=None)
    display = ProgressDisplay(console, seconds_left=lambda: left[0])
    display.harness_plan(plan=Plan((JOB,)))
    whole = display.progress.tasks[0]
    assert whole.description == "all 2 jobs"
    display.harness_job_started(job=JOB)
    display.harness_stage_progress(job=JOB, progress=Progress(0.5, "half", 12.0, "it"))
    assert whole.fields["left"] == ""
    left[0] = 7200.0
    display.harness_stage_progress(job=JOB, progress=Progress(0.6, "half", 12.0, "it"))
    assert whole.fields["left"] == "2 h 0 min left"
    display.harness_job_finished(job=JOB, record=DONE)
    assert whole.completed == 1
    display.harness_run_finished(run=make_run(DONE))


def test_a_line_says_the_time_left_of_all_jobs_too():
    console = Console(file=io.StringIO(), width=140)
    seconds = itertools.count(step=40.0)
    display = ProgressDisplay(console, lambda: next(seconds), seconds_left=lambda: 300.0)
    display.harness_plan(plan=Plan((JOB,)))
    display.harness_job_started(job=JOB)
    display.harness_stage_progress(job=JOB, progress=Progress(0.5, "half", 12.0, "it"))
    assert "50%, 12.0 it/s, all jobs: 5 min left, half\n" in console.file.getvalue()


def test_a_job_keeps_its_number_whatever_runs_beside_it():
    first, second = (make_cell_job("net", "set", seed=seed) for seed in range(2))
    console = Console(file=io.StringIO(), width=140)
    display = ProgressDisplay(console)
    display.harness_plan(plan=Plan((first, second)))
    display.harness_job_started(job=first)
    display.harness_job_started(job=second)
    display.harness_job_finished(job=second, record=blank_record(second))
    display.harness_job_finished(job=first, record=blank_record(first))
    lines = console.file.getvalue().splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["[1/2]", "[2/2]", "[2/2]", "[1/2]"]


def test_what_is_done_before_there_are_jobs_is_a_line_where_there_is_no_terminal():
    stream = io.StringIO()
    with announce("planning…", Console(file=stream)):
        assert stream.getvalue() == "planning…\n"


def test_images_are_counted_now_and_then_where_there_is_no_terminal():
    seconds = itertools.count(step=11.0)
    console = Console(file=io.StringIO())
    with counting("verifying x", console, lambda: next(seconds)) as show:
        for done in range(8):
            show(done, 8)
    assert console.file.getvalue() == "verifying x: 2 of 8 images\nverifying x: 5 of 8 images\n"


def test_images_are_counted_by_a_bar_on_a_terminal():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with counting("verifying [x]", console) as show:
        show(1, 4)
    assert "verifying [x]" in console.file.getvalue()
