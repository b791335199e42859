"""``harness report``: one run, or several side by side, as files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Names
from harness.cli.options import RUNS, published_option, with_published_option
from harness.errors import PluginError
from harness.plugin.blame import blaming
from harness.specs import ReportSpec

if TYPE_CHECKING:
    from harness.results.reference import Reference

_MERGED = Path("report")


@click.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    type=Names("report"),
    default="html,md,latex,csv,table,json",
    show_default=True,
    help="Report formats, separated by commas; see: harness list reports.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the files; default: RUN/report, and ./report for several runs.",
)
@click.option("--title", default="", help="What the report says above its tables.")
@click.option(
    "--assets",
    is_flag=True,
    help="Let a page have its pictures beside it, whole and exact, and not within it.",
)
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
    assets: bool,
    open_: bool,
) -> None:
    """Write the tables of runs to files.

    RUN is the folder of a run; by default, the newest below ./runs. Several are merged into one
    report, and must have no cell in common.
    """
    reports = app.registry.choose_all("report", formats)
    from harness.runs.folder import load_run, newest_run
    from harness.runs.merging import merge_runs
    from harness.util.files import write_bytes

    loaded = [load_run(run) for run in runs or [newest_run(RUNS)]]
    merged = replace(merge_runs(loaded), title=title)
    folder = out or (_MERGED if len(loaded) > 1 else loaded[0].folder / "report")
    written = []
    for report in reports:
        report = with_published_option(report, published)
        write = app.registry.build(_with_assets(report) if assets else report)
        with blaming(f"report {report.label!r}"):
            made = write(merged)
        spec = app.registry.find(report.kind, report.name).spec
        assert isinstance(spec, ReportSpec)
        for name, content in _files(made, spec).items():
            write_bytes(folder / name, content.encode() if isinstance(content, str) else content)
        written.append(folder / spec.filename)
        click.echo(written[-1])
    if open_:
        click.launch(str(written[0]))


def _with_assets(report: "Reference") -> "Reference":
    """A report with its pictures beside it, if it has any."""
    if "assets" not in report.parameters:
        return report
    return replace(report, parameters={**report.parameters, "assets": True})


def _files(made: str | Mapping[str, str | bytes], spec: ReportSpec) -> Mapping[str, str | bytes]:
    """What a report made, by name.

    Raises:
        PluginError: it made no file of the name that its spec says, or one outside its folder.
    """
    if isinstance(made, str):
        return {spec.filename: made}
    for name in made:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise PluginError(f"report {spec.name!r} makes a file outside its folder: {name}")
    if spec.filename not in made:
        raise PluginError(f"report {spec.name!r} makes no {spec.filename}, which its spec names")
    return made
