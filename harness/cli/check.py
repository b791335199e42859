"""``harness check``: see that plugins keep the contract of their kind, and what methods claim."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name
from harness.cli.conformance import KINDS, check_contracts
from harness.cli.options import data_options, roots_of
from harness.cli.several import Mistakes
from harness.errors import ExitCode, UsageError
from harness.specs import MethodSpec

if TYPE_CHECKING:
    from harness.data.roots import Roots


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, type=Name(*KINDS))
@click.option("--all", "all_", is_flag=True, help="Check all that can be checked.")
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
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.option(
    "--markdown", is_flag=True, help="Print what --blindness measures as a table in Markdown."
)
@click.option(
    "--dataset",
    type=Name("dataset"),
    default="",
    help="Dataset for --canary; else the first that plugins offer.",
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
    """Carry out the tests that plugins of a kind must pass, as their authors do with pytest.

    Methods, networks, datasets, metrics, reports, viewers, launchers and models have such a
    contract; of what fails, each test is told in a line. With --canary or --blindness, methods and
    networks are held to what they say of clean images and hidden pixels instead. Exit code 3 if one
    fails.
    """
    if bool(names) == all_:
        raise UsageError("name what to check, or give --all")
    roots = roots_of(root, data_root)
    if not (canary or blindness):
        return check_contracts(app.registry, names, roots, is_json=json_)
    code = _check_canary(app, names, dataset, roots) if canary else ExitCode.OK
    if not blindness:
        return code
    from harness.cli.blindness import check_blindness_of

    form = "json" if json_ else "markdown" if markdown else "text"
    found = check_blindness_of(app.registry, names, plot=plot, as_=form)
    return code or found


def _check_canary(
    app: AppContext, names: tuple[str, ...], dataset: str, roots: "Roots"
) -> ExitCode:
    """Check methods one after the other; none named: all but oracles."""
    from harness.testing.canary import check_canary

    mistakes = Mistakes()
    for name in names or _methods(app):
        with mistakes.of(f"method {name!r}"):
            cell = check_canary(app.registry, name, dataset, roots)
            click.echo(
                f"{cell.method.label} denoises {cell.data.label} bit for bit the same with noise "
                "in place of clean images"
            )
    return mistakes.code


def _methods(app: AppContext) -> list[str]:
    """All methods but oracles, which are given clean images."""
    specs = [entry.spec for entry in app.registry.entries("method")]
    return [spec.name for spec in specs if isinstance(spec, MethodSpec) and not spec.oracle]
