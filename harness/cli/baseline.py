"""``harness baseline``: scores that are kept in a repository, measured again and compared."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.compare import output_options, tell
from harness.cli.options import out_option
from harness.errors import ExitCode

if TYPE_CHECKING:
    from harness.gate.baselines import Baselines
    from harness.gate.cells import Cells
    from harness.gate.verdicts import Outcome


@click.command()
@click.argument("action", type=click.Choice(["check", "update"]))
@click.argument("file", type=click.Path(path_type=Path))
@out_option
@output_options
@pass_app
def command(
    app: AppContext, action: str, file: Path, out: Path, json_: Path | None, junit: Path | None
) -> ExitCode:
    """Measure what FILE says, and hold it to the baselines beside that file, or renew these.

    FILE is TOML: a table [[run]] for every baseline, which says what is run, and what is tolerated
    and acknowledged.

    'check' has the exit codes of 'harness compare'. 'update' prints how what was measured differs
    from the baselines that there are, and writes it in their place.
    """
    from harness.gate.baselines import read_baselines
    from harness.runs.api import run

    baselines = read_baselines(file)
    measured = baselines.measure(lambda request: run(request, app.registry), out)
    outcome = _compared(baselines, measured)
    tell(outcome, json_, junit)
    return outcome.exit_code if action == "check" else _renewed(baselines, measured)


def _renewed(baselines: "Baselines", measured: "dict[str, Cells]") -> ExitCode:
    """Write what was measured as baselines, and say where."""
    from harness.gate.baselines import write_baseline

    for each in baselines.runs:
        write_baseline(measured[each.name], baselines.file_of(each))
        click.echo(baselines.file_of(each))
    return ExitCode.OK


def _compared(baselines: "Baselines", measured: "dict[str, Cells]") -> "Outcome":
    """What was measured, compared with the baselines that there are."""
    from harness.gate.cells import Side
    from harness.gate.sources import read_side
    from harness.gate.verdicts import compare

    files = [file for run in baselines.runs if (file := baselines.file_of(run)).exists()]
    base = Side(
        name=str(baselines.folder), cells=tuple(c for file in files for c in read_side(file).cells)
    )
    current = Side(name="this run", cells=tuple(c for cells in measured.values() for c in cells))
    return compare(base, current, baselines.rules)
