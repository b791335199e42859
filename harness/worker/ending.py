"""How the process of a job ends: at once, with all that it started, its error on record."""

import os
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil

from harness.results.records import Status
from harness.results.serial import from_text, to_text
from harness.util.files import write_text
from harness.util.processes import kill_children

CLOCKS_APART = 5.0
"""Seconds by which the clock of a shared folder may be behind."""


def end_process(status: int) -> NoReturn:
    """End this process and all that it started; a thread that lingers is not waited for.

    Args:
        status: what the process leaves with.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # the disk is full, or a plugin closed the stream
            stream.flush()
    kill_children()
    os._exit(status)


def end_after(work: Callable[[], object]) -> NoReturn:
    """Do the work of this process and end it; with status 1 and a traceback if the work raises."""
    try:
        work()
    except BaseException:
        traceback.print_exc()
        end_process(1)
    end_process(0)


@dataclass(frozen=True)
class RankError:
    """Why one process of a data-parallel fit could not go on.

    Attributes:
        rank: of the process.
        time: when it failed, in seconds since 1970; the earliest failure is the cause of others.
        status: how the job ended for it, as records have it.
        error: one line.
        traceback: the whole of it.
    """

    rank: int
    time: float
    status: Status
    error: str
    traceback: str


def fail_rank(
    folder: Path, rank: int, status: Status, text: str, error: BaseException, watched: int = 0
) -> NoReturn:
    """End a process of a data-parallel fit at once, so that the others do not wait for it.

    The traceback is printed, and ``error.RANK.json`` says what happened.

    Args:
        folder: where the files of the job are.
        rank: of this process.
        status: how the job ended for it, as records have it.
        text: the error in one line.
        error: the error itself.
        watched: process that planned the job; a launcher that it started, and that started this
            process, is ended too, for it would wait for the other processes.
    """
    lines = "".join(traceback.format_exception(error))
    print(lines, file=sys.stderr)
    failure = RankError(rank, time.time(), status, text, lines)
    with suppress(OSError):  # a full disk must not keep the process from ending
        write_text(folder / f"error.{rank}.json", to_text(failure))
    with suppress(psutil.Error):
        launcher = psutil.Process().parent()
        if watched and launcher is not None and launcher.ppid() == watched:
            launcher.kill()
    end_process(1)


def has_failed_beside(folder: Path, rank: int, begun: float) -> bool:
    """Whether another process of a data-parallel fit has failed beside this one.

    Args:
        folder: where the files of the job are; some may be of an earlier start.
        rank: of this process.
        begun: when it began, in seconds since 1970.
    """
    failures = (path for path in folder.glob("error.*.json") if path.name != f"error.{rank}.json")
    return any(path.stat().st_mtime > begun - CLOCKS_APART for path in failures)


def first_error(folder: Path) -> RankError | None:
    """The earliest error that a process of a data-parallel fit left; None if none did."""
    failures = []
    for path in folder.glob("error.*.json"):
        with suppress(OSError, ValueError, TypeError):  # a file cut short says nothing
            failures.append(from_text(RankError, path.read_text(encoding="utf-8")))
    return min(failures, key=lambda failure: failure.time, default=None)
