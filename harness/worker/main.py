"""The process of a job: carry out one fit or one cell, and leave a record.

Run as ``python -m harness.worker.main JOB.json PID`` by launchers that start a program, or called
by those that fork.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from harness.errors import HarnessError
from harness.plugin.blame import one_line_with_place
from harness.results.jobs import CellJob, FitJob, read_job
from harness.results.machine import Machine
from harness.results.names import RECORD, WEIGHTS
from harness.results.records import CellRecord, FitRecord, Status, blank_record, to_json
from harness.util.files import write_text
from harness.util.text import one_line
from harness.worker.commits import packages_of
from harness.worker.ending import end_after, fail_rank, has_failed_beside
from harness.worker.inputs import ChangedError, check_unchanged, registry_for
from harness.worker.machine import machine, memory_taken

LONGEST_TRACEBACK = 20_000
"""Characters of a traceback that a record keeps: its end, where the error is."""


def main(job_file: Path, watched: int) -> None:
    """Carry out a job; whatever happens, its folder holds a record afterwards.

    Only the main process of a data-parallel fit writes it.

    Args:
        job_file: as written by :func:`harness.results.jobs.write_job`; its folder is the job's.
        watched: process that the job must not outlive; 0: none.
    """
    job, folder = read_job(job_file), job_file.parent
    rank = int(os.environ.get("RANK", "0"))
    if watched:
        threading.Thread(target=_die_with, args=(watched,), daemon=True).start()
    if isinstance(job, FitJob) and job.processes > 1:
        threading.Thread(target=_die_beside, args=(folder, rank), daemon=True).start()
    stop = threading.Event()
    if isinstance(job, FitJob):  # a fit writes its checkpoint before it ends; a cell just ends
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    started = time.monotonic()
    if rank == 0:
        (folder / RECORD).unlink(missing_ok=True)  # of an earlier start of this very job
    try:
        record = _carry_out(job, folder, stop)
    except BaseException as error:
        if isinstance(job, FitJob) and job.processes > 1 and _status(error) != "interrupted":
            fail_rank(folder, rank, _status(error), _text(error), error, watched)
        record = blank_record(
            job,
            status=_status(error),
            error=_text(error),
            traceback="".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:],
            machine=_machine(job),
        )
    if rank == 0:
        record = replace(
            record,
            seconds=round(time.monotonic() - started, 3),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            memory=memory_taken(job.device),
        )
        write_text(folder / RECORD, to_json(record) + "\n")
        if isinstance(job, FitJob) and record.status == "done":
            from harness.training.trainer import remove_state

            remove_state(folder)


def _carry_out(job: FitJob | CellJob, folder: Path, stop: threading.Event) -> Any:
    """Do the job, on what it was planned with and nothing else.

    Raises:
        ChangedError: sources or images changed, before the job began or while it went on.
    """
    registry = registry_for(job)
    check_unchanged(job, registry)
    record: FitRecord | CellRecord
    if isinstance(job, FitJob):
        from harness.worker.fit import train

        record = train(job, folder, registry, stop)
    else:
        from harness.worker.cell import test

        record = test(job, folder, registry)
    try:
        check_unchanged(job, registry)
    except ChangedError:
        (folder / WEIGHTS).unlink(missing_ok=True)
        raise
    return replace(record, machine=_machine(job, packages_of(job, registry)))


def _status(error: BaseException) -> Status:
    from harness.evaluation.memory import is_out_of_memory
    from harness.training.trainer import StopRequestedError

    if isinstance(error, (StopRequestedError, KeyboardInterrupt)):
        return "interrupted"
    return "out-of-memory" if is_out_of_memory(error) else "failed"


def _text(error: BaseException) -> str:
    return str(error) if isinstance(error, HarnessError) else one_line_with_place(error)


def _machine(job: FitJob | CellJob, packages: Iterable[str] = ()) -> Machine:
    """What the job ran on; a machine that cannot say leaves the result as it is."""
    try:
        return machine(job.device, packages)
    except Exception as error:  # such as a GPU that cannot be started
        return Machine(unknown=one_line(error))


def _die_with(watched: int) -> None:
    """End this process group when the process that planned the job is gone, however it ended.

    The launcher in between is watched as well: it is this process's parent.
    """
    launcher = os.getppid()
    while psutil.pid_exists(watched) and os.getppid() == launcher:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


def _die_beside(folder: Path, rank: int) -> None:
    """End this process group when another process of the fit has failed.

    This one would wait for its gradients, or compute on in vain.
    """
    begun = time.time()
    while not has_failed_beside(folder, rank, begun):
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    end_after(lambda: main(Path(sys.argv[1]), int(sys.argv[2])))
