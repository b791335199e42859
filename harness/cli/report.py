"""``harness report``: one run, or several side by side, as files."""

from pathlib import Path

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Names
from harness.cli.options import published_option, with_published_option
from harness.plugin.blame import blaming
from harness.specs import ReportSpec

_RUNS = Path("runs")
_MERGED = Path("report")


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    type=Names("report"),
    default="md,latex,csv,table,json",
    show_default=True,
    help="Report formats, separated by commas; see: harness list reports.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the files; default: RUN/report, and ./report for several runs.",
)
@click.option("--title", default="", help="What the report says above its tables.")
@click.option("--open", "open_", is_flag=True, help="Show the first file when it is written.")
@published_option
@pass_app
def command(
    app: AppContext,
    runs: tuple[Path, ...],
    formats: str,
    out: Path | None,
    title: str,
    published: str,
    *,
    open_: bool,
) -> None:
    """Write the tables of runs to files.

    RUN is the folder of a run; by default, the newest below ./runs. Several are merged into one
    report, and must have no cell in common.
    """
    reports = app.registry.choose_all("report", formats)
    from dataclasses import replace

    from harness.runs.folder import load_run, newest_run
    from harness.runs.merging import merge_runs
    from harness.util.files import write_text

    loaded = [load_run(run) for run in runs or [newest_run(_RUNS)]]
    merged = replace(merge_runs(loaded), title=title)
    folder = out or (_MERGED if len(loaded) > 1 else loaded[0].folder / "report")
    written = []
    for report in reports:
        write = app.registry.build(with_published_option(report, published))
        with blaming(f"report {report.label!r}"):
            text = write(merged)
        spec = app.registry.find(report.kind, report.name).spec
        assert isinstance(spec, ReportSpec)
        path = folder / spec.filename
        write_text(path, text)
        written.append(path)
        click.echo(path)
    if open_:
        click.launch(str(written[0]))
