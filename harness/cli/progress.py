"""Progress bars of a run: an observer of its events, like any plugin's."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from harness.plugin.hooks import hookimpl

if TYPE_CHECKING:
    from harness.results import jobs
    from harness.results.plan import Plan
    from harness.results.records import Record, Run


class ProgressDisplay:
    """Shows a line per job: a bar with its rate and time left, and how it ended.

    Where the output is no terminal there are no bars, and a line is printed as each job ends.

    Args:
        console: where to show them; None: standard error.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
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
        self.task: TaskID | None = None
        self.total = self.ended = 0

    @hookimpl
    def harness_plan(self, plan: "Plan") -> None:
        """Start the display."""
        self.total = len(plan.fits) + len(plan.cells)
        self.progress.start()

    @hookimpl
    def harness_job_started(self, job: "jobs.FitJob | jobs.CellJob") -> None:
        """Show a new bar."""
        self._remove_bar()
        self.task = self.progress.add_task(job.title, total=1.0, rate="", left="", text="")

    @hookimpl
    def harness_stage_progress(self, progress: "jobs.Progress") -> None:
        """Move the bar."""
        if self.task is None:
            return
        elapsed = self.progress.tasks[-1].elapsed or 0.0
        left = elapsed * (1 - progress.fraction) / progress.fraction if progress.fraction else 0.0
        self.progress.update(
            self.task,
            completed=progress.fraction,
            rate=f"{progress.per_second:.1f} {progress.unit}/s",
            left=f"{left:.0f} s left" if left else "",
            text=progress.text,
        )

    @hookimpl
    def harness_job_finished(self, job: "jobs.FitJob | jobs.CellJob", record: "Record") -> None:
        """Print how a job ended."""
        self._remove_bar()
        self.ended += 1
        how = "reused" if record.reused else f"{record.status}, {record.seconds:.1f} s"
        line = f"[{self.ended}/{self.total}] {job.title}: {how}"
        if record.error:
            line += f": {record.error}"
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    @hookimpl
    def harness_run_finished(self, run: "Run") -> None:
        """End the display."""
        self.progress.stop()

    def _remove_bar(self) -> None:
        if self.task is not None:
            self.progress.remove_task(self.task)
            self.task = None
