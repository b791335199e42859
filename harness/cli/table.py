"""The table of a run on a terminal, or as plain text where the output is piped."""

import sys
from typing import TYPE_CHECKING

import click

from harness.cli import layout
from harness.runs.legend import TABLE
from harness.runs.table import NOTHING, PUBLISHED_HEADERS, Summary

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_UNLIMITED = 10_000  # characters


def print_summary(summary: Summary) -> None:
    """Print the table of a run and its notes to standard output.

    On a terminal that is too narrow for the table, rows are printed one below the other.
    """
    if not summary.rows:
        click.echo("no results")
    elif sys.stdout.isatty():
        _print_rich(summary)
    else:
        click.echo(_plain_table(summary))
    for note in summary.notes:
        click.echo(layout.wrapped(note, hanging="    " if note.startswith("[") else ""))
    if summary.rows:
        click.echo(f"What the columns and words mean: harness show {TABLE}")
    if published := summary.published_texts():
        click.echo("\nPublished under other conditions, and not to be compared without them:\n")
        click.echo(layout.table(published, PUBLISHED_HEADERS, "simple"))


def _plain_table(summary: Summary) -> str:
    from tabulate import tabulate

    first_number = len(summary.headers()) - len(summary.columns)
    align = ["left"] * first_number + ["right"] * len(summary.columns)
    table = tabulate(
        summary.texts(), summary.stacked_headers(), "simple", disable_numparse=True, colalign=align
    )
    return f"{table}\n"


def _print_rich(summary: Summary) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    table = _rich_table(summary)
    unlimited = console.options.update_width(_UNLIMITED)
    if console.measure(table, options=unlimited).minimum <= console.width:
        console.print(table)
    else:
        _print_records(summary, console)


def _rich_table(summary: Summary) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    first_number = len(summary.headers()) - len(summary.columns)
    for index, head in enumerate(summary.stacked_headers()):
        if index < first_number:
            table.add_column(Text(head), overflow="fold")
        else:
            table.add_column(Text(head), justify="right", no_wrap=True)
    for texts in summary.texts():
        table.add_row(*map(Text, texts))
    return table


def _print_records(summary: Summary, console: "Console") -> None:
    from rich.text import Text

    for texts in summary.texts():
        console.print()
        console.print(Text(f"{texts[0]} on {texts[1]}", style="bold"))
        for head, text in zip(summary.headers()[2:], texts[2:], strict=True):
            if text != NOTHING:
                console.print(Text(f"  {head}: {text}"))
    console.print()
