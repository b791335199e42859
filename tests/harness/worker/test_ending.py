import subprocess
import sys
import time

import psutil
import pytest

from harness.worker.ending import RankError, first_error, has_failed_beside

CHILD = """
import subprocess, sys, threading, time
from pathlib import Path
from harness.worker.ending import end_after, fail_rank

def work():
    for own_session in (False, True):
        child = subprocess.Popen(["sleep", "300"], start_new_session=own_session)
        print(child.pid, flush=True)
    threading.Thread(target=time.sleep, args=(300,)).start()
    sys.stdout.write("the last words")
    {end}

end_after(work)
"""


def run_child(end, *arguments):
    started = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-c", CHILD.replace("{end}", end), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert time.monotonic() - started < 60
    return result


@pytest.mark.parametrize(
    ("end", "status", "error"),
    [
        ("pass", 0, ""),
        ("raise ValueError('no')", 1, "ValueError: no"),
        ("sys.exit(0)", 1, "SystemExit: 0"),
    ],
)
def test_a_process_ends_at_once_with_all_that_it_started(end, status, error):
    result = run_child(end)
    first, second, words = result.stdout.splitlines()
    assert result.returncode == status
    assert words == "the last words"
    assert error in result.stderr
    for child in (int(first), int(second)):
        assert _ends(child)


def test_a_rank_that_fails_leaves_its_error_and_ends_at_once(tmp_path):
    end = "fail_rank(Path(sys.argv[1]), 1, 'failed', 'ValueError: no', ValueError('no'))"
    result = run_child(end, str(tmp_path))
    assert result.returncode == 1
    assert result.stderr == "ValueError: no\n\n"
    failure = first_error(tmp_path)
    assert (failure.rank, failure.status, failure.error) == (1, "failed", "ValueError: no")
    assert "ValueError: no" in failure.traceback
    assert abs(failure.time - time.time()) < 60


def test_the_earliest_error_counts_and_a_file_cut_short_does_not(tmp_path):
    for rank, moment in ((0, 20.0), (1, 10.0)):
        text = f'{{"rank": {rank}, "time": {moment}, "status": "failed", '
        text += '"error": "no", "traceback": ""}'
        (tmp_path / f"error.{rank}.json").write_text(text)
    (tmp_path / "error.2.json").write_text('{"rank": 2, "ti')
    assert first_error(tmp_path) == RankError(1, 10.0, "failed", "no", "")


def test_a_process_knows_the_failures_beside_it_from_its_own_and_from_earlier_ones(tmp_path):
    now = time.time()
    assert not has_failed_beside(tmp_path, 0, now)
    (tmp_path / "error.1.json").touch()
    assert has_failed_beside(tmp_path, 0, now)
    assert not has_failed_beside(tmp_path, 1, now)
    assert not has_failed_beside(tmp_path, 0, now + 60)


def test_no_error_is_none(tmp_path):
    assert first_error(tmp_path) is None


def _ends(process: int) -> bool:
    """Whether a process that was killed is gone within seconds."""
    for _ in range(100):
        try:
            if psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False
