"""``harness export``: a trained method of a run as one file."""

from pathlib import Path

import click

from harness.cli.application import AppContext, pass_app
from harness.cli.options import RUNS
from harness.errors import UsageError

_SUFFIX = ".safetensors"


@click.command()
@click.argument("run", metavar="[RUN]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--method", required=True, metavar="METHOD", help="Its name, or its label in the table."
)
@click.option("--dataset", default="", help="Dataset that it was tested on, where there are more.")
@click.option("--seed", type=int, help="Seed of its training; default: the first one.")
@click.option("--licence", default="", metavar="TEXT", help="Terms of the model.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help=f"The file to write; default: METHOD{_SUFFIX}.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_app
def command(
    app: AppContext,
    run: Path | None,
    method: str,
    dataset: str,
    seed: int | None,
    licence: str,
    out: Path | None,
    *,
    force: bool,
) -> None:
    """Write a trained method of a run as one file: weights, parameters, scores and origin.

    RUN is the folder of a run; by default, the newest below ./runs. The file goes wherever
    --weights does, and 'harness show FILE' says what is in it.
    """
    from harness.models.export import choose_fit, export_model
    from harness.runs.folder import load_run, newest_run

    loaded = load_run(run or newest_run(RUNS))
    fit = choose_fit(loaded, method, dataset, seed)
    path = out or Path(f"{fit.job.method.name}{_SUFFIX}")
    if path.suffix != _SUFFIX:
        raise UsageError(f"--out {path}: the name of a model ends in {_SUFFIX}")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: say another --out, or --force")
    export_model(loaded, fit, path, app.registry, licence)
    click.echo(f"{path}  {fit.method} trained on {fit.trained_on}, seed {fit.seed}")
