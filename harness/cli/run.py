"""``harness run``: plan, train, test, report."""

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli import types
from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name, Names
from harness.cli.fitting import fit_options, fit_request, job_options
from harness.cli.options import (
    cut_at_equals,
    data_options,
    out_option,
    published_option,
    with_published_option,
)
from harness.errors import ExitCode, UsageError
from harness.models.named import model_file
from harness.plugin.blame import blaming
from harness.plugin.selector import selectors_in
from harness.runs.request import METRICS, Request
from harness.util.text import counted

if TYPE_CHECKING:
    from harness.plugin.registry import Registry
    from harness.results.records import Run
    from harness.specs import ShownPublished


@click.command()
@click.option(
    "--methods",
    type=Names("method"),
    default="",
    help="Methods, such as 'mine,other[width=32]'.",
)
@click.option(
    "--suite",
    type=Name("suite"),
    default="",
    help="A suite of methods, such as the table of a paper.",
)
@click.option(
    "--datasets",
    type=Names("dataset"),
    default="",
    help="Datasets to test on; else those that their plugins offer for it.",
)
@click.option(
    "--split",
    default="test",
    show_default=True,
    help="Split of the datasets to test on, such as 'tune' while a method is being made.",
)
@click.option(
    "--test-scenes",
    type=types.Commas(),
    default="",
    metavar="SCENES",
    help="Test on these scenes alone, such as 'door,toy' or 'phone=S6', and train on other "
    "scenes of the same dataset, or of --train.",
)
@click.option(
    "--metrics",
    type=Names("metric"),
    default=METRICS,
    show_default=True,
    help="What to measure.",
)
@click.option(
    "--protocol",
    type=Name("protocol"),
    default="",
    help="Conventions by which to measure, such as those of a dataset; see: harness list protocols",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="METHOD=FILE",
    help="Pretrained weights of a method, instead of training it, or a model of 'harness export', "
    "whose file alone is enough, or the name of one that comes along; repeatable.",
)
@fit_options
@click.option(
    "--images",
    type=types.CountOrAll(),
    default="8",
    show_default=True,
    metavar="N|all",
    help="Denoised images to keep per method and dataset.",
)
@data_options
@out_option
@published_option
@click.option(
    "--detach",
    is_flag=True,
    help="Start what can be started on a cluster, and end; the same command without it takes over.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and what it will cost, and stop.")
@click.option(
    "--probe",
    is_flag=True,
    help="With --dry-run: measure a few steps of what no finished job tells the cost of.",
)
@click.option("--json", "json_", is_flag=True, help="Print the records, or the plan, as JSON.")
@job_options
@pass_app
def command(app: AppContext, /, **options: Any) -> ExitCode:
    """Train and measure methods side by side, and print the table."""
    registry = app.registry
    request = _request(options, registry)
    if options["probe"] and not options["dry_run"]:
        raise UsageError("--probe measures what --dry-run says: give both")
    is_quiet = options["quiet"] or options["json_"]
    with _sign_of_life(is_quiet):  # importing torch takes seconds
        from harness.runs.api import carry_out, plan
        from harness.runs.estimates import cost, run_clock
        from harness.runs.executor import exit_code_of
        from harness.runs.launching import Launchers

        launchers = Launchers(request, registry)
        planned = plan(request, registry)
    if options["dry_run"]:
        from harness.cli.plan import show_plan

        show_plan(
            planned,
            cost(request, registry, planned, launchers, probing=options["probe"]),
            probed=options["probe"],
            is_json=options["json_"],
        )
        return ExitCode.OK
    if not is_quiet:
        from harness.cli.progress import ProgressDisplay

        clock = run_clock(request, registry, planned, launchers)
        registry.register(clock, "clock")
        registry.register(ProgressDisplay(seconds_left=clock.seconds_left), "progress")
    run = carry_out(request, registry, planned, launchers)
    published = options["published"]
    if options["json_"]:
        _print_json(run, registry, published)
    else:
        _show_run(run, published, debug=app.debug)
    return exit_code_of(run)


def _sign_of_life(is_quiet: bool) -> AbstractContextManager[object]:
    """Say on a terminal that something goes on."""
    if is_quiet or not sys.stderr.isatty():
        return nullcontext()
    from harness.cli.progress import announce

    return announce("planning…")


def _request(options: dict[str, Any], registry: "Registry") -> Request:
    """What the options ask for."""
    weights, alone = _weights(options["weights"], registry)
    return fit_request(
        options,
        methods=_with_models(options["methods"], alone),
        suite=options["suite"],
        datasets=options["datasets"],
        metrics=options["metrics"],
        protocol=options["protocol"],
        split=options["split"],
        test_scenes=options["test_scenes"],
        weights=weights,
        images=options["images"],
        out=options["out"],
        detach=options["detach"],
    )


def _weights(texts: tuple[str, ...], registry: "Registry") -> tuple[dict[str, Path], list[str]]:
    """Files of weights by selector of the method that they are for, which a model says itself.

    Returns:
        The files, and the methods of those that were given without one.
    """
    files, alone = {}, []
    for text in texts:
        selector, equals, given = cut_at_equals(text)
        file = model_file(given if equals else text, registry)
        if not equals:
            selector = _model_name(file)
            alone.append(selector)
        if not selector or (equals and not given):
            raise UsageError(f"cannot read --weights {text!r}: write METHOD=FILE")
        files[selector] = file
    return files, alone


def _model_name(path: Path) -> str:
    """The method whose model a file is; empty where it is no model."""
    from harness.results.model import read_model_header

    header = read_model_header(path)
    return header.method.name if header else ""


def _with_models(methods: str, alone: list[str]) -> str:
    """The methods asked for, and those whose models were given without a name."""
    asked = {str(selector) for selector in selectors_in(methods)}
    added = [name for name in dict.fromkeys(alone) if name not in asked]
    return ",".join(filter(None, [methods, *added]))


def _print_json(run: "Run", registry: "Registry", published: str) -> None:
    """Print what the report ``json`` says of a run."""
    report = with_published_option(registry.choose("report", "json"), published)
    write = registry.build(report)
    with blaming("report 'json'"):
        text = write(run)
    click.echo(text)


def _show_run(run: "Run", published: "ShownPublished", *, debug: bool) -> None:
    """Print the table of a run, and what there is to say of it."""
    from harness.cli.table import print_summary
    from harness.runs.table import summarise

    print_summary(summarise(run, published))
    records = [*run.fits, *run.cells]
    if debug:
        for record in records:
            click.echo(record.traceback, err=True, nl=False)
    if run.state == "running":
        left = sum(record.status == "interrupted" for record in records)
        click.echo(
            f"{counted(left, 'job')} left to the cluster, or to be started when others end: "
            "give the command again, without --detach, to wait for them"
        )
    elif all(record.reused for record in records):
        click.echo("nothing was computed: every result was there; --fresh computes them again")
    _show_pictures(run)
    click.echo(f"run: {_short(run.folder)}")


def _show_pictures(run: "Run") -> None:
    """Print where the denoised images of each cell lie."""
    from harness.results.names import IMAGES, job_folder

    for cell in run.cells:
        folder = job_folder(run.folder.parent, cell.job.kind, cell.key) / IMAGES
        if folder.is_dir():
            click.echo(f"pictures: {_short(folder)}  {cell.method} on {cell.dataset}")


def _short(folder: Path) -> str:
    """A path as people would type it."""
    try:
        return str(folder.relative_to(Path.cwd()))
    except ValueError:
        return str(folder)
