"""Progress of a run: an observer of its events, like any plugin's."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from harness.plugin.hooks import hookimpl

if TYPE_CHECKING:
    from harness.results.jobs import CellJob, FitJob
    from harness.results.plan import Plan
    from harness.results.progress import Progress as JobProgress
    from harness.results.records import Record, Run

LOG_INTERVAL = 30.0
"""Seconds between two lines on a job's progress, where the output is no terminal."""


def announce(text: str, console: Console | None = None) -> AbstractContextManager[object]:
    """Say what is being done before there are jobs: a moving sign on a terminal, else one line.

    Args:
        text: such as ``planning…``.
        console: where to show it; None: standard error.

    Returns:
        A context; the sign goes away at its end.
    """
    console = console or Console(stderr=True)
    if console.is_terminal:
        return console.status(text)
    _print_line(console, text)
    return nullcontext()


@contextmanager
def counting(
    what: str, console: Console | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[int, int], None]]:
    """Show how many images are done: a bar on a terminal, else a line now and then.

    Args:
        what: is done, such as ``preparing mine``.
        console: where to show it; None: standard error.
        clock: counts seconds.

    Yields:
        A function of how many are done, and how many there are.
    """
    console = console or Console(stderr=True)
    logged = clock()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            nonlocal logged
            progress.update(task, completed=done, total=total)
            now = clock()
            if not console.is_terminal and now - logged >= LOG_INTERVAL:
                logged = now
                _print_line(console, f"{what}: {done} of {total} images")

        yield show


@dataclass
class _Shown:
    """What is shown of a running job.

    Attributes:
        task: its bar.
        logged: when the last line on it was printed.
        pace: how fast it goes on.
    """

    task: TaskID
    logged: float
    pace: "_Pace"


class ProgressDisplay:
    """Shows a line per job: a bar with its rate and time left, and how it ended.

    Where the output is no terminal there are no bars: a line says when a job starts and ends, and
    one now and then how far it is.

    Args:
        console: where to show them; None: standard error.
        clock: counts seconds.
    """

    def __init__(
        self, console: Console | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.console = console or Console(stderr=True)
        self.clock = clock
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),  # selectors hold brackets
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[text]}", style="dim", markup=False),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.total = 0
        self._running: dict[str, _Shown] = {}
        self._numbers: dict[str, int] = {}

    @hookimpl
    def harness_plan(self, plan: "Plan") -> None:
        """Start the display."""
        self.total = len(plan.fits) + len(plan.cells)
        self.progress.start()

    @hookimpl
    def harness_job_started(self, job: "FitJob | CellJob") -> None:
        """Show a new bar, or say that the job starts."""
        self._remove_bar(job)  # of an earlier try
        task = self.progress.add_task(job.title, total=1.0, rate="", left="", text="")
        self._running[job.key] = _Shown(task, self.clock(), _Pace())
        if not self.console.is_terminal:
            self._log(job, "started")

    @hookimpl
    def harness_stage_progress(self, job: "FitJob | CellJob", progress: "JobProgress") -> None:
        """Move the bar, or print a line if the last is long ago."""
        shown = self._running.get(job.key)
        if shown is None:
            return
        now = self.clock()
        left = shown.pace.time_left(now, progress.fraction)
        rate = f"{progress.per_second:.1f} {progress.unit}/s"
        self.progress.update(
            shown.task, completed=progress.fraction, rate=rate, left=left, text=progress.text
        )
        if not self.console.is_terminal and now - shown.logged >= LOG_INTERVAL:
            shown.logged = now
            facts = filter(None, [f"{progress.fraction:.0%}", rate, left, progress.text])
            self._log(job, ", ".join(facts))

    @hookimpl
    def harness_job_finished(self, job: "FitJob | CellJob", record: "Record") -> None:
        """Print how a job ended."""
        self._remove_bar(job)
        how = "reused" if record.reused else f"{record.status}, {record.seconds:.1f} s"
        self._log(job, f"{how}: {record.error}" if record.error else how)

    @hookimpl
    def harness_run_finished(self, run: "Run") -> None:
        """End the display."""
        self.progress.stop()

    def _log(self, job: "FitJob | CellJob", what: str) -> None:
        """Print a line on a job; jobs are numbered in the order of the first lines on them."""
        number = self._numbers.setdefault(job.key, len(self._numbers) + 1)
        _print_line(self.console, f"[{number}/{self.total}] {job.title}: {what}")

    def _remove_bar(self, job: "FitJob | CellJob") -> None:
        if shown := self._running.pop(job.key, None):
            self.progress.remove_task(shown.task)


class _Pace:
    """How fast a job goes on, from when it was first heard of: it may have resumed half-way."""

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None  # time and fraction

    def time_left(self, now: float, fraction: float) -> str:
        """The time left, such as ``40 s left``; empty as long as it cannot be told."""
        if self._start is None:
            self._start = now, fraction
        began, at_first = self._start
        if fraction <= at_first or fraction >= 1:
            return ""
        seconds = (now - began) * (1 - fraction) / (fraction - at_first)
        return f"{_time(seconds)} left"


def _time(seconds: float) -> str:
    """Seconds, minutes or hours, whichever reads best."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def _print_line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
