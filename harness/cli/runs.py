"""``harness runs``: the runs of a folder of results, what they keep, and their removal."""

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli import layout
from harness.cli.describe import as_json
from harness.errors import UsageError
from harness.util.text import counted, size_text

if TYPE_CHECKING:
    from harness.runs.inventory import Inventory, StoredRun

_PERIODS = (("day", 86_400), ("hour", 3600), ("minute", 60))

_out = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Folder of all results.",
)
_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_yes = click.option("--yes", is_flag=True, help="Remove without asking.")
_dry_run = click.option("--dry-run", is_flag=True, help="Say what would be removed, and stop.")


@click.group(invoke_without_command=True)
@_out
@_json
@click.pass_context
def command(context: click.Context, out: Path, *, json_: bool) -> None:
    """List the runs of a folder of results with their state, age and size.

    A fit or a cell that several runs need counts in the size of each, and is removed with the
    last of them.
    """
    if context.invoked_subcommand:
        return
    from harness.runs.inventory import Inventory

    runs = Inventory(out).runs
    if json_:
        click.echo(as_json("runs", runs=[_plain(run) for run in runs]))
    elif not runs:
        click.echo(f"there is no run in {out}")
    else:
        click.echo(layout.table(map(_row, runs), ("run", *_HEADS), "simple"))


@command.command()
@click.argument("run")
@_out
@_json
def show(run: str, out: Path, *, json_: bool) -> None:
    """Show what a run is, what it keeps, and what goes with it.

    RUN is its name in the folder of results, or its folder.
    """
    from harness.runs.inventory import Inventory, size_of

    inventory = Inventory(out)
    found = inventory.run(run)
    own = inventory.needed_by([found]) if found.state != "unreadable" else []
    if json_:
        click.echo(as_json("run", **_plain(found), own=list(map(str, own))))
        return
    facts = [
        ("folder", str(found.folder)),
        ("state", found.problem or found.state),
        ("age", _age(found)),
        ("cells", f"{found.done} of {found.cells} done"),
        ("size", size_text(size_of([found.folder, *found.results]))),
        ("goes with it", size_text(size_of([found.folder, *own]))),
        ("command", shlex.join(found.command)),
    ]
    click.echo(layout.table((f"{name}:", text) for name, text in facts if text))


@command.command()
@click.argument("runs", nargs=-1, required=True)
@_out
@_yes
@_dry_run
def rm(runs: tuple[str, ...], out: Path, *, yes: bool, dry_run: bool) -> None:
    """Remove runs, and those of their results that no other run needs.

    RUNS are names in the folder of results, or folders.
    """
    from harness.runs.inventory import Inventory

    inventory = Inventory(out)
    going = list({run.folder: run for run in map(inventory.run, runs)}.values())
    for run in going:
        if run.state == "running":
            raise UsageError(f"{run.folder.name} is running: stop it first")
    results = inventory.needed_by(going)
    _remove(inventory, [run.folder for run in going], results, yes=yes, dry_run=dry_run)


@command.command()
@_out
@_yes
@_dry_run
def gc(out: Path, *, yes: bool, dry_run: bool) -> None:
    """Remove fits, cells and images that no run needs, such as those of runs that were removed."""
    from harness.runs.inventory import Inventory

    inventory = Inventory(out)
    _remove(inventory, [], inventory.needed_by_none(), yes=yes, dry_run=dry_run)


def _remove(
    inventory: "Inventory",
    runs: Sequence[Path],
    results: Sequence[Path],
    *,
    yes: bool,
    dry_run: bool,
) -> None:
    """Say what goes, ask, and remove it."""
    from harness.runs.inventory import size_of

    folders = [*runs, *results]
    if not folders:
        click.echo("there is nothing to remove")
        return
    for folder in folders:
        what = "would remove" if dry_run else "to remove"
        click.echo(f"{what}: {_name(inventory, folder)}  {size_text(size_of([folder]))}")
    click.echo(f"{counted(len(folders), 'folder')}, {size_text(size_of(folders))}")
    if dry_run or not (yes or _agreed()):
        return
    removed = inventory.remove([*results, *runs])
    click.echo(f"removed {counted(len(removed), 'folder')}")
    for folder in folders:
        if folder not in removed:
            click.echo(f"left, for a run works on it now: {_name(inventory, folder)}")


def _agreed() -> bool:
    """Ask; raises a UsageError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise UsageError("nothing was removed: say --yes to remove without asking")
    return click.confirm("remove them?")


def _name(inventory: "Inventory", folder: Path) -> str:
    return str(folder.relative_to(inventory.root))


_HEADS = ("state", "age", "cells", "size", "command")


def _row(run: "StoredRun") -> tuple[str, ...]:
    from harness.runs.inventory import size_of

    return (
        run.folder.name,
        run.state,
        _age(run),
        f"{run.done}/{run.cells}",
        size_text(size_of([run.folder, *run.results])),
        run.problem or shlex.join(run.command),
    )


def _plain(run: "StoredRun") -> dict[str, object]:
    from harness.runs.inventory import size_of

    return {
        "name": run.folder.name,
        "folder": str(run.folder),
        "state": run.state,
        "changed": run.changed,
        "cells": run.cells,
        "done": run.done,
        "bytes": size_of([run.folder, *run.results]),
        "command": run.command,
        "results": sorted(map(str, run.results)),
        "problem": run.problem,
    }


def _age(run: "StoredRun") -> str:
    """How long nothing was written to a run, in the largest unit that fits."""
    seconds = max(0.0, time.time() - run.changed)
    for unit, length in _PERIODS:
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return f"{seconds:.0f} s"
