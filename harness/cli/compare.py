"""``harness compare``: today's scores against yesterday's, with an exit code for CI."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.cli import layout
from harness.cli.completion import Names
from harness.errors import ExitCode
from harness.plugin.selector import selectors_in

if TYPE_CHECKING:
    from harness.gate.cells import Side
    from harness.gate.rules import Rules
    from harness.gate.verdicts import Outcome

C = TypeVar("C", bound=Callable[..., Any])

_PATH = click.Path(path_type=Path)


def output_options(command: C) -> C:
    """Add ``--json`` and ``--junit``, files for programs that read a comparison."""
    json_ = click.option("--json", "json_", type=_PATH, help="Write all of it to a file of JSON.")
    junit = click.option("--junit", type=_PATH, help="Write it to a file of JUnit's XML.")
    return json_(junit(command))


@click.command()
@click.argument("base", type=_PATH)
@click.argument("current", type=_PATH)
@click.option("--rules", type=_PATH, help="File of tolerances and acknowledgements, in TOML.")
@click.option(
    "--metrics", type=Names("metric"), default="", help="Metrics to compare.  [default: all]"
)
@output_options
def command(
    base: Path,
    current: Path,
    rules: Path | None,
    metrics: str,
    json_: Path | None,
    junit: Path | None,
) -> ExitCode:
    """Say of every cell and metric whether CURRENT is worse than BASE.

    BASE and CURRENT are folders of runs, files that 'harness report --format json' or 'pytest
    --benchmark-json' wrote, or baselines that 'harness baseline update' wrote, and folders of them.

    Exit codes: 0: nothing is worse, missing, failed or incomparable; 1: something is; 2: the
    command line or the rules are wrong; 4: nothing could be compared.
    """
    from harness.gate.sources import read_side
    from harness.gate.verdicts import compare

    old, new = (_only(read_side(path), metrics) for path in (base, current))
    outcome = compare(old, new, _rules(rules))
    tell(outcome, json_, junit)
    return outcome.exit_code


def tell(outcome: "Outcome", json_: Path | None, junit: Path | None) -> None:
    """Print a comparison, and write the files that were asked for and the summary of CI."""
    from harness.gate.files import annotations, to_json, to_junit, write_summary
    from harness.util.files import write_text

    if json_:
        write_text(json_, to_json(outcome))
    if junit:
        write_text(junit, to_junit(outcome))
    write_summary(outcome)
    for line in _table(outcome):
        click.echo(line)
    for what, old, new in outcome.provenance:
        click.echo(layout.wrapped(f"{what}: {old} → {new}", hanging="  "))
    for note in outcome.notes:
        click.echo(layout.wrapped(note))
    click.echo(layout.wrapped(outcome.sentence))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(outcome):
            click.echo(line)


def _table(outcome: "Outcome") -> Iterator[str]:
    """A line per finding below its cell, which may be long; those that fail first."""
    from harness.gate.texts import failing_first, fields_of

    rows = [fields_of(finding) for finding in failing_first(outcome.findings)]
    widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
    last = ""
    for cell, *fields, reason in rows:
        if cell != last:
            yield cell
            last = cell
        padded = map(str.ljust, fields, widths[1:])
        yield layout.wrapped("  ".join([*padded, reason]).rstrip(), indent="  ", hanging=" " * 8)
    if rows:
        yield ""


def _rules(path: Path | None) -> "Rules | None":
    from harness.gate.rules import read_toml, rules_of

    # a file that also says what is run for baselines serves as well
    return rules_of(read_toml(path), path, also=("run",)) if path else None


def _only(side: "Side", metrics: str) -> "Side":
    """A side with some of its metrics; all where none is named."""
    if not metrics:
        return side
    wanted = set(map(str, selectors_in(metrics)))
    cells = (
        replace(cell, scores=tuple(s for s in cell.scores if s.column.metric in wanted))
        for cell in side.cells
    )
    return replace(side, cells=tuple(cells))
