"""What the launcher ``slurm`` asks of Slurm, and what it makes of the answers."""

import json
import re
from pathlib import Path

import pytest

from harness.errors import ParameterError, UsageError
from harness.launchers import Ended, Resources
from harness.launchers.slurm import commands, launcher, queue
from harness.launchers.slurm.commands import Row, UnreachableError, without_allocation
from harness.launchers.slurm.endings import ending, is_waiting
from harness.launchers.slurm.launcher import SlurmLauncher


def row(state: str, status: int = 0, left: float | None = 9999, number="7", name="") -> Row:
    return Row(number, state, status, left, "node3", name)


class FakeSlurm:
    """Takes jobs and answers for them; every one runs as long as nothing else is said."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.scripts: list[str] = []
        self.found: dict[str, Row] = {}
        self.fails: Exception | None = None
        self.takes = True

    def submit(self, options, script, environment):
        self.calls.append(" ".join(["sbatch", *options]))
        self.scripts.append(script)
        (array,) = [o.partition("=")[2] for o in options if o.startswith("--array")] or [""]
        name = options[0].partition("=")[2]
        number = str(len(self.scripts))
        for index in array.split(",") if self.takes else ():
            job = f"{number}_{index}" if index else number
            self.found[job] = row("RUNNING", number=job, name=name)
        self._answer()
        return number

    def rows(self):
        self.calls.append("squeue")
        self._answer()
        return list(self.found.values())

    def cancel(self, numbers, *options):
        self.calls.append(" ".join(["scancel", *options, *numbers]))

    def end(self, number, state, status=0):
        self.found[number] = row(state, status, number=number, name=self.found[number].name)

    def _answer(self):
        if self.fails:
            raise self.fails


@pytest.fixture
def slurm(monkeypatch) -> FakeSlurm:
    fake = FakeSlurm()
    for name in ("submit", "rows", "cancel"):
        monkeypatch.setattr(commands, name, getattr(fake, name))
    monkeypatch.setattr(launcher.shutil, "which", lambda name: name)
    monkeypatch.setattr(queue, "KILL_SECONDS", 0.2)
    return fake


@pytest.fixture
def start(slurm, tmp_path):
    """Starts jobs, by name."""

    def start(made: SlurmLauncher, *names: str, **resources):
        jobs = []
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
            file = tmp_path / name / "job.json"
            jobs.append(made.start(file, tmp_path / name / "log.txt", Resources(**resources)))
        return jobs

    return start


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (row("COMPLETED"), 0),
        (row("FAILED", 3), 3),
        (row("FAILED", -9), -9),
        (row("RUNNING"), None),
        (row("COMPLETING"), None),
        (row("PENDING"), None),
    ],
)
def test_a_process_that_ended_by_itself_has_a_status(found, expected):
    assert ending(found) == expected


@pytest.mark.parametrize(
    ("found", "status", "words", "lost"),
    [
        (row("TIMEOUT"), "timeout", "its time on the cluster was up", False),
        (row("COMPLETED", left=110), "timeout", "its time on the cluster was up", False),
        (row("OUT_OF_MEMORY"), "out-of-memory", "more memory than Slurm gave it", False),
        (row("CANCELLED"), "interrupted", "cancelled on the cluster", False),
        (row("NODE_FAIL"), "failed", "its node failed", True),
        (row("PREEMPTED"), "failed", "taken for others' jobs", True),
        (row("FAILED", 66), "failed", "node3 does not see its folder: --out must be on", False),
        (row("FAILED", 75), "failed", "its node failed or was taken from it 4 times", False),
    ],
)
def test_what_slurm_did_to_a_job_is_said(found, status, words, lost):
    ended = ending(found)
    assert isinstance(ended, Ended)
    assert (ended.status, ended.lost) == (status, lost)
    assert words in ended.reason


def test_a_job_waits_until_it_runs_and_when_it_has_to_run_again():
    assert [is_waiting(row(state)) for state in ("PENDING", "REQUEUED", "RUNNING")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("59", 59), ("1:02", 62), ("1:00:00", 3600), ("2-01:00:00", 176400), ("UNLIMITED", None)],
)
def test_times_are_read_as_slurm_prints_them(text, seconds):
    assert commands._row(f"17_3|RUNNING|0|{text}|n1|name|").left == seconds


def test_a_row_of_squeue_is_read():
    found = commands._row("17_3|FAILED|1792|1:00|n1|harness-1|")
    assert found == Row("17_3", "FAILED", 7, 60, "n1", "harness-1")
    assert found.index == 3


def test_a_submission_from_within_a_job_of_slurm_does_not_take_over_its_options():
    variables = {"SLURM_JOB_ID": "1", "SLURM_MEM_PER_CPU": "9", "SLURM_CONF": "c", "PATH": "p"}
    assert without_allocation(variables) == {"SLURM_CONF": "c", "PATH": "p"}


def test_what_is_asked_for_reaches_sbatch(slurm, start):
    made = SlurmLauncher("gpu", 1, 4, "8G", "90m", "lab", '--constraint=a100 "--comment=a b"')
    (job,) = start(made, "a", processes=2)
    job.wait(0)
    options = slurm.calls[0]
    for option in (
        "--partition=gpu --account=lab --gres=gpu:2 --cpus-per-task=8 --mem=16G --time=90 ",
        "--nodes=1 --ntasks=1",
        "--signal=B:TERM@120",
        "--requeue",
        "--constraint=a100 --comment=a b",
    ):
        assert option in options
    assert made.device == "cuda"
    assert SlurmLauncher().device == "cpu"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"time": "soon"}, "slurm: cannot read time='soon': write '30m', '4h' or '2-12'"),
        ({"memory": "much"}, "slurm: cannot read memory='much': write '500M' or '32G'"),
        ({"extra": "--nodes=2"}, "leave '--nodes=2' out of extra: a job is one task on one node"),
        ({"extra": "-N 2"}, "leave '-N' out of extra"),
        ({"extra": "'"}, "cannot read extra"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(slurm, parameters, words):
    with pytest.raises(ParameterError, match=re.escape(words)):
        SlurmLauncher(**parameters)


def test_a_machine_without_slurm_is_told_so():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        with pytest.raises(UsageError, match="needs sbatch, squeue, scancel"):
            SlurmLauncher()


def test_equal_jobs_are_one_array_and_are_asked_for_at_once(slurm, start, tmp_path):
    made = SlurmLauncher(cpus=1, poll=0.1)
    jobs = [*start(made, "a", "b", "c"), *start(made, "d", processes=2)]
    assert [job.wait(0) for job in jobs] == [None] * 4
    assert [call.partition(" ")[0] for call in slurm.calls] == ["sbatch", "sbatch", "squeue"]
    assert "--array=0,1,2" in slurm.calls[0]
    assert f"2) [ -w {tmp_path}/c ] || exit 66; exec " in slurm.scripts[0]
    slurm.end("1_1", "FAILED", 3)
    slurm.end("2", "COMPLETED")
    assert jobs[1].wait(5) == 3
    assert jobs[3].wait(0) == 0
    assert slurm.calls[3:] == ["squeue"]
    assert not jobs[0].is_waiting


def test_a_job_that_slurm_refuses_says_why(slurm, start):
    slurm.fails = UsageError("Slurm refuses the job: invalid partition specified: nowhere")
    (job,) = start(SlurmLauncher(), "a")
    with pytest.raises(UsageError, match="invalid partition"):
        job.wait(0)


@pytest.mark.parametrize("takes", [True, False])
def test_a_job_is_not_submitted_twice_when_slurm_does_not_answer(slurm, start, takes):
    slurm.fails, slurm.takes = UnreachableError("Slurm does not answer"), takes
    (job,) = start(SlurmLauncher(poll=0.1), "a")
    assert job.wait(0.3) is None
    assert job.is_waiting
    slurm.fails, slurm.takes = None, True
    job.wait(0.3)
    assert not job.is_waiting
    assert len([call for call in slurm.calls if call.startswith("sbatch")]) == (1 if takes else 2)


def test_what_slurm_knows_no_more_has_ended(slurm, start):
    (job,) = start(SlurmLauncher(poll=0.1), "a")
    job.wait(0)
    slurm.found.clear()
    ended = job.wait(5)
    assert isinstance(ended, Ended)
    assert ended.status == "interrupted"
    assert not ended.lost


def test_many_jobs_are_cancelled_at_once_and_what_is_not_submitted_never_is(slurm, start):
    made = SlurmLauncher(poll=0.1)
    jobs = start(made, "a", "b")
    jobs[0].wait(0)
    (late,) = start(made, "c")
    for job in (*jobs, late):
        job.terminate()
    jobs[0].wait(0)
    assert slurm.calls[1:2] == ["scancel 1_0 1_1"]
    assert late.wait(0) == Ended("interrupted", "it was cancelled on the cluster")
    assert len(slurm.scripts) == 1


def test_a_job_that_was_left_is_found_by_its_name_even_if_its_number_is_not_known(
    slurm, start, tmp_path
):
    start(SlurmLauncher(), "a", "b")[0].wait(0)
    ticket = tmp_path / "b" / "slurm.json"
    ticket.write_text(json.dumps({**json.loads(ticket.read_text()), "number": ""}))
    other = SlurmLauncher(poll=0.1)
    found = other.attach(tmp_path / "b" / "job.json")
    assert found
    assert found.wait(0) is None
    slurm.end("1_1", "TIMEOUT")
    assert found.wait(5).status == "timeout"
    slurm.found.clear()
    assert SlurmLauncher().attach(tmp_path / "a" / "job.json") is None
    assert SlurmLauncher().attach(Path("nowhere") / "job.json") is None
