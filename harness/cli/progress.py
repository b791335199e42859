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
from harness.results.progress import Pace
from harness.util.text import time_text

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
    pace: Pace


class ProgressDisplay:
    """Shows a line per job: a bar with its rate and time left, and how it ended.

    Where the output is no terminal there are no bars: a line says when a job starts and ends, and
    one now and then how far it is.

    Args:
        console: where to show them; None: standard error.
        clock: counts seconds.
        seconds_left: says how much time is left of all jobs, for a bar of its own; it returns None
            where that is not known.
    """

    def __init__(
        self,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        seconds_left: Callable[[], float | None] | None = None,
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
        self.seconds_left = seconds_left
        self.total = 0
        self._whole: TaskID | None = None  # the bar of all jobs
        self._running: dict[str, _Shown] = {}
        self._numbers: dict[str, int] = {}

    @hookimpl
    def harness_plan(self, plan: "Plan") -> None:
        """Start the display."""
        self.total = len(plan.fits) + len(plan.cells)
        if self.seconds_left:
            self._whole = self._add_bar(f"all {self.total} jobs", self.total)
        self.progress.start()

    @hookimpl
    def harness_job_started(self, job: "FitJob | CellJob") -> None:
        """Show a new bar, or say that the job starts."""
        self._remove_bar(job)  # of an earlier try
        self._running[job.key] = _Shown(self._add_bar(job.title), self.clock(), Pace())
        if not self.console.is_terminal:
            self._log(job, "started")

    @hookimpl
    def harness_stage_progress(self, job: "FitJob | CellJob", progress: "JobProgress") -> None:
        """Move the bar, or print a line if the last is long ago."""
        shown = self._running.get(job.key)
        if shown is None:
            return
        now = self.clock()
        left = _left(shown.pace.seconds_left(now, progress.fraction))
        rate = f"{progress.per_second:.1f} {progress.unit}/s"
        self.progress.update(
            shown.task, completed=progress.fraction, rate=rate, left=left, text=progress.text
        )
        if not self.console.is_terminal and now - shown.logged >= LOG_INTERVAL:
            shown.logged = now
            of_all = f"all jobs: {whole}" if (whole := self._left_of_all()) else ""
            facts = filter(None, [f"{progress.fraction:.0%}", rate, left, of_all, progress.text])
            self._log(job, ", ".join(facts))
        elif self._whole is not None:
            self.progress.update(self._whole, left=self._left_of_all())

    @hookimpl
    def harness_job_finished(self, job: "FitJob | CellJob", record: "Record") -> None:
        """Print how a job ended."""
        self._remove_bar(job)
        if self._whole is not None:
            self.progress.update(self._whole, advance=1, left=self._left_of_all())
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

    def _left_of_all(self) -> str:
        return _left(self.seconds_left() if self.seconds_left else None)

    def _add_bar(self, title: str, total: float = 1.0) -> TaskID:
        return self.progress.add_task(title, total=total, rate="", left="", text="")

    def _remove_bar(self, job: "FitJob | CellJob") -> None:
        if shown := self._running.pop(job.key, None):
            self.progress.remove_task(shown.task)


def _left(seconds: float | None) -> str:
    """The time left, such as ``40 s left``; empty where it cannot be told, and at the end."""
    return f"{time_text(seconds)} left" if seconds else ""


def _print_line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
