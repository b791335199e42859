"""A plugin that calls ``sys.exit`` somewhere is a plugin with a problem, and ends no run."""

import pytest

EXITS = """
import sys

from harness import LauncherSpec, ReportSpec, hookimpl

@hookimpl
def harness_register_reports():
    return ReportSpec(
        name="exits", target="exits:report", filename="exits.txt", summary="Exits."
    )

@hookimpl
def harness_register_launchers():
    return LauncherSpec(name="exits", target="exits:Exits", summary="Exits.")

def report(run):
    sys.exit(0)

from harness.launchers import Launcher

class Exits(Launcher):
    def __init__(self):
        sys.exit(0)

    def start(self, job_file, log, resources):
        raise AssertionError
"""
EXITS_AT_EVENTS = """
import sys

from harness import hookimpl

@hookimpl
def harness_plan(plan):
    sys.exit(0)

@hookimpl
def harness_job_finished(job, record):
    sys.exit(0)

@hookimpl
def harness_run_finished(run):
    sys.exit(0)
"""


@pytest.fixture
def run(in_process, toys, tmp_path):
    def run(*arguments, source):
        (tmp_path / "exits.py").write_text(source)
        name, *rest = arguments
        return in_process(
            name, "--plugin", str(toys), "--plugin", str(tmp_path / "exits.py"), *rest
        )

    return run


RUN = ("run", "--datasets", "scenes", "--metrics", "psnr", "--methods", "identity")


def test_a_launcher_that_exits_costs_the_jobs_that_it_should_start(run):
    code, out, err = run(*RUN, "--launcher", "exits", source=EXITS)
    assert code == 3
    assert "launcher 'exits' failed: SystemExit: 0" in out + err


def test_observers_that_exit_leave_the_run_and_its_table_as_they_are(run, caplog):
    code, out, _ = run(*RUN, source=EXITS_AT_EVENTS)
    assert code == 0
    assert "identity" in out
    for hook in ("harness_plan", "harness_job_finished", "harness_run_finished"):
        assert f"{hook} failed: SystemExit: 0" in caplog.text


def test_a_report_that_exits_is_one_line(run):
    run(*RUN, source=EXITS)
    code, _, err = run("report", "--format", "exits", source=EXITS)
    assert code == 5
    assert err.endswith("error: report 'exits' failed: SystemExit: 0 (exits.py:17)\n")
