"""``harness report``: the table of a run as files."""

from pathlib import Path

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Names
from harness.cli.options import published_option, with_published_option
from harness.plugin.blame import blaming
from harness.specs import ReportSpec

_RUNS = Path("runs")


@click.command()
@click.argument("run", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    type=Names("report"),
    default="md,csv,scores,json",
    show_default=True,
    help="Report formats, separated by commas; see: harness list reports.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the files; default: RUN/report."
)
@published_option
@pass_app
def command(
    app: AppContext, run: Path | None, formats: str, out: Path | None, published: str
) -> None:
    """Write the table of a run to files.

    RUN is the folder of a run; by default, the newest below ./runs.
    """
    reports = app.registry.choose_all("report", formats)
    from harness.runs.folder import load_run, newest_run
    from harness.util.files import write_text

    loaded = load_run(run or newest_run(_RUNS))
    folder = out or loaded.folder / "report"
    for report in reports:
        write = app.registry.build(with_published_option(report, published))
        with blaming(f"report {report.label!r}"):
            text = write(loaded)
        spec = app.registry.find(report.kind, report.name).spec
        assert isinstance(spec, ReportSpec)
        path = folder / spec.filename
        write_text(path, text)
        click.echo(path)
