"""``harness check``: see that methods and networks do what tables say of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name
from harness.cli.options import data_options, roots_of
from harness.errors import ExitCode, UsageError
from harness.specs import MethodSpec

if TYPE_CHECKING:
    from harness.data.roots import Roots


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, type=Name("method", "network"))
@click.option("--all", "all_", is_flag=True, help="Check all methods and networks.")
@click.option(
    "--canary",
    is_flag=True,
    help="Fit and test twice, the second time with noise for clean images; nothing may change.",
)
@click.option(
    "--blindness",
    is_flag=True,
    help="Measure which pixels an output pixel does not depend on; what is claimed must hold.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="PNG file for the receptive fields that --blindness measures.",
)
@click.option("--json", "json_", is_flag=True, help="Print what --blindness measures as JSON.")
@click.option("--markdown", is_flag=True, help="Print it as a table in Markdown.")
@click.option(
    "--dataset",
    type=Name("dataset"),
    default="",
    help="Dataset to test on; else the first that plugins offer.",
)
@data_options
@pass_app
def command(
    app: AppContext,
    names: tuple[str, ...],
    dataset: str,
    root: tuple[str, ...],
    data_root: Path | None,
    plot: Path | None,
    *,
    all_: bool,
    canary: bool,
    blindness: bool,
    json_: bool,
    markdown: bool,
) -> ExitCode:
    """Check that methods read no clean image, and are blind where they say so.

    Exit code 3 if one does not hold.
    """
    if not (canary or blindness):
        raise UsageError("say what to check: --canary or --blindness")
    if bool(names) == all_:
        raise UsageError("name what to check, or give --all")
    if canary:
        _check_canary(app, names, dataset, roots_of(root, data_root))
    if not blindness:
        return ExitCode.OK
    from harness.cli.blindness import check_blindness_of

    form = "json" if json_ else "markdown" if markdown else "text"
    return check_blindness_of(app.registry, names, plot=plot, as_=form)


def _check_canary(app: AppContext, names: tuple[str, ...], dataset: str, roots: "Roots") -> None:
    """Check methods one after the other; none named: all but oracles."""
    from harness.testing.canary import check_canary

    for name in names or _methods(app):
        cell = check_canary(app.registry, name, dataset, roots)
        click.echo(
            f"{cell.method.label} denoises {cell.data.label} bit for bit the same with noise in "
            "place of clean images"
        )


def _methods(app: AppContext) -> list[str]:
    """All methods but oracles, which are given clean images."""
    specs = [entry.spec for entry in app.registry.entries("method")]
    return [spec.name for spec in specs if isinstance(spec, MethodSpec) and not spec.oracle]
