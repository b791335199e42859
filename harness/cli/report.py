"""``harness report``: the table of a run as files."""

from pathlib import Path

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Names
from harness.errors import ReportError
from harness.plugin.blame import blaming

_RUNS = Path("runs")


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    type=Names("report"),
    default="md,csv,json",
    show_default=True,
    help="Report formats, separated by commas; see: harness list reports.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the files; default: RUN/report."
)
@pass_app
def command(app: AppContext, run: Path | None, formats: str, out: Path | None) -> None:
    """Write the table of a run to files.

    RUN is the folder of a run; by default, the newest below ./runs.
    """
    reports = app.registry.choose_all("report", formats)
    from harness.runs.store import load_run
    from harness.util.files import write_text

    loaded = load_run(run or newest_run(_RUNS))
    folder = out or loaded.folder / "report"
    for report in reports:
        write = app.registry.load(report)
        with blaming(f"report {report.label!r}"):
            text = write(loaded, **report.parameters())
        path = folder / report.spec.filename
        write_text(path, text)
        click.echo(path)


def newest_run(root: Path) -> Path:
    """The newest run in a folder of runs.

    Raises:
        ReportError: there is none.
    """
    runs = sorted(root.glob("*/run.json"), key=lambda path: (path.stat().st_mtime, path))
    if not runs:
        raise ReportError(f"there is no run in {root}; give its folder, or run: harness run")
    return runs[-1].parent.resolve()
