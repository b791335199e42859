"""``harness check``: see that a method does what tables say of it."""

from pathlib import Path

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.completion import Name
from harness.cli.options import data_options, roots_of
from harness.errors import UsageError


@click.command()
@click.argument("method", type=Name("method"))
@click.option(
    "--canary",
    is_flag=True,
    help="Fit and test twice, the second time with noise for clean images; nothing may change.",
)
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
    method: str,
    canary: bool,
    dataset: str,
    root: tuple[str, ...],
    data_root: Path | None,
) -> None:
    """Check that a method reads no clean image; exit code 3 if it does."""
    if not canary:
        raise UsageError("say what to check: --canary")
    from harness.testing.canary import check_canary

    cell = check_canary(app.registry, method, dataset, roots_of(root, data_root))
    click.echo(
        f"{cell.method.label} denoises {cell.data.label} bit for bit the same with noise in place "
        "of clean images"
    )
