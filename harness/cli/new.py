"""``harness new``: a plugin of one's own, which works as it stands."""

from pathlib import Path

import click

from harness.cli.application import AppContext, pass_app
from harness.testing.scaffold import SCAFFOLDED, Scaffold, write_scaffold


@click.command()
@click.argument("kind", type=click.Choice(SCAFFOLDED))
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default=True,
    help="Folder that the folder harness-NAME, or the file, is written into.",
)
@click.option(
    "--single-file",
    is_flag=True,
    help="Write one file for --plugin, in place of a distribution with tests.",
)
@pass_app
def command(app: AppContext, kind: str, name: str, out: Path, *, single_file: bool) -> None:
    """Write a plugin that works as it stands, to put one's own in its place.

    It is a distribution with a package harness_NAME, its entry point, tests on the contract of its
    kind and a README. Nothing is overwritten.
    """
    scaffold = Scaffold(kind, name)
    files = scaffold.single_file() if single_file else scaffold.distribution_files()
    written = write_scaffold(files, out)
    for path in written:
        click.echo(path)
    for entry in app.registry.entries(kind):
        if entry.spec.name == name:
            click.echo(
                f"warning: {kind} {name!r} is taken by {entry.owner}, and this one will be left "
                "out: rename it",
                err=True,
            )
    if single_file:
        click.echo(f"next: harness show {name} --plugin {written[0]}")
    else:
        folder = out / scaffold.distribution
        click.echo(f'next: pip install -e "{folder}[test]"; pytest {folder}')
